//! One consumer of events, which its environment names, for one queue.

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    origin_functions::consume().await
}
