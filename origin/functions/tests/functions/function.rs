//! A function on a Lambda runtime of ours.

use std::{process::Stdio, time::Duration};

use origin_postgres::{Database, DatabaseSettings};
use test_support::{LambdaRuntime, TestDatabases, process::tied};
use tokio::process::Child;

/// How long a function may take until it asks for its first event; it takes milliseconds.
const START_DEADLINE: Duration = Duration::from_secs(20);

/// A running function. Ends with it.
pub(crate) struct Function {
    pub(crate) runtime: LambdaRuntime,
    _process: Child,
}

impl Function {
    pub(crate) async fn start(program: &str, variables: &[(&str, &str)]) -> Self {
        let runtime = LambdaRuntime::start().await.unwrap();
        let mut command = tied(program);
        runtime.configure(command.env_clear());
        command.stdin(Stdio::null()).stdout(Stdio::null()).envs(variables.iter().copied());
        let process = tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap();
        let asked = async {
            while runtime.asked() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(START_DEADLINE, asked).await.expect("the function should ask for its first event");
        Self { runtime, _process: process }
    }
}

/// A migrated database of its own.
pub(crate) async fn database_url() -> String {
    static DATABASES: TestDatabases = TestDatabases::new();
    let migrate = async |url: &str| drop(Database::migrate(&DatabaseSettings::new(url)).await.unwrap());
    DATABASES.url(migrate).await.unwrap()
}
