//! The line to PostgreSQL, as a test cuts it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_postgres::config::Host;

/// What a transaction's end looks like on the wire.
const COMMIT: &[u8] = b"COMMIT\0";

/// Carries bytes between the origin and its database. Ends with the test's runtime.
pub(crate) struct Line {
    url: String,
    up: watch::Sender<bool>,
    lose_commit: Arc<AtomicBool>,
}

impl Line {
    /// A line to the database of `url`.
    pub(crate) async fn to(url: &str) -> Self {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let [Host::Tcp(host)] = config.get_hosts() else { panic!("one host by TCP") };
        let target = (host.clone(), config.get_ports().first().copied().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "host=127.0.0.1 port={} dbname={} user={} password='{}'",
            listener.local_addr().unwrap().port(),
            config.get_dbname().unwrap(),
            config.get_user().unwrap(),
            String::from_utf8_lossy(config.get_password().unwrap_or_default())
        );
        let (up, lose_commit) = (watch::Sender::new(true), Arc::new(AtomicBool::new(false)));
        tokio::spawn(accept(listener, target, up.subscribe(), Arc::clone(&lose_commit)));
        Self { url, up, lose_commit }
    }

    /// What the origin connects to.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends every connection, and lets none be made until [`Self::mend`].
    pub(crate) fn cut(&self) {
        self.up.send_replace(false);
    }

    pub(crate) fn mend(&self) {
        self.up.send_replace(true);
    }

    /// The next transaction is committed, and the connection ends without an answer.
    pub(crate) fn lose_next_commit(&self) {
        self.lose_commit.store(true, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, target: (String, u16), up: watch::Receiver<bool>, lose_commit: Arc<AtomicBool>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        if *up.borrow() {
            let server = TcpStream::connect((target.0.as_str(), target.1)).await.unwrap();
            connections.spawn(carry(client, server, up.clone(), Arc::clone(&lose_commit)));
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    mut up: watch::Receiver<bool>,
    lose_commit: Arc<AtomicBool>,
) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut asked, mut answered) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let commits = asked[..length].windows(COMMIT.len()).any(|part| part == COMMIT);
                if server.write_all(&asked[..length]).await.is_err() {
                    return;
                }
                if commits && lose_commit.swap(false, Ordering::SeqCst) {
                    // Once it has answered, it has committed.
                    let _ = server.read(&mut answered).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
            () = async { drop(up.wait_for(|up| !up).await) } => return,
        }
    }
}
