-- Money that goes back, and paid orders that are called off.

create table refunds (
    id               uuid primary key,
    payment_id       uuid not null,
    order_id         uuid not null,
    -- What causes it: a request under its key, the order's end, money that came for nothing. The same cause refunds once.
    cause            text not null,
    reason           text not null,
    amount           numeric(19, 4) not null,
    currency         char(3) not null,
    state            text not null,
    -- The provider's id; null until it answered.
    provider_refund  text,
    failure_code     text,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    constraint refunds_payment_exists foreign key (payment_id, order_id) references payments (id, order_id),
    constraint refunds_cause_once unique (payment_id, cause),
    constraint refunds_cause_length check (char_length(cause) between 1 and 100),
    constraint refunds_reason_known check (
        reason in ('requested_by_customer', 'duplicate', 'fraudulent', 'order_cancelled', 'stranded')
    ),
    constraint refunds_amount_positive check (amount > 0),
    constraint refunds_currency_form check (currency ~ '^[A-Z]{3}$'),
    constraint refunds_state_known check (state in ('PENDING', 'SUCCEEDED', 'FAILED')),
    constraint refunds_failure_told check ((state = 'FAILED') = (failure_code is not null))
);

create unique index refunds_provider_unique on refunds (provider_refund) where provider_refund is not null;
create index idx_refunds_pending on refunds (id) where state = 'PENDING';
create index idx_refunds_order on refunds (order_id, created_at);

-- A refund that the customer's bank sends back is money that is here again.
alter table ledger_entries
    drop constraint ledger_entries_kind_known,
    add constraint ledger_entries_kind_known check (kind in ('capture', 'refund', 'refund_failed', 'dispute', 'dispute_won')),
    drop constraint ledger_entries_amount_sign,
    add constraint ledger_entries_amount_sign check (
        (kind in ('capture', 'refund_failed', 'dispute_won') and amount >= 0) or (kind in ('refund', 'dispute') and amount < 0)
    );

-- release: the hold of an order that was never paid ends. return: the goods of one that was paid come back.
alter table orders
    drop constraint orders_hold_step_known,
    add constraint orders_hold_step_known check (hold_step in ('release', 'return'));
