//! What a component is given, and how a request looks to it.

use crate::fixture::{Application, get, send};
use bytes::Bytes;
use http::{Request, StatusCode};
use spin_host::{Host, HostConfig};
use std::{collections::BTreeMap, io::ErrorKind, net::TcpListener};

#[tokio::test(flavor = "multi_thread")]
async fn the_component_answers() {
    let host = Application::new("").start().await;
    let answer = get(&host, "/").await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "hello"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_pass_unchanged() {
    let host = Application::new("").start().await;
    let body = Bytes::from((0..300_000_u32).map(|n| n.to_le_bytes()[0]).collect::<Vec<_>>());
    let answer = send(Request::post(format!("{}/echo", host.url())), body.clone()).await;
    assert_eq!(answer.body, body);
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_come_from_the_component_and_its_templates() {
    let application = Application::new("");
    let host = application.start().await;
    assert_eq!(get(&host, "/var?name=greeting").await.text(), "hello, world");
    assert_eq!(get(&host, "/var?name=peer").await.text(), r#"Error::Undefined("peer")"#, "an application variable");
    assert_eq!(get(&host, "/var?name=No-Name").await.text(), r#"Error::InvalidName("No-Name")"#);

    let variables = BTreeMap::from([("greeting".to_owned(), "good morning".to_owned())]);
    let host = Host::start(HostConfig { variables, ..application.config() }).await.unwrap();
    assert_eq!(get(&host, "/var?name=greeting").await.text(), "good morning, world");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_looks_as_spin_shows_it() {
    let host = Application::new("").start().await;
    let request = Request::get(format!("{}/headers?a=b%20c", host.url()))
        .header("host", "shop.example:8443")
        .header("x-kept", "yes")
        .header("connection", "keep-alive")
        .header("spin-client-addr", "203.0.113.9:1")
        .header("spin-full-url", "http://spoofed.example/");
    let answer = send(request, Bytes::new()).await;
    let lines: Vec<_> = answer.text().lines().collect();
    assert_eq!(lines[0], "GET http://shop.example:8443/headers?a=b%20c");
    for line in [
        "x-kept: yes",
        "spin-path-info: /headers",
        "spin-full-url: http://shop.example:8443/headers?a=b%20c",
        "spin-matched-route: /...",
        "spin-component-route: ",
    ] {
        assert!(lines.contains(&line), "{line} in {lines:?}");
    }
    let clients: Vec<_> = lines.iter().filter(|line| line.starts_with("spin-client-addr")).collect();
    assert!(matches!(clients.as_slice(), [one] if one.starts_with("spin-client-addr: 127.0.0.1:")), "{clients:?}");
    assert!(!lines.iter().any(|line| line.starts_with("connection")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_host_header_is_refused() {
    let host = Application::new("").start().await;
    let request = Request::get(format!("{}/", host.url())).header("host", "not a host");
    let answer = send(request, Bytes::new()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.problem_type(), "urn:spin-host:bad-request");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_sockets_and_names_are_out_of_reach() {
    let host = Application::new("").start().await;
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = peer.local_addr().unwrap();
    for what in ["file", "folder", "new%20file", "connection", "listener", "datagram", "name"] {
        let answer = get(&host, &format!("/reach?what={what}&address={address}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {}", answer.text());
        assert!(!answer.text().contains("no probe"), "{what}");
    }
    peer.set_nonblocking(true).unwrap();
    assert_eq!(peer.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nothing arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_is_the_manifests_and_nothing_else() {
    let host = Application::new(r#"environment = { MODE = "test" }"#).start().await;
    assert!(std::env::var_os("PATH").is_some(), "the host itself has an environment");
    assert_eq!(get(&host, "/reach?what=environment").await.text(), "MODE=test");
    assert_eq!(get(&host, "/reach?what=arguments").await.text(), "");
}
