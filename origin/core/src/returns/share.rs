//! What comes back, and what it had cost.

use commerce_domain::{Money, MoneyError, state::OrderStatus};

/// What of an order can come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakesBack {
    /// Nothing: it was not paid, or is called off.
    Nothing,
    /// What has left. The rest has never been away.
    WhatHasLeft,
    /// All of it: all of it has left.
    All,
}

/// What of an order in this state can come back. Of one that is being packed a part may have left, and of one whose money is back,
/// some or all.
#[must_use]
pub fn takes_back(status: OrderStatus) -> TakesBack {
    match status {
        OrderStatus::Pending | OrderStatus::Cancelled | OrderStatus::Failed => TakesBack::Nothing,
        OrderStatus::Processing | OrderStatus::Refunded => TakesBack::WhatHasLeft,
        OrderStatus::Shipped | OrderStatus::Delivered => TakesBack::All,
    }
}

/// What a line of an order had cost, and how much of it is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCost {
    /// All its pieces, less their discount, with the tax where that came on top.
    pub cost: Money,
    /// How many there were, 1 to 999.
    pub quantity: u32,
    /// How many are back.
    pub returned: u32,
}

/// What the next pieces of a line had cost. The share of the first `n` pieces is rounded as one, and what went back before is
/// taken off: however a line comes back, in the end its cost is back to the cent.
///
/// # Errors
/// [`MoneyError`] for amounts that no line has.
pub fn cost_of(line: LineCost, pieces: u32) -> Result<Money, MoneyError> {
    let first = |pieces: u32| {
        let pieces = pieces.min(line.quantity);
        let weights = [u64::from(pieces), u64::from(line.quantity - pieces)];
        line.cost.allocate(&weights).into_iter().next().ok_or(MoneyError::TooLarge)
    };
    first(line.returned.saturating_add(pieces))?.checked_sub(first(line.returned)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd(cents: i64) -> Money {
        Money::from_minor(cents, "USD".parse().unwrap()).unwrap()
    }

    fn cents(cost: i64, quantity: u32, returned: u32, pieces: u32) -> i64 {
        cost_of(LineCost { cost: usd(cost), quantity, returned }, pieces).unwrap().minor()
    }

    #[test]
    fn three_pieces_for_ten_dollars_come_back_one_by_one() {
        assert_eq!([0, 1, 2].map(|returned| cents(1000, 3, returned, 1)), [333, 334, 333]);
        assert_eq!((cents(1000, 3, 0, 2), cents(1000, 3, 0, 3)), (667, 1000));
    }

    #[test]
    fn goods_come_back_once_they_have_left() {
        let of = |wanted| OrderStatus::ALL.iter().copied().filter(move |status| takes_back(*status) == wanted);
        let all: Vec<OrderStatus> = of(TakesBack::All).collect();
        let some: Vec<OrderStatus> = of(TakesBack::WhatHasLeft).collect();
        assert_eq!(all, [OrderStatus::Shipped, OrderStatus::Delivered]);
        assert_eq!(some, [OrderStatus::Processing, OrderStatus::Refunded]);
    }

    proptest! {
        #[test]
        fn whatever_the_steps_a_line_adds_up_and_no_piece_has_a_price_below_zero(
            cost in 0_i64..10_000_000, steps in prop::collection::vec(1_u32..40, 1..25)
        ) {
            let quantity: u32 = steps.iter().sum();
            let mut returned = 0;
            let mut back = 0;
            for step in steps {
                let part = cents(cost, quantity, returned, step);
                prop_assert!(part >= 0);
                // Within a cent of the exact share.
                let exact = i128::from(cost) * i128::from(step);
                prop_assert!((i128::from(part) * i128::from(quantity) - exact).abs() <= i128::from(quantity));
                returned += step;
                back += part;
            }
            prop_assert_eq!(back, cost);
        }
    }
}
