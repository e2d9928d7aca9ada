-- Events of a provider that were handled, each written with its effect. Deliveries of one event have its id.
create table webhook_events (
    provider     text not null,
    event_id     text not null,
    type         text not null,
    received_at  timestamptz not null,
    primary key (provider, event_id),
    constraint webhook_events_event_id_length check (char_length(event_id) between 1 and 255),
    constraint webhook_events_type_length check (char_length(type) between 1 and 255)
);

-- Rows are kept for 31 days; what is older, the sweep deletes.
create index idx_webhook_events_received on webhook_events (received_at);

-- Payments that the customer's bank has called back. What became of the money is in the ledger, by the dispute's id.
create table disputes (
    provider    text not null,
    dispute_id  text not null,
    payment_id  uuid not null,
    order_id    uuid not null,
    amount      numeric(19, 4) not null,
    currency    char(3) not null,
    -- The provider's code.
    reason      text not null,
    -- How it ended; null as long as it has not.
    outcome     text,
    opened_at   timestamptz not null,
    closed_at   timestamptz,
    primary key (provider, dispute_id),
    constraint disputes_payment_exists foreign key (payment_id) references payments (id),
    constraint disputes_order_exists foreign key (order_id) references orders (id),
    constraint disputes_dispute_id_length check (char_length(dispute_id) between 1 and 255),
    constraint disputes_reason_length check (char_length(reason) between 1 and 100),
    constraint disputes_amount_positive check (amount > 0),
    constraint disputes_outcome_known check (outcome in ('won', 'lost', 'dropped')),
    constraint disputes_outcome_dated check ((outcome is null) = (closed_at is null))
);

create index idx_disputes_order on disputes (order_id);
