//! `spin:key-value` from inside the component, from the test's side, and over the admin port.

use crate::fixture::{Application, call, get};
use http::{Method, StatusCode};
use spin_host::{Host, HostConfig, MAX_VALUE_BYTES, RunningHost};
use std::time::Duration;

const GRANT: &str = r#"key_value_stores = ["default", "sessions"]"#;

async fn set(host: &RunningHost, key: &str, value: impl Into<bytes::Bytes>) -> String {
    let url = format!("{}/kv?store=default&op=set&key={key}", host.url());
    call(Method::POST, &url, value).await.text().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_store_keeps_what_the_component_writes() {
    let host = Application::new(GRANT).start().await;
    assert_eq!(set(&host, "a", "one").await, "");
    assert_eq!(set(&host, "b%2Fc", "two").await, "");
    assert_eq!(get(&host, "/kv?store=default&op=get&key=a").await.text(), "one");
    assert_eq!(get(&host, "/kv?store=default&op=exists&key=b%2Fc").await.text(), "true");
    assert_eq!(get(&host, "/kv?store=default&op=keys").await.text(), "a,b/c");
    assert_eq!(get(&host, "/kv?store=sessions&op=keys").await.text(), "", "stores are apart");
    get(&host, "/kv?store=default&op=delete&key=a").await;
    assert_eq!(get(&host, "/kv?store=default&op=exists&key=a").await.text(), "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_not_granted_does_not_open() {
    let host = Application::new(GRANT).start().await;
    assert_eq!(get(&host, "/kv?store=other&op=keys").await.text(), "Error::AccessDenied");
    let host = Application::new("").start().await;
    assert_eq!(get(&host, "/kv?store=default&op=keys").await.text(), "Error::AccessDenied");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_component_hears_of_the_bounds() {
    let host = Application::new(GRANT).start().await;
    let refusal = set(&host, "big", vec![b'x'; MAX_VALUE_BYTES + 1]).await;
    assert!(refusal.contains("at most 1048576 bytes"), "{refusal}");
    assert_eq!(set(&host, "big", vec![b'x'; MAX_VALUE_BYTES]).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_can_fill_change_and_clear_the_stores() {
    let host = Application::new(GRANT).start().await;
    host.key_value().set("default", "a", "filled by the test").unwrap();
    assert_eq!(get(&host, "/kv?store=default&op=get&key=a").await.text(), "filled by the test");
    set(&host, "a", "by the component").await;
    assert_eq!(host.key_value().get("default", "a").unwrap().as_deref(), Some(b"by the component".as_slice()));
    host.key_value().clear("default").unwrap();
    assert_eq!(get(&host, "/kv?store=default&op=keys").await.text(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_port_reads_and_writes_entries() {
    let application = Application::new(GRANT);
    let host = Host::start(HostConfig { kv_admin_port: Some(0), ..application.config() }).await.unwrap();
    let base = host.kv_admin_url().unwrap();
    let entry = format!("{base}/kv/default/products%2F1");
    assert_eq!(call(Method::GET, &entry, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(call(Method::PUT, &entry, "expired").await.status, StatusCode::NO_CONTENT);
    assert_eq!(get(&host, "/kv?store=default&op=get&key=products%2F1").await.text(), "expired");
    assert_eq!(call(Method::GET, &entry, "").await.text(), "expired");
    assert_eq!(call(Method::GET, &format!("{base}/kv/default"), "").await.text(), r#"{"keys":["products/1"]}"#);
    assert_eq!(call(Method::DELETE, &entry, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(call(Method::DELETE, &format!("{base}/kv/default"), "").await.status, StatusCode::NO_CONTENT);
    for (method, path, status) in [
        (Method::GET, "/kv/other/a", StatusCode::NOT_FOUND),
        (Method::GET, "/other", StatusCode::NOT_FOUND),
        (Method::POST, "/kv/default/a", StatusCode::METHOD_NOT_ALLOWED),
        (Method::PUT, "/kv/default/", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(call(method, &format!("{base}{path}"), "x").await.status, status, "{path}");
    }
    let oversized = vec![b'x'; MAX_VALUE_BYTES + 1];
    assert_eq!(call(Method::PUT, &entry, oversized).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_client_of_the_admin_port_delays_neither_others_nor_the_end() {
    let application = Application::new(GRANT);
    let host = Host::start(HostConfig { kv_admin_port: Some(0), ..application.config() }).await.unwrap();
    let url = host.kv_admin_url().unwrap();
    let idle = tokio::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    assert_eq!(call(Method::GET, &format!("{url}/kv/default"), "").await.text(), r#"{"keys":[]}"#);
    // Two seconds are for requests in flight on the other port, of which there are none.
    tokio::time::timeout(Duration::from_secs(2), host.stop()).await.expect("the host should not wait for the client");
    drop(idle);
}
