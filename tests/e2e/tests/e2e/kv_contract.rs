//! The key-value stores of both runtimes, asked by the adapters themselves.

use std::path::PathBuf;

use e2e::{
    Call, EdgeKind,
    client::client,
    edge::{Edge, nowhere, repository},
};

/// Where `cargo xtask test --full` puts the adapters that answer with what comes of the contract.
fn artifact(kind: EdgeKind) -> PathBuf {
    repository().join("target/kv-contract").join(match kind {
        EdgeKind::SpinHost => "spin.toml",
        EdgeKind::Workers => "worker",
    })
}

#[tokio::test]
#[ignore = "needs both adapters once more, which --full builds"]
async fn the_store_of_each_runtime_keeps_the_contract() {
    let (folder, client) = (tempfile::tempdir().unwrap(), client());
    for kind in EdgeKind::ALL {
        let edge = Edge::start_from(kind, &artifact(kind), &nowhere(), folder.path()).await;
        for time in ["first", "second"] {
            let answer = Call::get("/").send(&client, &edge.url).await;
            assert_eq!((answer.status.as_u16(), answer.text().as_str()), (204, ""), "{kind:?}, the {time} time");
        }
        assert!(edge.kv_keys(&client).await.is_empty(), "{kind:?}: nothing is left behind");
    }
}
