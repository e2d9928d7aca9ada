//! `cargo xtask`: what this repository does to itself. One command per file in `commands/`.
//!
//! It is the first thing that a fresh clone compiles, so it stays small: no async runtime, no WebAssembly engine, and no
//! other crate of this workspace. What needs those is a program of its own (`local-stack`, `spin-host`) that xtask starts.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its standard streams")]

mod clock;
mod commands;
mod failure;
mod group;
mod process;
mod progress;
mod tools;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Outcome;
use crate::workspace::Workspace;

/// Sets up, builds, checks, tests and runs the shop.
#[derive(Parser)]
#[command(name = "cargo xtask", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Setup(commands::setup::Args),
    Build(commands::build::Args),
    Check(commands::check::Args),
    Test(commands::test::Args),
    Dev(commands::dev::Args),
    Sim(commands::sim::Args),
    Race(commands::race::Args),
    Bench(commands::bench::Args),
    Package(commands::package::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Outcome {
    let workspace = Workspace::find()?;
    match command {
        Command::Setup(args) => commands::setup::run(&workspace, args),
        Command::Build(args) => commands::build::run(&workspace, args),
        Command::Check(args) => commands::check::run(&workspace, args),
        Command::Test(args) => commands::test::run(&workspace, args),
        Command::Dev(args) => commands::dev::run(&workspace, args),
        Command::Sim(args) => commands::sim::run(&workspace, args),
        Command::Race(args) => commands::race::run(&workspace, args),
        Command::Bench(args) => commands::bench::run(&workspace, args),
        Command::Package(args) => commands::package::run(&workspace, args),
    }
}
