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
    use OrderEvent::{Bounce, Cancel, Deliver, Fail, Pay, Refund, Ship};
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
        (Refunded, Bounce, Processing),
    ];
    check(OrderStatus::ALL, OrderEvent::ALL, &legal, OrderStatus::on);
}

#[test]
fn a_hold_that_is_being_paid_ends_only_by_an_answer() {
    use HoldEvent::{BeginPayment, Consume, Decline, Release, Return};
    use HoldState::{Committing, Consumed, Held, Released, Returned};
    let legal = [
        (Held, BeginPayment, Committing),
        (Held, Release, Released),
        (Committing, Consume, Consumed),
        (Committing, Decline, Held),
        (Committing, Release, Released),
        (Consumed, Return, Returned),
    ];
    check(HoldState::ALL, HoldEvent::ALL, &legal, HoldState::on);
}

#[test]
fn payments_move_only_along_their_table() {
    use PaymentEvent::{AskAction, Authorise, Cancel, Charge, Decline, LoseReply, Retry, Succeed};
    use PaymentState::{Authorised, Canceled, Created, Failed, RequiresAction, Succeeded, Unknown};
    let legal = [
        (Created, AskAction, RequiresAction),
        (Created, Authorise, Authorised),
        (Created, LoseReply, Unknown),
        (Created, Succeed, Succeeded),
        (Created, Decline, Failed),
        (Created, Cancel, Canceled),
        // The charge that is sent again once nobody can be at it any more.
        (Created, Charge, Created),
        // That the customer was asked is never forgotten: no LoseReply here.
        (RequiresAction, Authorise, Authorised),
        (RequiresAction, Succeed, Succeeded),
        (RequiresAction, Decline, Failed),
        (RequiresAction, Cancel, Canceled),
        (RequiresAction, Charge, Created),
        (Authorised, LoseReply, Unknown),
        (Authorised, Succeed, Succeeded),
        (Authorised, Decline, Failed),
        (Authorised, Cancel, Canceled),
        (Unknown, AskAction, RequiresAction),
        (Unknown, Authorise, Authorised),
        (Unknown, Succeed, Succeeded),
        (Unknown, Decline, Failed),
        (Unknown, Cancel, Canceled),
        (Unknown, Charge, Created),
        (Failed, Retry, Created),
        (Failed, Succeed, Succeeded),
        (Failed, Cancel, Canceled),
    ];
    check(PaymentState::ALL, PaymentEvent::ALL, &legal, PaymentState::on);
}

#[test]
fn a_refund_is_final_but_for_a_bank_that_sends_it_back() {
    use RefundEvent::{Fail, Succeed};
    use RefundState::{Failed, Pending, Succeeded};
    let legal = [(Pending, Succeed, Succeeded), (Pending, Fail, Failed), (Succeeded, Fail, Failed)];
    check(RefundState::ALL, RefundEvent::ALL, &legal, RefundState::on);
}

#[test]
fn a_shipment_leaves_before_it_arrives_and_is_refused_only_before_it_leaves() {
    use ShipmentEvent::{Deliver, Refuse, Ship};
    use ShipmentState::{Cancelled, Delivered, Pending, Shipped};
    let legal = [(Pending, Ship, Shipped), (Pending, Refuse, Cancelled), (Shipped, Deliver, Delivered)];
    check(ShipmentState::ALL, ShipmentEvent::ALL, &legal, ShipmentState::on);
}

#[test]
fn whatever_is_not_over_can_still_succeed_and_be_declined() {
    for state in PaymentState::ALL {
        let open = state.on(PaymentEvent::Succeed).is_ok() && state.on(PaymentEvent::Decline).is_ok();
        assert_eq!(open, !state.is_over(), "{state}");
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
    for state in RefundState::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    for state in ShipmentState::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    assert_eq!("pending".parse::<OrderStatus>(), Err(UnknownState));
}

#[test]
fn an_illegal_step_says_what_was_tried() {
    let error = OrderStatus::Delivered.on(OrderEvent::Cancel).unwrap_err();
    assert_eq!(error.to_string(), "cancel is not possible while DELIVERED");
}
