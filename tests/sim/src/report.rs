//! What became of which calls, over all runs.

use std::{collections::BTreeMap, fmt};

use crate::{
    fate::{Fate, Kind, Step},
    stores,
};

/// A call that was made so often while things went wrong must have met every fault that can hit it.
const OFTEN: u64 = 1_000;
/// What nobody asks for while things go wrong: no card refuses a capture, money lapses days later, and no
/// shopper names the version of the cart.
const NOT_HERE: [&str; 3] = ["withdraw_capture", "tell_lapsing", "find_answer"];

/// Counts of one run, or of many.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    cells: BTreeMap<(&'static str, Fate), u64>,
    kinds: BTreeMap<&'static str, &'static [Fate]>,
    /// Runs.
    pub runs: u64,
    /// Requests to order or to pay, and to call an order off.
    pub requests: u64,
    /// Those of them that a fault hit.
    pub hit: u64,
    /// Carts that were ordered, and those of them where a fault hit a request of their shopper's.
    pub checkouts: [u64; 2],
    /// Webhooks that reached the shop.
    pub webhooks: u64,
    /// Events that were committed.
    pub events: u64,
    /// Orders that were placed, paid, and that ended unpaid.
    pub orders: [u64; 3],
    /// Payments that were stranded, and told of.
    pub stranded: u64,
}

impl Tally {
    /// Counts a call that was made while things go wrong.
    pub(crate) fn count(&mut self, step: Step, fate: Fate) {
        if step.kind == Kind::Outside {
            return;
        }
        self.kinds.insert(step.name, step.kind.faults());
        *self.cells.entry((step.name, fate)).or_default() += 1;
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        for (cell, count) in &other.cells {
            *self.cells.entry(*cell).or_default() += count;
        }
        self.kinds.extend(&other.kinds);
        self.runs += other.runs;
        self.requests += other.requests;
        self.hit += other.hit;
        for (sum, count) in self.checkouts.iter_mut().zip(other.checkouts) {
            *sum += count;
        }
        self.webhooks += other.webhooks;
        self.events += other.events;
        self.stranded += other.stranded;
        for (sum, count) in self.orders.iter_mut().zip(other.orders) {
            *sum += count;
        }
    }

    /// What never happened to a call that is made often: `call: fate`.
    pub fn empty_cells(&self) -> Vec<String> {
        let mut empty = Vec::new();
        for (step, faults) in self.kinds.iter().filter(|(step, _)| self.calls(step) >= OFTEN) {
            for fate in Fate::ALL {
                if (faults.contains(&fate) || fate == Fate::Crash) && !self.cells.contains_key(&(*step, fate)) {
                    empty.push(format!("{step}: {}", fate.name()));
                }
            }
        }
        empty
    }

    /// Calls that are made too seldom to say what cannot hit them.
    pub fn rare_calls(&self) -> Vec<&'static str> {
        stores::calls().filter(|step| (1..OFTEN).contains(&self.calls(step))).collect()
    }

    /// Calls that are never made.
    pub fn missing_calls(&self) -> Vec<&'static str> {
        stores::calls().filter(|step| self.calls(step) == 0 && !NOT_HERE.contains(step)).collect()
    }

    fn calls(&self, step: &str) -> u64 {
        self.cells.iter().filter(|((name, _), _)| *name == step).map(|(_, count)| count).sum()
    }

    fn cell(&self, step: &str, faults: &[Fate], fate: Fate) -> String {
        let found = self.cells.iter().find(|((name, of), _)| *name == step && *of == fate);
        match found {
            Some((_, count)) => count.to_string(),
            None if faults.contains(&fate) || matches!(fate, Fate::Done | Fate::Crash) => "0".to_owned(),
            None => "-".to_owned(),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<24}", "call")?;
        for fate in Fate::ALL {
            write!(f, "{:>11}", fate.name())?;
        }
        writeln!(f)?;
        for (step, faults) in &self.kinds {
            write!(f, "{step:<24}")?;
            for fate in Fate::ALL {
                write!(f, "{:>11}", self.cell(step, faults, fate))?;
            }
            writeln!(f)?;
        }
        let [placed, paid, ended] = self.orders;
        let [checkouts, hit] = self.checkouts;
        writeln!(f, "{} runs, {} requests, {} of them hit by a fault", self.runs, self.requests, self.hit)?;
        writeln!(f, "{checkouts} checkouts, {hit} of them hit by a fault")?;
        writeln!(f, "{} webhooks, {} events", self.webhooks, self.events)?;
        write!(f, "{placed} orders: {paid} paid, {ended} ended unpaid; {} payments stranded and told of", self.stranded)
    }
}
