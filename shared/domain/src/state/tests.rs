use std::fmt::Debug;

use super::*;

/// Every pair of state and event: the listed ones lead where they should, all others are refused by name.
fn check<S: Copy + PartialEq + Debug, E: Copy + PartialEq + Debug>(
    states: &[S],
    events: &[E],
    legal: &[(S, E, S)],
    on: impl Fn(S, E) -> Result<S, IllegalTransition>,
) {
    for state in states {
        for event in events {
            let expected = legal.iter().find(|(from, by, _)| from == state && by == event).map(|(_, _, to)| *to);
            assert_eq!(on(*state, *event).ok(), expected, "{state:?} on {event:?}");
        }
    }
}

#[test]
fn orders_move_only_along_their_table() {
    use OrderEvent::{Cancel, Deliver, Fail, Pay, Refund, Ship};
    use OrderStatus::{Cancelled, Delivered, Failed, Pending, Processing, Refunded, Shipped};
    let legal = [
        (Pending, Pay, Processing),
        (Pending, Cancel, Cancelled),
        (Pending, Fail, Failed),
        (Processing, Ship, Shipped),
        (Processing, Cancel, Cancelled),
        (Processing, Refund, Refunded),
        (Shipped, Deliver, Delivered),
        (Shipped, Refund, Refunded),
        (Delivered, Refund, Refunded),
    ];
    check(OrderStatus::ALL, OrderEvent::ALL, &legal, OrderStatus::on);
}

#[test]
fn a_hold_that_is_being_paid_ends_only_by_an_answer() {
    use HoldEvent::{BeginPayment, Consume, Decline, Release};
    use HoldState::{Committing, Consumed, Held, Released};
    let legal = [
        (Held, BeginPayment, Committing),
        (Held, Release, Released),
        (Committing, Consume, Consumed),
        (Committing, Decline, Held),
        (Committing, Release, Released),
    ];
    check(HoldState::ALL, HoldEvent::ALL, &legal, HoldState::on);
}

#[test]
fn a_payment_that_succeeded_or_was_canceled_stays_so() {
    for end in [PaymentState::Succeeded, PaymentState::Canceled] {
        for event in PaymentEvent::ALL {
            assert!(end.on(*event).is_err(), "{end} on {event:?}");
        }
    }
}

#[test]
fn an_unknown_outcome_is_settled_by_any_answer_and_never_retried() {
    use PaymentEvent::{AskAction, Authorise, Cancel, Decline, LoseReply, Retry, Succeed};
    for answer in [AskAction, Authorise, Succeed, Decline, Cancel] {
        assert!(PaymentState::Unknown.on(answer).is_ok(), "{answer:?}");
    }
    for guess in [Retry, LoseReply] {
        assert!(PaymentState::Unknown.on(guess).is_err(), "{guess:?}");
    }
}

#[test]
fn names_round_trip() {
    for state in OrderStatus::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    for state in PaymentState::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    for state in HoldState::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    assert_eq!("pending".parse::<OrderStatus>(), Err(UnknownState));
}

#[test]
fn an_illegal_step_says_what_was_tried() {
    let error = OrderStatus::Delivered.on(OrderEvent::Cancel).unwrap_err();
    assert_eq!(error.to_string(), "cancel is not possible while DELIVERED");
}
