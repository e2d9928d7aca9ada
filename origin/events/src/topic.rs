//! The way out: one SNS FIFO topic.

use std::collections::HashSet;

use commerce_aws::{
    AwsClient, AwsEnvironment, Sns,
    sns::{MAX_BATCH_BYTES, PublishBatch, PublishEntry},
};
use origin_core::{
    StoreError,
    events::{MAX_BATCH, OutgoingEvent, PublishEvents, PublishOutcome},
};

use crate::error::store_error;

/// The message attribute that subscriptions filter by.
const TYPE: &str = "type";

/// Publishes to one FIFO topic.
#[derive(Debug, Clone)]
pub struct SnsTopic<E> {
    sns: Sns<E>,
    topic_arn: String,
}

impl<E: AwsEnvironment> SnsTopic<E> {
    /// The topic with this ARN, reached by `client`.
    pub fn new(client: AwsClient<E>, topic_arn: impl Into<String>) -> Self {
        Self { sns: Sns::new(client), topic_arn: topic_arn.into() }
    }

    /// Publishes the events at these places, which fit into one request.
    async fn publish_round(
        &self,
        entries: &[PublishEntry],
        round: &[usize],
        outcomes: &mut [Option<PublishOutcome>],
    ) -> Result<(), StoreError> {
        let chosen = round.iter().map(|place| entries[*place].clone()).collect();
        let request = PublishBatch { topic_arn: self.topic_arn.clone(), entries: chosen };
        let failed = self.sns.publish_batch(&request).await.map_err(store_error)?;
        for place in round {
            outcomes[*place] = Some(PublishOutcome::Published);
        }
        for failure in failed {
            let place = round.get(failure.index);
            let place = place.ok_or_else(|| StoreError::broken("an answer about an event that was not sent"))?;
            outcomes[*place] = Some(not_published(format!("{}: {}", failure.code, failure.message)));
        }
        Ok(())
    }
}

impl<E: AwsEnvironment> PublishEvents for SnsTopic<E> {
    /// In rounds, each with at most one event of a group: SNS may refuse one entry of a batch and take a later one.
    async fn publish(&self, batch: &[OutgoingEvent]) -> Result<Vec<PublishOutcome>, StoreError> {
        if batch.len() > MAX_BATCH {
            return Err(StoreError::broken("more than ten events at once"));
        }
        let entries = batch.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let mut outcomes = vec![None; batch.len()];
        loop {
            let round = next_round(batch, &entries, &outcomes);
            if round.is_empty() {
                break;
            }
            match self.publish_round(&entries, &round, &mut outcomes).await {
                Ok(()) => {}
                Err(error) if outcomes.iter().all(Option::is_none) => return Err(error),
                // What earlier rounds have done is known; of the rest, nothing is.
                Err(error) => {
                    for place in round {
                        outcomes[place] = Some(not_published(error.to_string()));
                    }
                }
            }
        }
        let missed = || not_published("larger than 256 KiB, or behind an event that was not published".to_owned());
        Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(missed)).collect())
    }
}

fn not_published(cause: String) -> PublishOutcome {
    PublishOutcome::NotPublished(cause)
}

/// The places of the events that may be sent now: of each group the first that has not been tried, unless one before it
/// failed, as many as fit into one request.
fn next_round(batch: &[OutgoingEvent], entries: &[PublishEntry], outcomes: &[Option<PublishOutcome>]) -> Vec<usize> {
    let (mut round, mut groups, mut size) = (Vec::new(), HashSet::new(), 0);
    for (place, event) in batch.iter().enumerate() {
        let waits = match &outcomes[place] {
            Some(outcome) => !outcome.is_published(),
            None => true,
        };
        if !waits || !groups.insert(event.subject.as_str()) || outcomes[place].is_some() {
            continue;
        }
        if size + entries[place].size() <= MAX_BATCH_BYTES {
            size += entries[place].size();
            round.push(place);
        }
    }
    round
}

fn entry(event: &OutgoingEvent) -> Result<PublishEntry, StoreError> {
    Ok(PublishEntry {
        message: serde_json::to_string(event).map_err(StoreError::broken)?,
        group_id: Some(event.subject.clone()),
        deduplication_id: Some(event.id.to_string()),
        attributes: vec![(TYPE.to_owned(), event.kind.clone())],
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn batch(groups: &[&str]) -> (Vec<OutgoingEvent>, Vec<PublishEntry>) {
        let id = "evt_01ktp6sn00e8m9wvpfqsmyrszv".parse().unwrap();
        let time = "2026-03-01T12:00:00Z".parse().unwrap();
        let event = |group: &&str| OutgoingEvent::new(id, "OrderCreated", *group, 1, time, json!({}));
        let events: Vec<_> = groups.iter().map(event).collect();
        let entries = events.iter().map(|event| entry(event).unwrap()).collect();
        (events, entries)
    }

    #[test]
    fn a_round_has_one_event_of_each_group() {
        let (events, entries) = batch(&["a", "a", "b", "a"]);
        let mut outcomes = vec![None; 4];
        assert_eq!(next_round(&events, &entries, &outcomes), [0, 2]);
        outcomes[0] = Some(PublishOutcome::Published);
        outcomes[2] = Some(PublishOutcome::Published);
        assert_eq!(next_round(&events, &entries, &outcomes), [1]);
        outcomes[1] = Some(not_published(String::new()));
        assert_eq!(next_round(&events, &entries, &outcomes), [0; 0], "nothing goes behind what failed");
    }

    #[test]
    fn a_round_carries_no_more_than_sns_takes() {
        let (events, mut entries) = batch(&["a", "b", "c", "b"]);
        entries[0].message = "x".repeat(MAX_BATCH_BYTES - 1_000);
        entries[1].message = "x".repeat(1_000);
        assert_eq!(next_round(&events, &entries, &[None, None, None, None]), [0, 2]);
        entries[0].message = "x".repeat(MAX_BATCH_BYTES + 1);
        assert_eq!(next_round(&events, &entries, &[None, None, None, None]), [1, 2], "never fits");
    }

    #[test]
    fn an_entry_has_the_group_the_id_and_the_type() {
        let (_, entries) = batch(&["order_1"]);
        assert_eq!(entries[0].group_id.as_deref(), Some("order_1"));
        assert_eq!(entries[0].deduplication_id.as_deref(), Some("evt_01ktp6sn00e8m9wvpfqsmyrszv"));
        assert_eq!(entries[0].attributes, [("type".to_owned(), "OrderCreated".to_owned())]);
    }
}
