//! What start refuses, and what it remembers.

use crate::fixture::{Application, component, get};
use spin_host::{Host, HostConfig};
use std::path::Path;

async fn refusal(config: HostConfig) -> String {
    let message = Host::start(config).await.expect_err("start should refuse").to_string();
    assert!(!message.contains('\n'), "one line: {message}");
    message
}

#[tokio::test(flavor = "multi_thread")]
async fn machine_code_is_kept_for_the_next_start_of_the_same_component() {
    let application = Application::new("");
    let config = HostConfig { cache_dir: application.folder.path().join("cache"), ..application.config() };
    let first = Host::start(config.clone()).await.unwrap();
    assert!(!first.component_from_cache());
    // The cache writes behind: a first answer gives it time.
    let mut from_cache = false;
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let next = Host::start(config.clone()).await.unwrap();
        from_cache = next.component_from_cache();
        if from_cache {
            assert_eq!(get(&next, "/").await.text(), "hello");
            break;
        }
    }
    assert!(from_cache);

    // One more custom section: another content, the same behaviour.
    let changed = application.folder.path().join("changed.wasm");
    let binary = [std::fs::read(component()).unwrap().as_slice(), &[0, 2, 1, b'x']].concat();
    std::fs::write(&changed, binary).unwrap();
    let other = Application::with_source(&changed, "");
    let host = Host::start(HostConfig { manifest: other.manifest(), ..config }).await.unwrap();
    assert!(!host.component_from_cache(), "another component is compiled anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_foreign_component_is_named() {
    let missing = Application::with_source(Path::new("/nowhere/x.wasm"), "");
    assert!(refusal(missing.config()).await.starts_with("/nowhere/x.wasm: "));

    let folder = tempfile::tempdir().unwrap();
    for (name, content) in
        [("empty.wasm", b"".as_slice()), ("module.wasm", b"\0asm\x01\0\0\0"), ("text.wasm", b"hello")]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let message = refusal(Application::with_source(&path, "").config()).await;
        assert!(message.contains(name), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_without_an_http_handler_is_refused() {
    let application = Application::new("");
    let path = application.folder.path().join("bare.wasm");
    std::fs::write(&path, b"\0asm\x0d\0\x01\0").unwrap();
    let message = refusal(Application::with_source(&path, "").config()).await;
    assert!(message.contains("wasi:http/handler"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_free_loopback_addresses_are_listened_on() {
    let application = Application::new("");
    let everywhere = HostConfig { listen: ([0, 0, 0, 0], 0).into(), ..application.config() };
    assert!(refusal(everywhere).await.contains("loopback"));

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let message = refusal(HostConfig { listen, ..application.config() }).await;
    assert!(message.contains(&listen.to_string()), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_a_grant_names_the_entry() {
    let application = Application::new(r#"allowed_outbound_hosts = ["localhost:3000"]"#);
    assert!(refusal(application.config()).await.contains("\"localhost:3000\""));
    let application = Application::new(r#"allowed_outbound_hosts = ["http://{{ nobody }}"]"#);
    assert!(refusal(application.config()).await.contains("\"nobody\""));
}
