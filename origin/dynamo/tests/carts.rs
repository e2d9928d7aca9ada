//! Taking ordered pieces out of a cart, on DynamoDB in process, while others change it.

#[cfg(test)]
mod carts {
    use std::{
        sync::{
            Arc, Mutex,
            atomic::{AtomicU32, Ordering},
        },
        time::Duration,
    };

    use bytes::Bytes;
    use commerce_aws::{
        AttributeValue, AwsClient, Credentials, DynamoDb, HttpClient, Item, Timer, TransportError,
        cart_table::{CURRENCY, LIFE_SECONDS, MAX_TAKEN_BY, StoredCart, StoredKey, StoredLine, TAKEN_BY},
        dynamodb::{GetItem, PutItem, UpdateItem, item, list, number, text},
    };
    use commerce_domain::{CartId, Clock, Entropy, OrderId, ProductId, VariantId};
    use http::{Request, Response};
    use jiff::Timestamp;
    use origin_core::{
        StoreError,
        checkout::{CartStore, TakenLine},
    };
    use origin_dynamo::{CARTS_TABLE, DynamoCarts, INVENTORY_TABLE, create_tables};
    use origin_gateways::{ReqwestClient, System, SystemClock};
    use test_support::{DynamoServer, DynamoStore, SystemEntropy};

    const OWNER: &str = "user_1";

    /// The machine, on which somebody else adds a piece to the cart whenever an update of the origin's is on its way.
    #[derive(Clone)]
    struct Meddled {
        system: System,
        direct: DynamoDb<System>,
        /// How many updates are meddled with.
        times: Arc<AtomicU32>,
        added: VariantId,
        /// Updates wait this long before they are sent.
        pause: Arc<Mutex<Duration>>,
        longest_expression: Arc<AtomicU32>,
    }

    impl HttpClient for Meddled {
        async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
            if request.headers()["x-amz-target"].to_str().unwrap().ends_with("UpdateItem") {
                let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
                let length = u32::try_from(body["UpdateExpression"].as_str().unwrap().len()).unwrap();
                self.longest_expression.fetch_max(length, Ordering::Relaxed);
                let meddles = self.times.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
                if meddles.is_ok() {
                    add_piece(&self.direct, self.added).await;
                }
                let pause = *self.pause.lock().unwrap();
                tokio::time::sleep(pause).await;
            }
            self.system.send(request).await
        }
    }

    impl Timer for Meddled {
        async fn sleep(&self, duration: Duration) {
            self.system.sleep(duration).await;
        }
    }

    impl Clock for Meddled {
        fn now(&self) -> Timestamp {
            self.system.now()
        }
    }

    impl Entropy for Meddled {
        fn fill(&self, buffer: &mut [u8]) {
            self.system.fill(buffer);
        }
    }

    /// One more piece of a line that is there, as the edge adds it: without reading, whatever the version.
    async fn add_piece(db: &DynamoDb<System>, variant: VariantId) {
        let add = UpdateItem {
            table_name: CARTS_TABLE.to_owned(),
            key: item([("userId", text(OWNER))]),
            update_expression: "SET quantities.#v = quantities.#v + :one ADD version :one".to_owned(),
            expression_attribute_names: [("#v".to_owned(), variant.to_string())].into(),
            expression_attribute_values: [(":one".to_owned(), number(1))].into(),
            ..UpdateItem::default()
        };
        db.update_item(&add).await.unwrap();
    }

    struct Shelf {
        carts: DynamoCarts<Meddled>,
        env: Meddled,
        cart_id: CartId,
        variants: Vec<VariantId>,
        _server: DynamoServer,
    }

    impl Shelf {
        /// A cart of so many lines of three pieces each, with a key, a currency, and an attribute that this version does not
        /// know.
        async fn with_lines(count: usize) -> Self {
            let server = DynamoServer::start(0, &DynamoStore::Memory).await.unwrap();
            let system = System::new(ReqwestClient::new(Duration::from_secs(5)).unwrap());
            let (credentials, endpoint) = (Credentials::new("test", "secret"), server.url().parse().ok());
            let aws = AwsClient::new(system.clone(), credentials.clone(), "eu-central-1", endpoint.clone());
            let direct = DynamoDb::new(aws);
            create_tables(&direct, CARTS_TABLE, INVENTORY_TABLE).await.unwrap();
            let variants: Vec<_> = (0..count).map(|_| VariantId::generate(&SystemClock, &SystemEntropy)).collect();
            let env = Meddled {
                system,
                direct,
                times: Arc::default(),
                added: variants[0],
                pause: Arc::default(),
                longest_expression: Arc::default(),
            };
            let carts =
                DynamoCarts::new(AwsClient::new(env.clone(), credentials, "eu-central-1", endpoint), CARTS_TABLE);
            let cart_id = CartId::generate(&SystemClock, &SystemEntropy);
            let shelf = Self { carts, env, cart_id, variants, _server: server };
            shelf.put(shelf.item()).await;
            shelf
        }

        fn item(&self) -> Item {
            let now = SystemClock.now();
            let each = |quantity: i64| self.variants.iter().map(|id| (id.to_string(), quantity)).collect();
            let cart = StoredCart {
                user_id: OWNER.to_owned(),
                cart_id: self.cart_id.to_string(),
                version: 7,
                quantities: each(3),
                lines: self.variants.iter().map(|id| (id.to_string(), line())).collect(),
                added_at: each(now.as_millisecond()),
                keys: [(
                    "key".to_owned(),
                    StoredKey { request_hash: "hash".to_owned(), at: now.as_second(), rest: None },
                )]
                .into(),
                updated_at: now.as_millisecond(),
                ttl: now.as_second() + LIFE_SECONDS,
            };
            let mut item = cart.to_item().unwrap();
            item.insert(CURRENCY.to_owned(), text("USD"));
            item.insert("giftNote".to_owned(), text("of a later version"));
            item
        }

        async fn put(&self, item: Item) {
            let put = PutItem { table_name: CARTS_TABLE.to_owned(), item, ..PutItem::default() };
            self.env.direct.put_item(&put).await.unwrap();
        }

        async fn read(&self) -> Item {
            let get = GetItem {
                table_name: CARTS_TABLE.to_owned(),
                key: item([("userId", text(OWNER))]),
                consistent_read: true,
                ..GetItem::default()
            };
            self.env.direct.get_item(&get).await.unwrap().unwrap()
        }

        async fn cart(&self) -> StoredCart {
            StoredCart::from_item(self.read().await).unwrap()
        }

        async fn quantity(&self, index: usize) -> Option<i64> {
            self.cart().await.quantities.get(&self.variants[index].to_string()).copied()
        }

        async fn take(&self, order: OrderId, lines: &[(usize, u32)]) -> Result<Option<u64>, StoreError> {
            let line =
                |(index, quantity): &(usize, u32)| TakenLine { variant_id: self.variants[*index], quantity: *quantity };
            let lines: Vec<_> = lines.iter().map(line).collect();
            self.carts.take_out(OWNER, self.cart_id, order, &lines).await
        }
    }

    fn line() -> StoredLine {
        StoredLine {
            product_id: ProductId::generate(&SystemClock, &SystemEntropy).to_string(),
            name: "Lamp".to_owned(),
            options: Vec::new(),
            price: "60.00".to_owned(),
            currency: "USD".to_owned(),
            category: None,
            product_version: 1,
            image_url: None,
        }
    }

    fn order() -> OrderId {
        OrderId::generate(&SystemClock, &SystemEntropy)
    }

    #[tokio::test]
    async fn pieces_leave_the_cart_and_nothing_else_does() {
        let shelf = Shelf::with_lines(3).await;
        let (before, order) = (shelf.read().await, order());
        assert_eq!(shelf.take(order, &[(0, 3), (1, 2)]).await, Ok(Some(8)));
        let after = shelf.read().await;
        let changed = ["version", "quantities", "lines", "addedAt", "updatedAt", "ttl"];
        for (name, value) in before.iter().filter(|(name, _)| !changed.contains(&name.as_str())) {
            assert_eq!(after.get(name), Some(value), "{name}");
        }
        assert_eq!(after.get(TAKEN_BY), Some(&list([text(order.to_string())])));
        let cart = shelf.cart().await;
        let left = [(shelf.variants[1].to_string(), 1), (shelf.variants[2].to_string(), 3)];
        assert_eq!((cart.version, &cart.quantities), (8, &left.into()));
        assert_eq!(cart.lines.keys().collect::<Vec<_>>(), cart.quantities.keys().collect::<Vec<_>>());
        assert_eq!(cart.added_at.keys().collect::<Vec<_>>(), cart.quantities.keys().collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn an_order_takes_its_pieces_out_once() {
        let shelf = Shelf::with_lines(2).await;
        let (first, second) = (order(), order());
        for _ in 0..3 {
            assert_eq!(shelf.take(first, &[(0, 1)]).await, Ok(Some(8)));
        }
        assert_eq!(shelf.take(second, &[(0, 1)]).await, Ok(Some(9)));
        assert_eq!(shelf.take(first, &[(0, 1)]).await, Ok(Some(9)));
        assert_eq!((shelf.quantity(0).await, shelf.quantity(1).await), (Some(1), Some(3)));
    }

    #[tokio::test]
    async fn orders_that_took_pieces_out_are_remembered_up_to_a_number() {
        let shelf = Shelf::with_lines(1).await;
        let orders: Vec<_> = (0..MAX_TAKEN_BY + 3).map(|_| order()).collect();
        for order in &orders {
            add_piece(&shelf.env.direct, shelf.variants[0]).await;
            shelf.take(*order, &[(0, 1)]).await.unwrap().unwrap();
        }
        let Some(AttributeValue::L(taken)) = shelf.read().await.get(TAKEN_BY).cloned() else { panic!("no list") };
        let newest: Vec<_> = orders[3..].iter().map(|order| text(order.to_string())).collect();
        assert_eq!(taken, newest);
        assert_eq!(shelf.cart().await.keys.len(), 1, "the keys of requests are others");
    }

    #[tokio::test]
    async fn a_cart_of_which_nothing_stays_begins_a_new_life() {
        let shelf = Shelf::with_lines(2).await;
        let order = order();
        assert_eq!(shelf.take(order, &[(0, 3), (1, 5)]).await, Ok(None));
        let (cart, stored) = (shelf.cart().await, shelf.read().await);
        assert_eq!((cart.version, cart.lines.len(), cart.keys.len()), (1, 0, 1));
        assert_ne!(cart.cart_id, shelf.cart_id.to_string());
        assert_eq!((stored.get(CURRENCY), stored.get(TAKEN_BY)), (None, None));
        assert!(stored.get("giftNote").is_some());
        assert_eq!(shelf.take(order, &[(0, 3), (1, 3)]).await, Ok(None));
        assert_eq!(shelf.cart().await, cart, "another life is left alone");
    }

    #[tokio::test]
    async fn what_left_the_cart_before_is_not_missed() {
        let shelf = Shelf::with_lines(2).await;
        let mut item = shelf.item();
        for name in ["quantities", "lines", "addedAt"] {
            let Some(AttributeValue::M(map)) = item.get_mut(name) else { panic!("no map") };
            map.remove(&shelf.variants[0].to_string());
        }
        shelf.put(item).await;
        assert_eq!(shelf.take(order(), &[(0, 2)]).await, Ok(Some(8)));
        assert_eq!((shelf.quantity(0).await, shelf.quantity(1).await), (None, Some(3)));
    }

    #[tokio::test]
    async fn pieces_that_are_added_meanwhile_stay() {
        let shelf = Shelf::with_lines(1).await;
        shelf.env.times.store(4, Ordering::Relaxed);
        assert_eq!(shelf.take(order(), &[(0, 3)]).await, Ok(Some(12)));
        assert_eq!(shelf.quantity(0).await, Some(4));
    }

    #[tokio::test]
    async fn a_cart_that_keeps_changing_is_left_as_it_is() {
        let shelf = Shelf::with_lines(1).await;
        shelf.env.times.store(100, Ordering::Relaxed);
        assert!(matches!(shelf.take(order(), &[(0, 3)]).await, Err(StoreError::Unavailable(_))));
        let added = i64::from(100 - shelf.env.times.load(Ordering::Relaxed));
        assert_eq!(shelf.quantity(0).await, Some(3 + added));
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_a_second_for_a_cart() {
        let shelf = Shelf::with_lines(1).await;
        *shelf.env.pause.lock().unwrap() = Duration::from_secs(30);
        let taken = tokio::time::timeout(Duration::from_secs(5), shelf.take(order(), &[(0, 1)])).await;
        assert!(matches!(taken.expect("should have given up"), Err(StoreError::Unavailable(_))));
    }

    #[tokio::test]
    async fn the_largest_cart_fits_into_an_expression() {
        let shelf = Shelf::with_lines(99).await;
        let all_but_one: Vec<_> = (0..98).map(|index| (index, 3)).collect();
        assert_eq!(shelf.take(order(), &all_but_one).await, Ok(Some(8)));
        assert_eq!(shelf.cart().await.quantities, [(shelf.variants[98].to_string(), 3)].into());
        let length = shelf.env.longest_expression.load(Ordering::Relaxed);
        assert!(length <= 4_096, "{length} bytes; DynamoDB takes 4 KB");
    }
}
