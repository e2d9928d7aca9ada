//! The whole origin as one function, for edges that have one origin URL.

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    origin_functions::serve().await
}
