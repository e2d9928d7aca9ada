//! The counters' contract, on DynamoDB in process.

#[cfg(test)]
mod stock {
    use std::time::Duration;

    use commerce_aws::{
        AwsClient, Credentials, DynamoDb,
        dynamodb::{DeleteItem, item, text},
    };
    use commerce_domain::{AttemptId, Clock, OrderId, ProductId, VariantId};
    use futures_util::future::join_all;
    use jiff::{SignedDuration, Timestamp};
    use origin_core::{
        StoreError,
        inventory::{
            AuditStock, BackorderLimit, BeginPaymentOutcome, ConsumeOutcome, GiveUpOutcome, HeldLine, Hold,
            LimitOutcome, NewStock, PayingHold, PutStock, ReadStock, ReleaseOutcome, ReserveOutcome, ReserveStock,
            RestoredLine, ReturnGoods, SetLimits, SettleHold, Shortage, SoldGoods, StockLevel,
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
            let db = DynamoDb::new(client(server.url()));
            assert!(create_tables(&db, CARTS_TABLE, INVENTORY_TABLE).await.unwrap());
            assert!(!create_tables(&db, CARTS_TABLE, INVENTORY_TABLE).await.unwrap(), "the tables are there");
            Self { stock: stock_at(server.url()), server }
        }

        async fn variant(&self, on_hand: u32, backorder_limit: u32) -> VariantId {
            let variant_id = VariantId::generate(&SystemClock, &SystemEntropy);
            let product_id = ProductId::generate(&SystemClock, &SystemEntropy);
            let stock = NewStock { variant_id, product_id, on_hand, backorder_limit };
            self.stock.put_stock_if_absent(&[stock]).await.unwrap();
            // What is there stays as it is.
            self.stock.put_stock_if_absent(&[NewStock { on_hand: 1000, ..stock }]).await.unwrap();
            variant_id
        }

        /// Begins a payment whose hold lasts for nine minutes from now.
        async fn begin_payment(
            &self,
            order_id: OrderId,
            attempt_id: AttemptId,
            now: Timestamp,
        ) -> Result<BeginPaymentOutcome, StoreError> {
            let expires_at = self::now() + SignedDuration::from_mins(9);
            let hold = PayingHold { order_id, attempt_id, expires_at };
            self.stock.begin_payment(&hold, now).await
        }

        async fn level(&self, variant: VariantId) -> StockLevel {
            self.stock.read_stock(&[variant]).await.unwrap().remove(0)
        }

        async fn take_back(&self, hold: &Hold, left: bool) -> Result<(), StoreError> {
            let goods = SoldGoods { lines: hold.lines.clone(), left };
            self.stock.return_goods(hold.order_id, &goods).await
        }

        /// The hold has gone.
        async fn drop_hold(&self, hold: &Hold) {
            let key = item([("pk", text(format!("reservation#{}", hold.order_id)))]);
            let delete = DeleteItem { table_name: INVENTORY_TABLE.to_owned(), key, ..DeleteItem::default() };
            DynamoDb::new(client(self.server.url())).delete_item(&delete).await.unwrap();
        }

        async fn counts(&self, variant: VariantId) -> (i64, i64) {
            let level = self.level(variant).await;
            (level.on_hand, level.reserved)
        }
    }

    fn limit(variant_id: VariantId, limit: u32) -> BackorderLimit {
        BackorderLimit { variant_id, limit }
    }

    fn client(url: &str) -> AwsClient<System> {
        let system = System::new(ReqwestClient::new(Duration::from_secs(5)).unwrap());
        AwsClient::new(system, Credentials::new("test", "secret"), "eu-central-1", url.parse().ok())
    }

    fn stock_at(url: &str) -> DynamoStock<System> {
        DynamoStock::new(client(url), INVENTORY_TABLE)
    }

    fn now() -> Timestamp {
        SystemClock.now()
    }

    fn attempt() -> AttemptId {
        AttemptId::generate(&SystemClock, &SystemEntropy)
    }

    fn hold(lines: &[(VariantId, u32)]) -> Hold {
        Hold {
            order_id: OrderId::generate(&SystemClock, &SystemEntropy),
            lines: lines
                .iter()
                .map(|(variant_id, quantity)| HeldLine { variant_id: *variant_id, quantity: *quantity })
                .collect(),
            created_at: now(),
            expires_at: now() + SignedDuration::from_mins(15),
        }
    }

    #[tokio::test]
    async fn a_hold_takes_all_lines_or_none_and_is_made_once() {
        let house = Warehouse::open().await;
        let (many, few) = (house.variant(5, 0).await, house.variant(1, 0).await);
        let good = hold(&[(many, 2), (few, 1)]);
        for _ in 0..3 {
            assert_eq!(house.stock.reserve(&good).await, Ok(ReserveOutcome::Held));
        }
        assert_eq!((house.counts(many).await, house.counts(few).await), ((5, 2), (1, 1)));
        let short = Shortage { variant_id: few, requested: 1, sellable: 0 };
        assert_eq!(house.stock.reserve(&hold(&[(many, 1), (few, 1)])).await, Ok(ReserveOutcome::SoldOut(vec![short])));
        assert_eq!(house.counts(many).await, (5, 2));
        let other_lines = Hold { lines: hold(&[(many, 3)]).lines, ..good };
        assert!(matches!(house.stock.reserve(&other_lines).await, Err(StoreError::Broken(_))));
    }

    #[tokio::test]
    async fn what_was_never_counted_cannot_be_held() {
        let house = Warehouse::open().await;
        let unknown = VariantId::generate(&SystemClock, &SystemEntropy);
        let short = Shortage { variant_id: unknown, requested: 1, sellable: 0 };
        assert_eq!(house.stock.reserve(&hold(&[(unknown, 1)])).await, Ok(ReserveOutcome::SoldOut(vec![short])));
        assert_eq!(house.stock.read_stock(&[unknown]).await, Ok(Vec::new()));
        assert_eq!(house.stock.read_stock(&[]).await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn backorders_go_as_far_as_their_limit() {
        let house = Warehouse::open().await;
        let variant = house.variant(1, 2).await;
        assert_eq!(house.stock.reserve(&hold(&[(variant, 3)])).await, Ok(ReserveOutcome::Held));
        assert_eq!(house.level(variant).await.available(), -2);
        assert!(matches!(house.stock.reserve(&hold(&[(variant, 1)])).await, Ok(ReserveOutcome::SoldOut(_))));
    }

    #[tokio::test]
    async fn a_limit_changes_what_can_be_sold_with_it() {
        let house = Warehouse::open().await;
        let (more, less, same) = (house.variant(5, 0).await, house.variant(5, 1000).await, house.variant(5, 7).await);
        let limits = [limit(more, 2), limit(less, 0), limit(same, 7)];
        for _ in 0..2 {
            assert_eq!(house.stock.set_limits(&limits).await, Ok(vec![LimitOutcome::Set; 3]));
        }
        let versions = [house.level(more).await, house.level(less).await, house.level(same).await];
        assert_eq!(versions.map(|level| (level.backorder_limit, level.version)), [(2, 2), (0, 2), (7, 1)]);
        assert_eq!(house.stock.reserve(&hold(&[(more, 7), (less, 5)])).await, Ok(ReserveOutcome::Held));
        let short = |variant_id, sellable| Shortage { variant_id, requested: 1, sellable };
        for variant in [more, less] {
            let outcome = house.stock.reserve(&hold(&[(variant, 1)])).await;
            assert_eq!(outcome, Ok(ReserveOutcome::SoldOut(vec![short(variant, 0)])));
        }
    }

    #[tokio::test]
    async fn a_limit_below_what_is_sold_is_kept() {
        let house = Warehouse::open().await;
        let (sold, unknown) = (house.variant(5, 10).await, VariantId::generate(&SystemClock, &SystemEntropy));
        house.stock.reserve(&hold(&[(sold, 8)])).await.unwrap();
        let outcomes = house.stock.set_limits(&[limit(unknown, 1), limit(sold, 2)]).await;
        assert_eq!(outcomes, Ok(vec![LimitOutcome::NoCounter, LimitOutcome::Kept { limit: 10, sold_beyond: 3 }]));
        assert_eq!(house.level(sold).await.backorder_limit, 10);
        assert_eq!(house.stock.set_limits(&[limit(sold, 3)]).await, Ok(vec![LimitOutcome::Set]));
        assert!(matches!(house.stock.reserve(&hold(&[(sold, 1)])).await, Ok(ReserveOutcome::SoldOut(_))));
        assert_eq!(house.stock.set_limits(&[]).await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn of_limits_set_at_once_none_is_counted_twice() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        for round in 0..10 {
            let wanted: Vec<[BackorderLimit; 1]> = (0..4).map(|number| [limit(variant, round * 4 + number)]).collect();
            let set = join_all(wanted.iter().map(|wanted| house.stock.set_limits(wanted))).await;
            assert!(set.iter().all(|set| matches!(set, Ok(_) | Err(StoreError::Unavailable(_)))), "{set:?}");
        }
        let limit = u32::try_from(house.level(variant).await.backorder_limit).unwrap();
        assert_eq!(house.stock.reserve(&hold(&[(variant, 5 + limit)])).await, Ok(ReserveOutcome::Held));
        assert!(matches!(house.stock.reserve(&hold(&[(variant, 1)])).await, Ok(ReserveOutcome::SoldOut(_))));
    }

    #[tokio::test]
    async fn what_was_given_up_gives_its_stock_back_once_and_never_holds_again() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let (made, never_made) = (hold(&[(variant, 2)]), hold(&[(variant, 3)]));
        assert_eq!(house.stock.reserve(&made).await, Ok(ReserveOutcome::Held));
        for hold in [&made, &made, &never_made, &never_made] {
            assert_eq!(house.stock.give_up(hold, made.expires_at).await, Ok(GiveUpOutcome::GivenUp));
            assert_eq!(house.counts(variant).await, (5, 0));
        }
        // To the letter as it was asked for before.
        for hold in [&made, &never_made] {
            assert_eq!(house.stock.reserve(hold).await, Ok(ReserveOutcome::GivenUp));
            assert_eq!(house.counts(variant).await, (5, 0));
        }
    }

    #[tokio::test]
    async fn a_hold_in_force_is_not_given_up() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let made = hold(&[(variant, 2)]);
        house.stock.reserve(&made).await.unwrap();
        let last_moment = made.expires_at - SignedDuration::from_millis(1);
        assert_eq!(house.stock.give_up(&made, last_moment).await, Ok(GiveUpOutcome::InForce));
        // What was extended lasts as long as it says itself, whatever who gives it up believes.
        let shorter = Hold { expires_at: now(), ..made.clone() };
        assert_eq!(house.stock.give_up(&shorter, last_moment).await, Ok(GiveUpOutcome::InForce));
        assert_eq!(house.counts(variant).await, (5, 2));
        let begun = house.begin_payment(made.order_id, attempt(), last_moment).await;
        assert_eq!(begun, Ok(BeginPaymentOutcome::Committing));
    }

    #[tokio::test]
    async fn a_hold_whose_reply_was_lost_is_recognised() {
        let house = Warehouse::open().await;
        let faults = DynamoFaults::start(DynamoFaultsConfig::new(house.server.url())).await.unwrap();
        let (variant, stock) = (house.variant(2, 0).await, stock_at(faults.url()));
        faults.set(DynamoSwitches { lose_reply: 1, ..DynamoSwitches::default() });
        assert_eq!(stock.reserve(&hold(&[(variant, 2)])).await, Ok(ReserveOutcome::Held));
        assert_eq!(house.counts(variant).await, (2, 2));
    }

    #[tokio::test]
    async fn a_hold_that_is_being_paid_neither_expires_nor_is_given_up() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let paying = hold(&[(variant, 2)]);
        let (order, late, first) = (paying.order_id, paying.expires_at, attempt());
        house.stock.reserve(&paying).await.unwrap();
        assert_eq!(
            house.begin_payment(order, first, late).await,
            Ok(BeginPaymentOutcome::Expired),
            "the last moment is over"
        );
        assert_eq!(house.begin_payment(order, first, now()).await, Ok(BeginPaymentOutcome::Committing));
        assert_eq!(house.begin_payment(order, first, late).await, Ok(BeginPaymentOutcome::Committing));
        assert_eq!(house.stock.give_up(&paying, late).await, Ok(GiveUpOutcome::InForce));
        house.stock.payment_declined(order, first).await.unwrap();
        house.stock.payment_declined(order, first).await.unwrap();
        assert_eq!(house.begin_payment(order, first, late).await, Ok(BeginPaymentOutcome::Expired));
        assert_eq!(house.counts(variant).await, (5, 2));
        let unknown = hold(&[(variant, 1)]).order_id;
        assert_eq!(house.begin_payment(unknown, first, now()).await, Ok(BeginPaymentOutcome::Expired));
    }

    #[tokio::test]
    async fn a_hold_waits_for_one_attempt_and_obeys_no_other() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let paying = hold(&[(variant, 2)]);
        let (order, first, second) = (paying.order_id, attempt(), attempt());
        house.stock.reserve(&paying).await.unwrap();
        house.begin_payment(order, first, now()).await.unwrap();
        assert_eq!(house.begin_payment(order, second, now()).await, Ok(BeginPaymentOutcome::Another(first)));
        house.stock.payment_declined(order, first).await.unwrap();
        assert_eq!(house.begin_payment(order, second, now()).await, Ok(BeginPaymentOutcome::Committing));
        house.stock.payment_declined(order, first).await.unwrap();
        assert_eq!(
            house.begin_payment(order, second, paying.expires_at).await,
            Ok(BeginPaymentOutcome::Committing),
            "still beyond the reach of time"
        );
    }

    #[tokio::test]
    async fn what_was_paid_leaves_the_warehouse_once() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let (paid, first) = (hold(&[(variant, 2)]), attempt());
        house.stock.reserve(&paid).await.unwrap();
        house.begin_payment(paid.order_id, first, now()).await.unwrap();
        let consumed = join_all((0..5).map(|_| house.stock.consume(paid.order_id, first))).await;
        assert!(consumed.iter().all(|outcome| *outcome == Ok(ConsumeOutcome::Consumed)), "{consumed:?}");
        assert_eq!(house.counts(variant).await, (3, 0));
        assert_eq!(house.begin_payment(paid.order_id, first, now()).await, Ok(BeginPaymentOutcome::Consumed));
        house.stock.payment_declined(paid.order_id, first).await.unwrap();
        assert_eq!(house.stock.reserve(&hold(&[(variant, 3)])).await, Ok(ReserveOutcome::Held), "three are left");
        assert!(matches!(house.stock.reserve(&hold(&[(variant, 1)])).await, Ok(ReserveOutcome::SoldOut(_))));
    }

    #[tokio::test]
    async fn a_payment_that_comes_to_nothing_leaves_the_hold_the_time_that_it_was_given() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let paying = hold(&[(variant, 2)]);
        house.stock.reserve(&paying).await.unwrap();
        let (first, later) = (attempt(), paying.expires_at + SignedDuration::from_mins(5));
        let extended = PayingHold { order_id: paying.order_id, attempt_id: first, expires_at: later };
        assert_eq!(house.stock.begin_payment(&extended, now()).await, Ok(BeginPaymentOutcome::Committing));
        house.stock.payment_declined(paying.order_id, first).await.unwrap();
        assert_eq!(house.stock.give_up(&paying, paying.expires_at).await, Ok(GiveUpOutcome::InForce));
        assert_eq!(house.stock.give_up(&paying, later).await, Ok(GiveUpOutcome::GivenUp));
    }

    #[tokio::test]
    async fn the_stock_of_an_order_that_has_ended_is_released_once_and_never_after_it_left() {
        let house = Warehouse::open().await;
        let variant = house.variant(9, 0).await;
        let (held, paying, paid) = (hold(&[(variant, 2)]), hold(&[(variant, 3)]), hold(&[(variant, 1)]));
        for hold in [&held, &paying, &paid] {
            house.stock.reserve(hold).await.unwrap();
            house.begin_payment(hold.order_id, attempt(), now()).await.unwrap();
        }
        house.stock.consume(paid.order_id, attempt()).await.unwrap();
        let twice = || join_all([&held, &paying, &paid].map(|hold| house.stock.release(hold.order_id)));
        let (released, gone) = (Ok(ReleaseOutcome::Released), Ok(ReleaseOutcome::Consumed));
        for _ in 0..2 {
            assert_eq!(twice().await, [released.clone(), released.clone(), gone.clone()]);
            assert_eq!(house.counts(variant).await, (8, 0));
        }
        assert_eq!(house.begin_payment(held.order_id, attempt(), now()).await, Ok(BeginPaymentOutcome::Expired));
        assert_eq!(house.stock.reserve(&held).await, Ok(ReserveOutcome::GivenUp), "a late reservation holds nothing");
        assert_eq!(house.level(variant).await.available(), 8);
    }

    #[tokio::test]
    async fn an_order_that_has_ended_without_a_hold_never_gets_one() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let lost = hold(&[(variant, 2)]);
        assert_eq!(house.stock.release(lost.order_id).await, Ok(ReleaseOutcome::Nothing));
        let version = house.level(variant).await.version;
        let line = RestoredLine { line: lost.lines[0], version, counted: false };
        assert_eq!(house.stock.restore_hold(&lost, &[line]).await, Ok(false));
        assert_eq!(house.stock.reserve(&lost).await, Ok(ReserveOutcome::GivenUp));
        assert_eq!(house.stock.release(lost.order_id).await, Ok(ReleaseOutcome::Released), "again");
        assert_eq!(house.counts(variant).await, (5, 0));
    }

    #[tokio::test]
    async fn goods_that_were_paid_leave_once_though_their_hold_has_gone() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let (paid, first) = (hold(&[(variant, 2)]), attempt());
        house.stock.reserve(&paid).await.unwrap();
        house.drop_hold(&paid).await;
        assert_eq!(house.stock.consume(paid.order_id, first).await, Ok(ConsumeOutcome::NoHold));
        let consumed = join_all((0..4).map(|_| house.stock.consume_unheld(paid.order_id, &paid.lines))).await;
        assert!(consumed.iter().filter(|unheld| **unheld == Ok(true)).count() <= 1, "{consumed:?}");
        house.stock.consume_unheld(paid.order_id, &paid.lines).await.unwrap();
        assert_eq!(house.counts(variant).await, (3, 0));
        assert_eq!(house.level(variant).await.sellable, 3);
        assert_eq!(house.stock.consume(paid.order_id, first).await, Ok(ConsumeOutcome::Consumed));
        // What is called off comes back as any other.
        house.take_back(&paid, false).await.unwrap();
        assert_eq!(house.counts(variant).await, (5, 0));
        let held = hold(&[(variant, 1)]);
        house.stock.reserve(&held).await.unwrap();
        assert_eq!(house.stock.consume_unheld(held.order_id, &held.lines).await, Ok(false), "the hold knows");
        assert_eq!(house.counts(variant).await, (5, 1));
    }

    #[tokio::test]
    async fn goods_that_had_not_left_when_their_hold_was_lost_are_on_sale_again_once() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let lost = hold(&[(variant, 2)]);
        house.stock.reserve(&lost).await.unwrap();
        house.drop_hold(&lost).await;
        join_all((0..4).map(|_| house.take_back(&lost, false))).await;
        house.take_back(&lost, false).await.unwrap();
        assert_eq!((house.counts(variant).await, house.level(variant).await.sellable), ((5, 0), 5));
        // The payment that follows late finds that they are.
        assert_eq!(house.stock.consume_unheld(lost.order_id, &lost.lines).await, Ok(false));
        assert_eq!(house.stock.consume(lost.order_id, attempt()).await, Ok(ConsumeOutcome::Released));
        assert_eq!(house.counts(variant).await, (5, 0));
    }

    #[tokio::test]
    async fn goods_come_back_once_wherever_their_hold_stands() {
        let house = Warehouse::open().await;
        // Held, being paid, and gone: one piece of five each.
        for (steps, after) in [(0, (5, 0)), (1, (5, 0)), (2, (5, 0))] {
            let variant = house.variant(5, 0).await;
            let held = hold(&[(variant, 1)]);
            let (order, attempt) = (held.order_id, attempt());
            house.stock.reserve(&held).await.unwrap();
            if steps >= 1 {
                house.begin_payment(order, attempt, now()).await.unwrap();
            }
            if steps >= 2 {
                house.stock.consume(order, attempt).await.unwrap();
                assert_eq!(house.counts(variant).await, (4, 0));
            }
            let backs = join_all((0..4).map(|_| house.take_back(&held, true))).await;
            assert!(backs.iter().any(Result::is_ok), "{steps}: {backs:?}");
            house.take_back(&held, true).await.unwrap();
            assert_eq!(house.counts(variant).await, after, "{steps}");
            let all = hold(&[(variant, 5)]);
            assert_eq!(house.stock.reserve(&all).await, Ok(ReserveOutcome::Held), "{steps}: all are on sale");
            // Nothing that arrives late takes them away again.
            let late = house.stock.consume(order, attempt).await.unwrap();
            let expected = if steps == 2 { ConsumeOutcome::Consumed } else { ConsumeOutcome::Released };
            assert_eq!((late, house.counts(variant).await), (expected, (5, 5)), "{steps}");
        }
    }

    #[tokio::test]
    async fn goods_whose_hold_was_cleared_away_come_back_once() {
        let house = Warehouse::open().await;
        let variant = house.variant(4, 0).await;
        let gone = hold(&[(variant, 1)]);
        join_all((0..4).map(|_| house.take_back(&gone, true))).await;
        house.take_back(&gone, true).await.unwrap();
        assert_eq!(house.counts(variant).await, (5, 0));
    }

    #[tokio::test]
    async fn money_takes_the_goods_whatever_the_hold_waits_for_unless_they_are_on_sale_again() {
        let house = Warehouse::open().await;
        let variant = house.variant(5, 0).await;
        let (held, expired) = (hold(&[(variant, 1)]), Hold { expires_at: now(), ..hold(&[(variant, 1)]) });
        let (taken, given_up) = (hold(&[(variant, 1)]), hold(&[(variant, 1)]));
        for hold in [&held, &expired, &taken, &given_up] {
            house.stock.reserve(hold).await.unwrap();
        }
        house.begin_payment(taken.order_id, attempt(), now()).await.unwrap();
        house.stock.give_up(&given_up, given_up.expires_at).await.unwrap();
        for hold in [&held, &expired, &taken] {
            assert_eq!(house.stock.consume(hold.order_id, attempt()).await, Ok(ConsumeOutcome::Consumed));
        }
        assert_eq!(house.stock.consume(given_up.order_id, attempt()).await, Ok(ConsumeOutcome::Released));
        assert_eq!(house.counts(variant).await, (2, 0));
    }
}
