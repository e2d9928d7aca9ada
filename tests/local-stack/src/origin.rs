//! The origin's listener, which tests take away and bring back.

use axum::Router;
use test_support::HttpServer;
use tokio::sync::Mutex;

use crate::StackError;

/// A router on a port that stays the same.
pub(crate) struct OriginListener {
    router: Router,
    port: u16,
    url: String,
    running: Mutex<Option<HttpServer>>,
}

impl OriginListener {
    pub(crate) async fn start(port: u16, router: Router) -> Result<Self, StackError> {
        let server = HttpServer::start(port, router.clone()).await.map_err(StackError::listen("origin"))?;
        let (port, url) = (server.address().port(), server.url().to_owned());
        Ok(Self { router, port, url, running: Mutex::new(Some(server)) })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn stop(&self) {
        if let Some(server) = self.running.lock().await.take() {
            server.stop().await;
        }
    }

    pub(crate) async fn restart(&self) -> Result<(), StackError> {
        let mut running = self.running.lock().await;
        if running.is_none() {
            let server = HttpServer::start(self.port, self.router.clone()).await;
            *running = Some(server.map_err(StackError::listen("origin"))?);
        }
        Ok(())
    }
}
