//! The bus contract over SNS and SQS, at the stand-in that `AWS_STACK_ENDPOINT` names.

#[cfg(test)]
mod sns_sqs {
    use std::time::Duration;

    use commerce_aws::{
        AwsClient, Credentials, Sns, Sqs,
        sns::Subscribe,
        sqs::{CreateQueue, QueueAttributes, redrive_policy},
    };
    use commerce_domain::EventId;
    use origin_core::events::PublishEvents;
    use origin_events::{SnsTopic, SqsQueue};
    use origin_gateways::{ReqwestClient, System, SystemClock};
    use test_support::{
        SystemEntropy,
        bus::contract::{BusUnderTest, check},
    };

    const ENDPOINT: &str = "AWS_STACK_ENDPOINT";

    struct Stack {
        client: AwsClient<System>,
        topic_arn: String,
        publisher: SnsTopic<System>,
    }

    struct Queue {
        sqs: SqsQueue<System>,
        dead_letters: String,
    }

    impl origin_core::events::EventQueue for Queue {
        async fn receive(&self, max: usize) -> Result<Vec<origin_core::events::Delivery>, origin_core::StoreError> {
            self.sqs.receive(max).await
        }

        async fn delete(&self, receipts: &[String]) -> Result<(), origin_core::StoreError> {
            self.sqs.delete(receipts).await
        }

        async fn release(&self, receipts: &[String], after: Duration) -> Result<(), origin_core::StoreError> {
            self.sqs.release(receipts, after).await
        }
    }

    fn client(endpoint: &str) -> AwsClient<System> {
        let system = System::new(ReqwestClient::new(Duration::from_secs(30)).expect("should make a client"));
        let endpoint = endpoint.parse().expect("should be a URL");
        AwsClient::new(system, Credentials::new("test", "test"), "eu-central-1", Some(endpoint))
    }

    fn unique(name: &str) -> String {
        format!("{name}-{}", EventId::generate(&SystemClock, &SystemEntropy))
    }

    impl Stack {
        async fn open(endpoint: &str) -> Self {
            let client = client(endpoint);
            let fifo = [("FifoTopic".to_owned(), "true".to_owned())];
            let topic_arn =
                Sns::new(client.clone()).create_topic(&format!("{}.fifo", unique("events")), &fifo).await.unwrap();
            Self { publisher: SnsTopic::new(client.clone(), &topic_arn), topic_arn, client }
        }

        async fn queue(&self, more: &[(&str, String)]) -> (String, String) {
            let sqs = Sqs::new(self.client.clone());
            let mut attributes: QueueAttributes = [("FifoQueue".to_owned(), "true".to_owned())].into();
            attributes.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            let create = CreateQueue { queue_name: format!("{}.fifo", unique("queue")), attributes };
            let url = sqs.create_queue(&create).await.unwrap();
            let arn = sqs.get_queue_attributes(&url, &["QueueArn"]).await.unwrap().remove("QueueArn").unwrap();
            (url, arn)
        }
    }

    impl BusUnderTest for Stack {
        type Queue = Queue;

        const MINUTES_PASS: bool = false;

        fn publisher(&self) -> &impl PublishEvents {
            &self.publisher
        }

        async fn subscribe_lending(&self, types: &[&str], loan: Duration) -> Queue {
            let (dead_letters, dead_arn) = self.queue(&[]).await;
            let lent = ("VisibilityTimeout", loan.as_secs().to_string());
            let (url, queue_arn) = self.queue(&[("RedrivePolicy", redrive_policy(&dead_arn, 2)), lent]).await;
            let mut attributes = vec![("RawMessageDelivery".to_owned(), "true".to_owned())];
            if !types.is_empty() {
                attributes.push(("FilterPolicy".to_owned(), serde_json::json!({"type": types}).to_string()));
            }
            let subscribe = Subscribe { topic_arn: self.topic_arn.clone(), queue_arn, attributes };
            Sns::new(self.client.clone()).subscribe(&subscribe).await.unwrap();
            Queue { sqs: SqsQueue::new(self.client.clone(), url, 1), dead_letters }
        }

        async fn pass(&self, time: Duration) {
            tokio::time::sleep(time).await;
        }

        async fn dead(&self, queue: &Queue) -> usize {
            let count = "ApproximateNumberOfMessages";
            let sqs = Sqs::new(self.client.clone());
            sqs.get_queue_attributes(&queue.dead_letters, &[count]).await.unwrap()[count].parse().unwrap()
        }
    }

    /// Where the stand-in listens. `None`, and the reason printed, where there is none.
    fn endpoint() -> Option<String> {
        let endpoint = std::env::var(ENDPOINT).ok();
        if endpoint.is_none() {
            println!("skipped: {ENDPOINT} names no stand-in for SNS and SQS");
        }
        endpoint
    }

    #[tokio::test]
    async fn sns_and_sqs_keep_the_contract() {
        let Some(endpoint) = endpoint() else { return };
        println!("skipped: {:?}", check(|| Stack::open(&endpoint)).await);
    }
}
