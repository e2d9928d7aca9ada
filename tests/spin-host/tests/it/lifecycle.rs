//! How long instances live, and what happens after a response.

use crate::fixture::{Application, get};
use spin_host::{Host, HostConfig, RunningHost};
use std::time::{Duration, Instant};

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
    let idle_timeout = Duration::from_millis(100);
    let host = Host::start(HostConfig { idle_timeout, ..Application::new("").config() }).await.unwrap();
    assert_eq!(counts(&host, 2).await, ["1", "2"]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(counts(&host, 1).await, ["1"]);
}

async fn appears(host: &RunningHost, key: &str, within: Duration) -> bool {
    let mut waited = Duration::ZERO;
    while waited < within {
        if host.key_value().get("default", key).unwrap().is_some() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        waited += Duration::from_millis(20);
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the test measures that the response does not wait")]
async fn a_task_that_outlives_its_response_finishes() {
    let application = Application::new(GRANT);
    for reuse in [1, 128] {
        let host = Host::start(HostConfig { reuse, ..application.config() }).await.unwrap();
        let start = Instant::now();
        assert_eq!(get(&host, "/background?key=late&ms=1500").await.text(), "later");
        assert!(start.elapsed() < Duration::from_millis(1400), "the response did not wait for the task");
        assert!(host.key_value().get("default", "late").unwrap().is_none());
        assert!(appears(&host, "late", Duration::from_secs(10)).await, "reuse {reuse}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_outlives_the_background_limit_is_ended() {
    let application = Application::new(GRANT);
    let background_timeout = Duration::from_millis(300);
    let host = Host::start(HostConfig { background_timeout, ..application.config() }).await.unwrap();
    get(&host, "/background?key=never&ms=1000").await;
    assert!(!appears(&host, "never", Duration::from_secs(2)).await);
    assert_eq!(get(&host, "/").await.text(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_free_instance_a_request_is_told_to_come_again() {
    let application = Application::new(GRANT);
    let config = HostConfig { max_instances: 1, reuse: 1, ..application.config() };
    let host = Host::start(config).await.unwrap();
    get(&host, "/background?key=late&ms=1000").await;
    let refused = get(&host, "/").await;
    assert_eq!(refused.problem_type(), "urn:spin-host:no-instance");
    assert_eq!((refused.status.as_u16(), &refused.headers["retry-after"]), (503, &"1".parse().unwrap()));
    assert!(appears(&host, "late", Duration::from_secs(10)).await, "the task was not disturbed");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(get(&host, "/").await.text(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_host_lets_a_request_in_flight_end_and_frees_its_port() {
    let host = Application::new("").start().await;
    let (address, url) = (host.address(), format!("{}/sleep?ms=500", host.url()));
    let in_flight = tokio::spawn(async move { crate::fixture::call(http::Method::GET, &url, "").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    host.stop().await;
    assert_eq!(in_flight.await.unwrap().text(), "slept");
    std::net::TcpListener::bind(address).unwrap();
}
