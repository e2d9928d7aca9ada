//! How long instances live, and what happens after a response.

use crate::fixture::{Application, get};
use spin_host::{Host, HostConfig, RunningHost};
use std::time::Duration;

const GRANT: &str = r#"key_value_stores = ["default"]"#;

async fn counts(host: &RunningHost, requests: usize) -> Vec<String> {
    let mut counts = Vec::new();
    for _ in 0..requests {
        counts.push(get(host, "/count").await.text().to_owned());
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_serves_as_many_requests_as_it_may() {
    let application = Application::new("");
    for (reuse, expected) in
        [(0, ["1", "1", "1", "1", "1"]), (1, ["1", "1", "1", "1", "1"]), (3, ["1", "2", "3", "1", "2"])]
    {
        let host = Host::start(HostConfig { reuse, ..application.config() }).await.unwrap();
        assert_eq!(counts(&host, 5).await, expected, "reuse {reuse}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_instance_is_given_up() {
    let idle_timeout = Duration::from_millis(50);
    let host = Host::start(HostConfig { idle_timeout, ..Application::new("").config() }).await.unwrap();
    assert_eq!(counts(&host, 1).await, ["1"]);
    // On a busy machine a timer may be late, so one that was missed is not the end: it has as long again before each try.
    let mut tries = 0;
    while counts(&host, 1).await != ["1"] {
        tries += 1;
        assert!(tries < 50, "the instance is still there");
        tokio::time::sleep(idle_timeout * 4).await;
    }
}

async fn appears(host: &RunningHost, key: &str) -> bool {
    for _ in 0..500 {
        if is_there(host, key) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

fn is_there(host: &RunningHost, key: &str) -> bool {
    host.key_value().get("default", key).unwrap().is_some()
}

/// Lets the guests go on that wait for this key.
fn open(host: &RunningHost, key: &str) {
    host.key_value().set("default", key, "open").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_outlives_its_response_finishes() {
    let application = Application::new(GRANT);
    for reuse in [1, 128] {
        let host = Host::start(HostConfig { reuse, ..application.config() }).await.unwrap();
        assert_eq!(get(&host, "/background?key=late&until=gate").await.text(), "later");
        assert!(!is_there(&host, "late"), "the response did not wait for the task");
        open(&host, "gate");
        assert!(appears(&host, "late").await, "reuse {reuse}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_outlives_the_background_limit_is_ended() {
    let application = Application::new(GRANT);
    let background_timeout = Duration::from_millis(300);
    let config = HostConfig { background_timeout, max_instances: 1, reuse: 1, ..application.config() };
    let host = Host::start(config).await.unwrap();
    get(&host, "/background?key=never&until=gate").await;
    // There is one instance: that it answers means that the task's has ended.
    assert_eq!(get(&host, "/").await.text(), "hello");
    open(&host, "gate");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!is_there(&host, "never"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_free_instance_a_request_waits_and_is_told_in_the_end_to_come_again() {
    let application = Application::new(GRANT);
    let request_timeout = Duration::from_millis(300);
    let config = HostConfig { max_instances: 1, reuse: 1, request_timeout, ..application.config() };
    let host = Host::start(config).await.unwrap();
    get(&host, "/background?key=late&until=gate").await;
    let refused = get(&host, "/").await;
    assert_eq!(refused.problem_type(), "urn:spin-host:no-instance");
    assert_eq!((refused.status.as_u16(), &refused.headers["retry-after"]), (503, &"1".parse().unwrap()));
    open(&host, "gate");
    assert!(appears(&host, "late").await, "the task was not disturbed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_an_instance_gets_the_first_that_is_free() {
    let application = Application::new(GRANT);
    let host = Host::start(HostConfig { max_instances: 1, reuse: 1, ..application.config() }).await.unwrap();
    get(&host, "/background?key=late&until=gate").await;
    let (answer, ()) = tokio::join!(get(&host, "/"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        open(&host, "gate");
    });
    assert_eq!(answer.text(), "hello");
    assert!(is_there(&host, "late"), "the task came first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_host_lets_a_request_in_flight_end_and_frees_its_port() {
    let host = Application::new(GRANT).start().await;
    let (address, url) = (host.address(), format!("{}/pass?begun=begun&until=gate", host.url()));
    let in_flight = tokio::spawn(async move { crate::fixture::call(http::Method::GET, &url, "").await });
    assert!(appears(&host, "begun").await);
    let stores = host.key_value().clone();
    tokio::join!(host.stop(), async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stores.set("default", "gate", "open").unwrap();
    });
    assert_eq!(in_flight.await.unwrap().text(), "passed");
    std::net::TcpListener::bind(address).unwrap();
}
