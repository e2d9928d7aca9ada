//! What is to be told of changes of stock and of carts, as the streams of their tables bring them.

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    origin_functions::watch().await
}
