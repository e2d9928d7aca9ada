//! What is said to the server itself: its version, and databases made and dropped.

use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls, error::SqlState};

use super::{PgError, error::reason};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_NAME_BYTES: usize = 63;

/// Such as `15.18`; fails where the server does not answer or refuses.
pub(super) async fn server_version(url: &str) -> Result<String, PgError> {
    let row = with_client(url, async |client| client.query_one("show server_version", &[]).await).await?;
    let version: String = row.get(0);
    Ok(version.split_whitespace().next().unwrap_or_default().to_owned())
}

/// False where it was there already.
pub(super) async fn create_database(url: &str, name: &str, template: Option<&str>) -> Result<bool, PgError> {
    check_name(name)?;
    let statement = match template {
        Some(template) => {
            check_name(template)?;
            format!("create database {name} template {template}")
        }
        None => format!("create database {name}"),
    };
    with_client(url, async |client| match client.batch_execute(&statement).await {
        Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(false),
        other => other.map(|()| true),
    })
    .await
}

pub(super) async fn drop_database(url: &str, name: &str) -> Result<(), PgError> {
    check_name(name)?;
    let statement = format!("drop database if exists {name} with (force)");
    with_client(url, async |client| client.batch_execute(&statement).await).await
}

/// Drops the databases of tests whose [`super::scratch::Presence`] is gone.
pub(super) async fn drop_abandoned(url: &str) -> Result<(), PgError> {
    let abandoned = "select d.datname::text from pg_database d where d.datname ~ '^shop_test_[0-9a-f]{16}_[0-9]+$'
        and not exists (select from pg_stat_activity s where s.application_name = left(d.datname, 26))";
    let rows = with_client(url, async |client| client.query(abandoned, &[]).await).await?;
    for row in rows {
        let name: String = row.get(0);
        if let Err(error) = drop_database(url, &name).await {
            // Others may do the same at this moment, and some are not this user's to drop.
            tracing::debug!(%error, name, "an abandoned database stays");
        }
    }
    Ok(())
}

/// `url` with its database replaced.
pub(super) fn with_database(url: &str, name: &str) -> String {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (url, String::new()),
    };
    let authority = base.find("://").map_or(0, |scheme| scheme + 3);
    let end = base[authority..].find('/').map_or(base.len(), |slash| authority + slash);
    format!("{}/{name}{query}", &base[..end])
}

async fn with_client<T>(
    url: &str,
    work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
) -> Result<T, PgError> {
    let config: Config = url.parse().map_err(|_| unreachable_at("DATABASE_URL", "it is not a PostgreSQL URL"))?;
    let address = address(&config);
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, config.connect(NoTls)).await;
    let (client, connection) = connecting
        .map_err(|_| unreachable_at(&address, "no answer within 5 s"))?
        .map_err(|error| unreachable_at(&address, &reason(&error)))?;
    let driver = tokio::spawn(connection);
    let outcome = work(&client).await;
    drop(client);
    // The task ends once the client is gone; its own failure shows in the outcome.
    let _ = driver.await;
    outcome.map_err(|error| PgError::Statement(reason(&error)))
}

fn unreachable_at(address: &str, reason: &str) -> PgError {
    PgError::Unreachable { address: address.to_owned(), reason: reason.to_owned() }
}

/// Host and port as they were given, without user and password.
fn address(config: &Config) -> String {
    use tokio_postgres::config::Host;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "an unnamed host".to_owned(),
    };
    format!("{host}:{}", config.get_ports().first().copied().unwrap_or(5432))
}

/// Names are written into statements, which take no parameters there.
fn check_name(name: &str) -> Result<(), PgError> {
    let bytes = name.as_bytes();
    let valid = (1..=MAX_NAME_BYTES).contains(&bytes.len())
        && !bytes[0].is_ascii_digit()
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_');
    if valid { Ok(()) } else { Err(PgError::InvalidName(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced_and_the_rest_kept() {
        for (url, expected) in [
            ("postgres://u:p@127.0.0.1:5432/postgres", "postgres://u:p@127.0.0.1:5432/shop"),
            ("postgres://u@host", "postgres://u@host/shop"),
            ("postgresql://host/a?sslmode=disable", "postgresql://host/shop?sslmode=disable"),
        ] {
            assert_eq!(with_database(url, "shop"), expected);
        }
    }

    #[test]
    fn only_names_that_need_no_quoting_pass() {
        assert!(check_name("shop_test_1").is_ok());
        for name in ["", "1shop", "Shop", "shop-1", "a;drop database b", &"x".repeat(64)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
