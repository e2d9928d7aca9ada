//! The program `catalog`, as a person runs it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use local_stack::{LocalStack, Options, Ready, RunningStack};

const SAMPLE: &str = include_str!("../../../../origin/core/tests/data/products.csv");

async fn shop(folder: &Path) -> RunningStack {
    LocalStack::start(Options::for_tests(folder)).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Runs it; exit code, standard output, standard error.
async fn catalog(ready: &Ready, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_catalog"));
    command
        .args(arguments)
        .env("DATABASE_URL", &ready.database_url)
        .env("DYNAMODB_ENDPOINT", &ready.dynamodb_endpoint)
        .env("AWS_ACCESS_KEY_ID", &ready.aws_access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &ready.aws_secret_access_key)
        .env("AWS_REGION", "us-east-1");
    let Output { status, stdout, stderr } =
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_in_and_comes_out_and_its_counts_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let stack = shop(folder.path()).await;
    let (file, export) = (folder.path().join("products.csv"), folder.path().join("export.csv"));
    let (file, export) = (file.to_str().unwrap(), export.to_str().unwrap());
    fs::write(file, SAMPLE).unwrap();
    let counts = "6 rows (0 refused): 3 products, 5 variants, 5 images";
    let printed = format!("{file}: {counts}\n3 products are new, 0 were replaced\n");
    assert_eq!(catalog(stack.ready(), &["import", file]).await, (Some(0), printed, String::new()));
    let (code, printed, said) = catalog(stack.ready(), &["export", "--format", "csv"]).await;
    assert_eq!((code, printed.as_str(), said.as_str()), (Some(0), SAMPLE, "3 products\n"));
    let (code, printed, _) = catalog(stack.ready(), &["export", "--format", "csv", "--output", export]).await;
    assert_eq!((code, printed, fs::read_to_string(export).unwrap()), (Some(0), String::new(), SAMPLE.to_owned()));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_told_by_file_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let stack = shop(folder.path()).await;
    let file = folder.path().join("products");
    let file = file.to_str().unwrap();
    fs::write(file, "Handle,Title,Variant Price\na,A,5\nb,B,x\n").unwrap();
    let (code, printed, said) = catalog(stack.ready(), &["import", "--format", "csv", "--currency", "EUR", file]).await;
    assert_eq!((code, said), (Some(3), format!("{file}: line 3: Variant Price: \"x\" is no plain decimal number\n")));
    assert!(
        printed.starts_with(&format!("{file}: 2 rows (1 refused): 1 products, 1 variants, 0 images\n")),
        "{printed}"
    );
    assert!(catalog(stack.ready(), &["export", "--format", "ndjson"]).await.1.contains("\"currency\":\"EUR\""));
    for (content, arguments, reason) in [
        (
            "Handle,Title\n",
            &["import", "--format", "csv", file][..],
            format!("{file}: line 1: Variant Price: the column is missing"),
        ),
        ("", &["import", file], "the file's name does not tell its format".to_owned()),
        ("", &["import", "--currency", "XXX", "--format", "csv", file], "\"XXX\" is no known currency".to_owned()),
        ("", &["import", "/nowhere.csv"], "/nowhere.csv: No such file".to_owned()),
    ] {
        fs::write(file, content).unwrap();
        let (code, printed, said) = catalog(stack.ready(), arguments).await;
        assert_eq!((code, printed.as_str(), said.lines().count()), (Some(1), "", 1), "{said}");
        assert!(said.starts_with("catalog: ") && said.contains(&reason), "{said}");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails_leaves_the_old_one_alone() {
    let folder = tempfile::tempdir().unwrap();
    let stack = shop(folder.path()).await;
    let mut ready = stack.ready().clone();
    stack.stop().await;
    ready.database_url = "postgres://nobody@127.0.0.1:1/nothing".to_owned();
    let export = folder.path().join("export.csv");
    fs::write(&export, "the old one").unwrap();
    let (code, _, said) = catalog(&ready, &["export", "--format", "csv", "--output", export.to_str().unwrap()]).await;
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    assert_eq!(fs::read_to_string(&export).unwrap(), "the old one");
    assert!(!folder.path().join("export.csv.partial").exists());
}
