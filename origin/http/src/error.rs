//! From what went wrong to the problem body.

mod shipping;

use commerce_api::{Amount, Problem, ProblemCode, problem::FieldError};
use commerce_domain::state::{OrderStatus, PaymentState};
use origin_core::{
    Interrupted, StoreError,
    catalog::WriteProductError,
    checkout::PlaceOrderError,
    idempotency::ClaimRefused,
    inventory::{AdjustStockError, FindStockError},
    invoices::InvoiceError,
    orders::{CancelError, ReorderError},
    payments::{CaptureError, PayError, WebhookError, WebhookRefusal},
    refunds::{RefundError, Refundable},
    returns::ReturnError,
    shipping::{CarrierWebhookError, ShipError, ShipmentError},
};

use crate::returns::returnable;

/// Whatever a handler can fail with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ApiError {
    /// A refusal that is a problem body already.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// A store failed while the use case only read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A product was to be created, changed or deleted.
    #[error(transparent)]
    WriteProduct(#[from] WriteProductError),
    /// An order was to be placed.
    #[error(transparent)]
    PlaceOrder(#[from] PlaceOrderError),
    /// An order was to be paid.
    #[error(transparent)]
    Pay(#[from] PayError),
    /// Money that is set aside was to be taken.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// An order was to be called off.
    #[error(transparent)]
    CancelOrder(#[from] CancelError),
    /// An order was to be put into a cart again.
    #[error(transparent)]
    Reorder(#[from] ReorderError),
    /// Money was to be sent back.
    #[error(transparent)]
    Refund(#[from] RefundError),
    /// Goods were to be taken back.
    #[error(transparent)]
    Return(#[from] ReturnError),
    /// A webhook of Stripe's was to be taken.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// A webhook of PayPal's was to be taken.
    #[error(transparent)]
    PayPalWebhook(WebhookError),
    /// Goods were to leave.
    #[error(transparent)]
    Ship(#[from] ShipError),
    /// A shipment was to be noted as arrived, or called off.
    #[error(transparent)]
    Shipment(#[from] ShipmentError),
    /// A webhook of the carrier's was to be taken.
    #[error(transparent)]
    CarrierWebhook(#[from] CarrierWebhookError),
    /// Stock was asked for.
    #[error(transparent)]
    FindStock(#[from] FindStockError),
    /// Stock was to be changed.
    #[error(transparent)]
    AdjustStock(#[from] AdjustStockError),
    /// An invoice was asked for.
    #[error(transparent)]
    Invoice(#[from] InvoiceError),
    /// Something that answers nobody was run by hand.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Seconds after which a client may come back when a store is down or busy.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 1;

/// The problem body of an error. The only place where one becomes the other.
pub fn problem(error: ApiError) -> Problem {
    match error {
        ApiError::Problem(problem) => problem,
        ApiError::Store(error) | ApiError::Interrupted(Interrupted::Store(error)) => store(&error),
        ApiError::WriteProduct(error) => write_product(error),
        ApiError::PlaceOrder(error) => place_order(error),
        ApiError::Pay(error) => pay(error),
        ApiError::Capture(error) => capture(&error),
        ApiError::CancelOrder(error) => cancel_order(&error),
        ApiError::Reorder(error) => reorder(&error),
        ApiError::Refund(error) => refund(&error),
        ApiError::Return(error) => taking_back(&error),
        ApiError::Webhook(error) => webhook(error, "Stripe-Signature"),
        ApiError::PayPalWebhook(error) => webhook(error, "PayPal-Transmission-Sig"),
        ApiError::Ship(error) => shipping::ship(&error),
        ApiError::Shipment(error) => shipping::shipment(error),
        ApiError::CarrierWebhook(error) => shipping::webhook(error),
        ApiError::FindStock(error) => find_stock(&error),
        ApiError::AdjustStock(error) => adjust_stock(error),
        ApiError::Invoice(error) => invoice(&error),
        ApiError::Interrupted(Interrupted::Stopped(stopped)) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn store(error: &StoreError) -> Problem {
    match error {
        StoreError::Unavailable(cause) => Problem::unavailable(RETRY_AFTER_SECONDS, cause),
        StoreError::Broken(cause) => {
            Problem::new(ProblemCode::InternalError, "An unexpected error occurred").with_cause(cause)
        }
    }
}

fn cancel_order(error: &CancelError) -> Problem {
    match error {
        CancelError::NoOrder => Problem::not_found("Order"),
        CancelError::Settled(status) => {
            Problem::new(ProblemCode::Conflict, format!("The order cannot be cancelled while it is {status}"))
        }
        CancelError::Leaving => Problem::new(
            ProblemCode::Conflict,
            "The order cannot be cancelled: something of it has left, or is about to",
        ),
        CancelError::PaymentUnderWay => {
            Problem::new(ProblemCode::PaymentInProgress, "A payment of the order is under way")
                .with_retry_after(RETRY_AFTER_SECONDS)
        }
        CancelError::Claim(refused) => claim(refused),
        CancelError::Store(error) => store(error),
        CancelError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn reorder(error: &ReorderError) -> Problem {
    match error {
        ReorderError::NoOrder => Problem::not_found("Order"),
        ReorderError::OtherCurrency => {
            Problem::new(ProblemCode::Conflict, "Everything in a cart must be priced in one currency")
        }
        ReorderError::Claim(refused) => claim(refused),
        ReorderError::Store(error) => store(error),
        ReorderError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn capture(error: &CaptureError) -> Problem {
    match error {
        CaptureError::NoPayment => Problem::not_found("Payment"),
        CaptureError::NotAuthorised(state) => {
            Problem::new(ProblemCode::Conflict, format!("Nothing is set aside to be taken: the payment is {state}"))
        }
        CaptureError::Closing => Problem::new(ProblemCode::Conflict, "The order is being closed"),
        CaptureError::Refused(code) => {
            Problem::new(ProblemCode::CaptureRefused, ProblemCode::CaptureRefused.title()).with_field("payment", code)
        }
        CaptureError::Claim(refused) => claim(refused),
        CaptureError::Store(error) => store(error),
        CaptureError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn refund(error: &RefundError) -> Problem {
    match error {
        RefundError::NoPayment => Problem::not_found("Payment"),
        RefundError::BadAmount => Problem::invalid("amount", "must be an amount above zero of the payment's currency"),
        RefundError::NotLeft(refundable) => not_left(refundable),
        RefundError::Claim(refused) => claim(refused),
        RefundError::Store(error) => store(error),
        RefundError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn taking_back(error: &ReturnError) -> Problem {
    match error {
        ReturnError::NoOrder => Problem::not_found("Order"),
        ReturnError::NotTaken(status @ (OrderStatus::Pending | OrderStatus::Processing)) => Problem::new(
            ProblemCode::Conflict,
            format!(
                "Nothing of the order has left, which is {status}; while nothing of it is about to, it can be cancelled"
            ),
        ),
        ReturnError::NotTaken(status) => {
            Problem::new(ProblemCode::Conflict, format!("Nothing comes back of an order that is {status}"))
        }
        ReturnError::TooMany(left) => Problem::new(ProblemCode::ReturnTooLarge, ProblemCode::ReturnTooLarge.title())
            .with_member("returnable", &returnable(left)),
        ReturnError::ShippingGone => {
            Problem::new(ProblemCode::Conflict, "The shipping was refunded with an earlier return")
        }
        ReturnError::Claim(refused) => claim(refused),
        ReturnError::Store(error) => store(error),
        ReturnError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn not_left(refundable: &Refundable) -> Problem {
    if refundable.state != PaymentState::Succeeded {
        let detail = format!("Nothing can be refunded of a payment that is {}", refundable.state);
        return Problem::new(ProblemCode::Conflict, detail);
    }
    Problem::new(ProblemCode::RefundTooLarge, ProblemCode::RefundTooLarge.title())
        .with_member("refundable", &Amount::from(refundable.left))
}

fn invoice(error: &InvoiceError) -> Problem {
    match error {
        InvoiceError::NoOrder => Problem::not_found("Order"),
        InvoiceError::NotPaid => {
            Problem::new(ProblemCode::Conflict, "The order has no invoice: there is one once it is paid")
        }
        InvoiceError::NoSeller => Problem::not_found("Invoice").with_cause(error),
        InvoiceError::Store(error) => store(error),
        InvoiceError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn claim(refused: &ClaimRefused) -> Problem {
    let titled = |code: ProblemCode| Problem::new(code, code.title());
    match refused {
        ClaimRefused::InProgress => titled(ProblemCode::RequestInProgress).with_retry_after(RETRY_AFTER_SECONDS),
        ClaimRefused::KeyReused => titled(ProblemCode::IdempotencyKeyReused),
        ClaimRefused::Store(error) => store(error),
    }
}

fn find_stock(error: &FindStockError) -> Problem {
    match error {
        FindStockError::NotFound => Problem::not_found("Stock"),
        FindStockError::VariantRequired => {
            Problem::new(ProblemCode::VariantRequired, "The product has several variants: name one")
        }
        FindStockError::Store(error) => store(error),
    }
}

fn adjust_stock(error: AdjustStockError) -> Problem {
    let titled = |code: ProblemCode| Problem::new(code, code.title());
    match error {
        AdjustStockError::Find(error) => find_stock(&error),
        AdjustStockError::VersionMismatch => titled(ProblemCode::PreconditionFailed),
        AdjustStockError::Claim(refused) => claim(&refused),
        AdjustStockError::OutcomeUnknown(error) => {
            let detail = "It is not known whether the stock was changed. Look at it before trying again";
            Problem::new(ProblemCode::OutcomeUnknown, detail).with_cause(error)
        }
        AdjustStockError::Store(error) => store(&error),
        AdjustStockError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn write_product(error: WriteProductError) -> Problem {
    let naming = |code: ProblemCode, fields: Vec<FieldError>| {
        let problem = Problem::new(code, code.title());
        fields.into_iter().fold(problem, |problem, bad| problem.with_field(bad.field, bad.message))
    };
    match error {
        WriteProductError::Invalid(fields) => naming(ProblemCode::ValidationError, fields),
        WriteProductError::SoldBeyond(fields) => naming(ProblemCode::Conflict, fields),
        WriteProductError::NotFound => Problem::not_found("Product"),
        WriteProductError::VersionMismatch => {
            Problem::new(ProblemCode::PreconditionFailed, ProblemCode::PreconditionFailed.title())
        }
        WriteProductError::Claim(refused) => claim(&refused),
        WriteProductError::Store(error) => store(&error),
        WriteProductError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn place_order(error: PlaceOrderError) -> Problem {
    let titled = |code: ProblemCode| Problem::new(code, code.title());
    match error {
        PlaceOrderError::CartEmpty => titled(ProblemCode::CartEmpty),
        PlaceOrderError::CartChanged(diff) => {
            let problem = titled(ProblemCode::CartChanged).with_member("changes", &diff.changes);
            diff.cart.iter().fold(problem, |problem, cart| problem.with_member("cart", cart))
        }
        PlaceOrderError::BadTotal => Problem::invalid("expectedTotal", "is not an amount of the cart's currency"),
        PlaceOrderError::NotServed => titled(ProblemCode::ShippingNotAvailable)
            .with_field("shippingAddress", "is in a place that nothing is shipped to"),
        PlaceOrderError::Limit(limit) => Problem::new(ProblemCode::CurrencyNotSupported, limit.to_string()),
        PlaceOrderError::CartOrdered(order) => {
            Problem::new(ProblemCode::Conflict, "This cart was ordered already").with_member("orderId", &order)
        }
        PlaceOrderError::InProgress => titled(ProblemCode::RequestInProgress).with_retry_after(RETRY_AFTER_SECONDS),
        PlaceOrderError::KeyReused => titled(ProblemCode::IdempotencyKeyReused),
        PlaceOrderError::Store(error) => store(&error),
        PlaceOrderError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

fn pay(error: PayError) -> Problem {
    let titled = |code: ProblemCode| Problem::new(code, code.title());
    match error {
        PayError::NoOrder => Problem::not_found("Order"),
        PayError::BadAmount => Problem::invalid("amount", "is not an amount of the order's currency"),
        PayError::AmountMismatch => titled(ProblemCode::AmountMismatch),
        PayError::MethodRequired => Problem::invalid("paymentMethodId", "is required: the order names none"),
        PayError::NoSuchMethod => Problem::invalid("paymentMethodId", "is not a payment method"),
        PayError::Limit(limit) => Problem::new(ProblemCode::CurrencyNotSupported, limit.to_string()),
        PayError::PaymentInProgress => titled(ProblemCode::PaymentInProgress).with_retry_after(RETRY_AFTER_SECONDS),
        PayError::OrderClosing => {
            Problem::new(ProblemCode::Conflict, "The order is being closed").with_retry_after(RETRY_AFTER_SECONDS)
        }
        PayError::Claim(refused) => claim(&refused),
        PayError::ProviderUnavailable(cause) => Problem::unavailable(RETRY_AFTER_SECONDS, cause),
        PayError::ProviderRefused(cause) => Problem::internal(cause),
        PayError::Illegal(illegal) => Problem::new(
            ProblemCode::Conflict,
            format!("The order's payment cannot be tried again while it is {}", illegal.state),
        ),
        PayError::Store(error) => store(&error),
        PayError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

/// A webhook that is answered with anything but a 2xx is sent again. Its signature is in that header.
fn webhook(error: WebhookError, header: &'static str) -> Problem {
    match error {
        WebhookError::Refused(WebhookRefusal::NotTaken) => {
            Problem::not_found("Resource").with_cause(WebhookRefusal::NotTaken)
        }
        WebhookError::Refused(refusal) => {
            Problem::new(ProblemCode::WebhookRejected, ProblemCode::WebhookRejected.title())
                .with_field(header, refusal.code())
                .with_cause(refusal)
        }
        WebhookError::ProviderUnavailable(cause) => Problem::unavailable(RETRY_AFTER_SECONDS, cause),
        WebhookError::Store(error) => store(&error),
        WebhookError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}
