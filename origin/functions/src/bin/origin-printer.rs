//! The routes of the origin that answer with a PDF, so that no other function carries fonts and what draws them.

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    origin_functions::serve_printed(|paper| origin_papers::print(paper).map_err(|error| error.to_string())).await
}
