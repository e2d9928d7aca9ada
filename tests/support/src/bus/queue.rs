//! One subscribed FIFO queue.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use origin_core::{
    StoreError,
    events::{Delivery, Envelope, EventQueue, MAX_BATCH},
};

use super::{EventBus, QueueConfig};

/// One consumer's queue on an [`EventBus`]. Clones are the same queue.
#[derive(Clone)]
pub struct LocalQueue {
    pub(super) bus: EventBus,
    pub(super) index: usize,
}

pub(super) struct Queue {
    config: QueueConfig,
    messages: VecDeque<Message>,
    dead: Vec<Envelope>,
    receipts: u64,
}

struct Message {
    event: Envelope,
    receive_count: u32,
    lent: Option<Loan>,
}

struct Loan {
    receipt: String,
    until: Timestamp,
}

impl Queue {
    pub(super) fn new(config: QueueConfig) -> Self {
        Self { config, messages: VecDeque::new(), dead: Vec::new(), receipts: 0 }
    }

    pub(super) fn take_in(&mut self, event: &Envelope) {
        if self.config.types.is_empty() || self.config.types.contains(&event.kind) {
            self.messages.push_back(Message { event: event.clone(), receive_count: 0, lent: None });
        }
    }

    fn receive(&mut self, max: usize, now: Timestamp) -> Vec<Delivery> {
        self.bury(now);
        let until = now.saturating_add(self.config.visibility).unwrap_or(Timestamp::MAX);
        let lent: HashSet<String> = self
            .messages
            .iter()
            .filter(|message| message.is_lent(now))
            .map(|message| message.group().to_owned())
            .collect();
        let mut deliveries = Vec::new();
        for message in self.messages.iter_mut().filter(|message| !lent.contains(message.group())).take(max) {
            self.receipts += 1;
            let receipt = format!("receipt-{}", self.receipts);
            message.receive_count += 1;
            message.lent = Some(Loan { receipt: receipt.clone(), until });
            deliveries.push(Delivery {
                event: Ok(message.event.clone()),
                group: message.group().to_owned(),
                receipt,
                receive_count: message.receive_count,
            });
        }
        deliveries
    }

    /// Puts away what was delivered too often.
    fn bury(&mut self, now: Timestamp) {
        let max = self.config.max_receive_count;
        if self.messages.iter().all(|message| message.receive_count < max) {
            return;
        }
        let (dead, alive): (Vec<_>, Vec<_>) = std::mem::take(&mut self.messages)
            .into_iter()
            .partition(|message| message.receive_count >= max && !message.is_lent(now));
        self.messages = alive.into();
        self.dead.extend(dead.into_iter().map(|message| message.event));
    }

    fn delete(&mut self, receipt: &str, lost: &mut u32) {
        let Some(place) = self.place(receipt) else { return };
        if *lost > 0 {
            *lost -= 1;
            self.messages[place].lent = None;
        } else {
            self.messages.remove(place);
        }
    }

    fn release(&mut self, receipt: &str, until: Timestamp) {
        if let Some(place) = self.place(receipt)
            && let Some(loan) = &mut self.messages[place].lent
        {
            loan.until = until;
        }
    }

    /// Where the message with this receipt stands. An older receipt of it does nothing any more.
    fn place(&self, receipt: &str) -> Option<usize> {
        self.messages.iter().position(|message| message.lent.as_ref().is_some_and(|loan| loan.receipt == receipt))
    }
}

impl Message {
    fn group(&self) -> &str {
        &self.event.subject
    }

    fn is_lent(&self, now: Timestamp) -> bool {
        self.lent.as_ref().is_some_and(|loan| loan.until > now)
    }
}

impl LocalQueue {
    /// What was delivered too often, in the order in which it was put away.
    pub fn dead_letters(&self) -> Vec<Envelope> {
        let now = self.bus.now();
        let queue = &mut self.bus.state().queues[self.index];
        queue.bury(now);
        queue.dead.clone()
    }
}

impl EventQueue for LocalQueue {
    async fn receive(&self, max: usize) -> Result<Vec<Delivery>, StoreError> {
        let now = self.bus.now();
        Ok(self.bus.state().queues[self.index].receive(max.clamp(1, MAX_BATCH), now))
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), StoreError> {
        let mut state = self.bus.state();
        let mut lost = state.faults.deliver_again;
        for receipt in receipts {
            state.queues[self.index].delete(receipt, &mut lost);
        }
        state.faults.deliver_again = lost;
        Ok(())
    }

    async fn release(&self, receipts: &[String], after: Duration) -> Result<(), StoreError> {
        let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
        let until = self.bus.now().saturating_add(after).unwrap_or(Timestamp::MAX);
        let queue = &mut self.bus.state().queues[self.index];
        for receipt in receipts {
            queue.release(receipt, until);
        }
        Ok(())
    }
}
