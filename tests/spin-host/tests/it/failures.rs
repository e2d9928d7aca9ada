//! Guests that misbehave: each costs its own request, and the host lives on.

use crate::fixture::{Application, get, send};
use bytes::Bytes;
use http::{Request, StatusCode};
use spin_host::{Host, HostConfig, RunningHost};
use std::time::Duration;
use tokio::task::JoinSet;

async fn host_with_timeout(milliseconds: u64, concurrent: usize) -> RunningHost {
    let request_timeout = Duration::from_millis(milliseconds);
    let application = Application::new("");
    Host::start(HostConfig { request_timeout, concurrent, ..application.config() }).await.unwrap()
}

async fn assert_alive(host: &RunningHost) {
    let answer = get(host, "/").await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "hello"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_times_out_and_others_are_served_meanwhile() {
    let host = host_with_timeout(1000, 1).await;
    let (looping, ()) = tokio::join!(get(&host, "/spin"), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        for _ in 0..5 {
            assert_alive(&host).await;
        }
    });
    assert_eq!(looping.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(looping.problem_type(), "urn:spin-host:request-timeout");
    assert_alive(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_waits_too_long_times_out() {
    let host = host_with_timeout(300, 16).await;
    let answer = get(&host, "/sleep?ms=60000").await;
    assert_eq!(answer.problem_type(), "urn:spin-host:request-timeout");
    assert_alive(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_500_and_says_nothing_of_the_cause() {
    let host = Application::new("").start().await;
    for _ in 0..3 {
        let answer = get(&host, "/panic").await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.problem_type(), "urn:spin-host:component-failed");
        assert!(!answer.text().contains("as asked"));
        assert_alive(&host).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_beyond_the_limit_is_a_500() {
    let memory_limit_bytes = 32 * 1024 * 1024;
    let host = Host::start(HostConfig { memory_limit_bytes, ..Application::new("").config() }).await.unwrap();
    assert_eq!(get(&host, "/alloc?mb=16").await.status, StatusCode::OK);
    assert_eq!(get(&host, "/alloc?mb=64").await.problem_type(), "urn:spin-host:component-failed");
    assert_alive(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interleaved_requests_on_shared_instances_keep_their_own_bodies() {
    let host = Application::new("").start().await;
    let mut requests = JoinSet::new();
    for number in 0..64 {
        let url = host.url();
        requests.spawn(async move {
            let body = Bytes::from(format!("{number}|").repeat(5000));
            let answer = send(Request::post(format!("{url}/echo")), body.clone()).await;
            (answer.body, body)
        });
    }
    while let Some(done) = requests.join_next().await {
        let (answer, body) = done.unwrap();
        assert!(answer == body, "every request has its own body back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_there_is_room_for_wait_their_turn() {
    let application = Application::new("");
    for (max_instances, concurrent, reuse) in [(4, 1, 1), (1, 1, 1), (1, 2, 1_000_000), (2, 2, 3)] {
        let config = HostConfig { max_instances, concurrent, reuse, ..application.config() };
        let host = Host::start(config).await.unwrap();
        let mut requests = JoinSet::new();
        for _ in 0..20 {
            let url = format!("{}/sleep?ms=20", host.url());
            requests.spawn(async move { send(Request::get(url), Bytes::new()).await });
        }
        for answer in requests.join_all().await {
            assert_eq!(answer.text(), "slept", "{max_instances} instances, {concurrent} at a time, {reuse} in a life");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_instance_serves_as_many_requests_at_a_time_as_it_may() {
    let application = Application::new("");
    let config = HostConfig { max_instances: 1, concurrent: 64, reuse: 1_000_000, ..application.config() };
    let host = Host::start(config).await.unwrap();
    let mut requests = JoinSet::new();
    for _ in 0..64 {
        // None of them is answered before all have come, and they can only come to the one instance.
        let url = format!("{}/meet?count=64", host.url());
        requests.spawn(async move { send(Request::get(url), Bytes::new()).await });
    }
    for answer in requests.join_all().await {
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, "met"));
    }
}
