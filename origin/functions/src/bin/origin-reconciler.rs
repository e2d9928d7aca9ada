//! The daily comparison of counters, holds and ledger.

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    origin_functions::reconcile().await
}
