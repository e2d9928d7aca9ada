//! Processor time of everybody who takes part.

use std::io;

use load::cpu::{Processes, machine, threads, tick_micros};
use serde::Serialize;

/// The thread that DynamoDB computes on, in this process.
const DYNAMODB: &str = "dynamodb";

/// Microseconds of processor time.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Sample {
    origin: u64,
    postgres: u64,
    dynamodb: u64,
    /// This process without DynamoDB: clients, and the decorator where it takes part.
    generator: u64,
    /// Everything else on this machine, and what its host took from it.
    others: u64,
}

impl Sample {
    /// Since the machine started.
    ///
    /// # Errors
    /// A process is gone, or this is not Linux.
    pub(crate) fn take(origin: u32, postgres: u32) -> io::Result<Self> {
        let processes = Processes::read()?;
        let (origin, postgres) = (processes.tree(origin)?, processes.tree(postgres)?);
        let (own, dynamodb) = (processes.alone(std::process::id()), threads(DYNAMODB)?);
        let machine = machine()?;
        let micros = |ticks: u64| ticks * tick_micros();
        Ok(Self {
            origin: micros(origin),
            postgres: micros(postgres),
            dynamodb: micros(dynamodb),
            generator: micros(own.saturating_sub(dynamodb)),
            others: micros(machine.saturating_sub(origin + postgres + own)),
        })
    }

    /// What was used since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            origin: self.origin.saturating_sub(earlier.origin),
            postgres: self.postgres.saturating_sub(earlier.postgres),
            dynamodb: self.dynamodb.saturating_sub(earlier.dynamodb),
            generator: self.generator.saturating_sub(earlier.generator),
            others: self.others.saturating_sub(earlier.others),
        }
    }
}
