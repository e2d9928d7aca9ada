//! What is to be done about the shop each minute: the sweep, and the relay of events.

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    origin_functions::tend().await
}
