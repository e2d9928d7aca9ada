//! The contract of movements of goods, on DynamoDB in process.

#[cfg(test)]
mod movements {
    use std::time::Duration;

    use commerce_aws::{AwsClient, Credentials, DynamoDb};
    use commerce_domain::{Clock as _, OrderId, ProductId, VariantId};
    use futures_util::future::join_all;
    use jiff::SignedDuration;
    use origin_core::{
        StoreError,
        inventory::{
            CallOffOutcome, HeldLine, Hold, MoveOutcome, MoveStock, MovedLine, NewStock, PutStock, ReadStock,
            ReserveOutcome, ReserveStock, StockMovement, TooFew,
        },
    };
    use origin_dynamo::{CARTS_TABLE, DynamoStock, INVENTORY_TABLE, create_tables};
    use origin_gateways::{ReqwestClient, System, SystemClock};
    use test_support::{DynamoFaults, DynamoFaultsConfig, DynamoServer, DynamoStore, DynamoSwitches, SystemEntropy};

    struct Warehouse {
        stock: DynamoStock<System>,
        server: DynamoServer,
    }

    impl Warehouse {
        async fn open() -> Self {
            let server = DynamoServer::start(0, &DynamoStore::Memory).await.unwrap();
            create_tables(&DynamoDb::new(client(server.url())), CARTS_TABLE, INVENTORY_TABLE).await.unwrap();
            Self { stock: stock_at(server.url()), server }
        }

        async fn variant(&self, on_hand: u32, backorder_limit: u32) -> VariantId {
            let variant_id = VariantId::generate(&SystemClock, &SystemEntropy);
            let product_id = ProductId::generate(&SystemClock, &SystemEntropy);
            let stock = NewStock { variant_id, product_id, on_hand, backorder_limit };
            self.stock.put_stock_if_absent(&[stock]).await.unwrap();
            variant_id
        }

        /// On hand, reserved, version.
        async fn counts(&self, variant: VariantId) -> (i64, i64, u64) {
            let level = self.stock.read_stock(&[variant]).await.unwrap().remove(0);
            (level.on_hand, level.reserved, level.version)
        }

        async fn hold(&self, variant: VariantId, quantity: u32) -> ReserveOutcome {
            let now = SystemClock.now();
            let hold = Hold {
                order_id: OrderId::generate(&SystemClock, &SystemEntropy),
                lines: vec![HeldLine { variant_id: variant, quantity }],
                created_at: now,
                expires_at: now + SignedDuration::from_mins(15),
            };
            self.stock.reserve(&hold).await.unwrap()
        }
    }

    fn client(url: &str) -> AwsClient<System> {
        let system = System::new(ReqwestClient::new(Duration::from_secs(5)).unwrap());
        AwsClient::new(system, Credentials::new("test", "secret"), "eu-central-1", url.parse().ok())
    }

    fn stock_at(url: &str) -> DynamoStock<System> {
        DynamoStock::new(client(url), INVENTORY_TABLE)
    }

    fn movement(reference: &str, lines: &[(VariantId, i64)]) -> StockMovement {
        let lines =
            lines.iter().map(|(variant_id, quantity)| MovedLine { variant_id: *variant_id, quantity: *quantity });
        StockMovement { reference: reference.to_owned(), lines: lines.collect(), version: None }
    }

    #[tokio::test]
    async fn a_movement_changes_all_lines_once_for_each_reference() {
        let house = Warehouse::open().await;
        let (one, other) = (house.variant(5, 0).await, house.variant(0, 0).await);
        let returned = movement("order_1", &[(one, -2), (other, 3)]);
        let moved = join_all((0..5).map(|_| house.stock.move_stock(&returned))).await;
        assert!(moved.iter().all(|outcome| *outcome == Ok(MoveOutcome::Moved)), "{moved:?}");
        assert_eq!((house.counts(one).await, house.counts(other).await), ((3, 0, 2), (3, 0, 2)));
        assert_eq!(house.stock.move_stock(&movement("order_2", &[(other, 3)])).await, Ok(MoveOutcome::Moved));
        assert_eq!(house.counts(other).await, (6, 0, 3));
        let other_lines = movement("order_1", &[(one, -1)]);
        assert!(matches!(house.stock.move_stock(&other_lines).await, Err(StoreError::Broken(_))));
        assert_eq!(house.counts(one).await, (3, 0, 2));
    }

    #[tokio::test]
    async fn what_comes_in_can_be_sold_and_what_has_left_cannot() {
        let house = Warehouse::open().await;
        let variant = house.variant(1, 0).await;
        house.stock.move_stock(&movement("in", &[(variant, 4)])).await.unwrap();
        house.stock.move_stock(&movement("out", &[(variant, -3)])).await.unwrap();
        assert!(matches!(house.hold(variant, 3).await, ReserveOutcome::SoldOut(_)));
        assert_eq!(house.hold(variant, 2).await, ReserveOutcome::Held);
    }

    #[tokio::test]
    async fn what_is_held_does_not_leave() {
        let house = Warehouse::open().await;
        let (held, free) = (house.variant(5, 2).await, house.variant(5, 0).await);
        house.hold(held, 3).await;
        let leaves = movement("out", &[(free, -1), (held, -3)]);
        let too_few = vec![TooFew { variant_id: held, available: 2 }];
        assert_eq!(house.stock.move_stock(&leaves).await, Ok(MoveOutcome::TooFew(too_few)));
        assert_eq!((house.counts(held).await, house.counts(free).await), ((5, 3, 2), (5, 0, 1)));
        // A refusal is not remembered.
        house.stock.move_stock(&movement("in", &[(held, 1)])).await.unwrap();
        assert_eq!(house.stock.move_stock(&leaves).await, Ok(MoveOutcome::Moved));
        assert_eq!((house.counts(held).await.0, house.counts(free).await.0), (3, 4));
        assert_eq!(house.hold(held, 2).await, ReserveOutcome::Held, "the backorders are as they were");
        assert!(matches!(house.hold(held, 1).await, ReserveOutcome::SoldOut(_)));
        // Sold beyond the stock: nothing can leave, but goods can come.
        let too_few = vec![TooFew { variant_id: held, available: -2 }];
        assert_eq!(house.stock.move_stock(&movement("more", &[(held, -1)])).await, Ok(MoveOutcome::TooFew(too_few)));
        assert_eq!(house.stock.move_stock(&movement("less", &[(held, 1)])).await, Ok(MoveOutcome::Moved));
    }

    #[tokio::test]
    async fn a_movement_under_a_version_meets_that_version_or_moves_nothing() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let under =
            |reference, version| StockMovement { version: Some(version), ..movement(reference, &[(variant, 1)]) };
        assert_eq!(house.stock.move_stock(&under("a", 1)).await, Ok(MoveOutcome::Moved));
        assert_eq!(house.stock.move_stock(&under("b", 1)).await, Ok(MoveOutcome::OtherVersion));
        assert_eq!(house.stock.move_stock(&under("a", 1)).await, Ok(MoveOutcome::Moved), "once more");
        assert_eq!(house.counts(variant).await, (6, 0, 2));
    }

    #[tokio::test]
    async fn what_has_no_counters_does_not_move() {
        let house = Warehouse::open().await;
        let (known, unknown) = (house.variant(5, 0).await, VariantId::generate(&SystemClock, &SystemEntropy));
        for quantity in [1, -1] {
            let outcome = house.stock.move_stock(&movement("a", &[(known, 1), (unknown, quantity)])).await;
            assert_eq!(outcome, Ok(MoveOutcome::NoCounters(vec![unknown])));
        }
        assert_eq!(house.counts(known).await, (5, 0, 1));
    }

    #[tokio::test]
    async fn a_movement_that_was_called_off_moves_nothing_however_late_it_comes() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let (never, made) = (movement("never", &[(variant, 1)]), movement("made", &[(variant, 2)]));
        house.stock.move_stock(&made).await.unwrap();
        for _ in 0..2 {
            assert_eq!(house.stock.call_off("never").await, Ok(CallOffOutcome::CalledOff));
            assert_eq!(house.stock.move_stock(&never).await, Ok(MoveOutcome::CalledOff));
            assert_eq!(house.stock.call_off("made").await, Ok(CallOffOutcome::Moved));
        }
        assert_eq!(house.counts(variant).await, (7, 0, 2));
    }

    #[tokio::test]
    async fn a_movement_whose_reply_was_lost_is_recognised() {
        let house = Warehouse::open().await;
        let faults = DynamoFaults::start(DynamoFaultsConfig::new(house.server.url())).await.unwrap();
        let (variant, stock) = (house.variant(2, 0).await, stock_at(faults.url()));
        let only = vec!["TransactWriteItems".to_owned(), "PutItem".to_owned()];
        faults.set(DynamoSwitches { lose_reply: 1, only: only.clone(), ..DynamoSwitches::default() });
        assert_eq!(stock.move_stock(&movement("a", &[(variant, -2)])).await, Ok(MoveOutcome::Moved));
        assert_eq!(house.counts(variant).await, (0, 0, 2));
        faults.set(DynamoSwitches { lose_reply: 1, only, ..DynamoSwitches::default() });
        assert_eq!(stock.call_off("b").await, Ok(CallOffOutcome::CalledOff));
    }

    #[tokio::test]
    async fn of_movements_and_holds_at_once_none_is_lost_and_nothing_is_sold_twice() {
        let house = Warehouse::open().await;
        let faults = DynamoFaults::start(DynamoFaultsConfig::new(house.server.url())).await.unwrap();
        faults.set(DynamoSwitches::strict());
        let (variant, stock) = (house.variant(10, 0).await, stock_at(faults.url()));
        let movements: Vec<StockMovement> =
            (0..12).map(|n| movement(&format!("m{n}"), &[(variant, if n % 3 == 0 { -2 } else { 1 })])).collect();
        let moving = join_all(movements.iter().map(|movement| stock.move_stock(movement)));
        let holding = join_all((0..10).map(|_| house.hold(variant, 1)));
        let (moved, held) = tokio::join!(moving, holding);
        let applied = movements.iter().zip(&moved).filter(|(_, outcome)| **outcome == Ok(MoveOutcome::Moved));
        let on_hand = 10 + applied.map(|(movement, _)| movement.lines[0].quantity).sum::<i64>();
        let reserved = held.iter().filter(|outcome| **outcome == ReserveOutcome::Held).count();
        let (counted, counted_reserved, _) = house.counts(variant).await;
        assert_eq!((counted, counted_reserved), (on_hand, i64::try_from(reserved).unwrap()), "{moved:?}");
        assert!(counted >= counted_reserved, "{counted} {counted_reserved}");
    }
}
