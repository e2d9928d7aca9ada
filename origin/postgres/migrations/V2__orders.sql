-- Customers, checkouts, orders, payments, and the outbox.
--
-- Amounts are numeric(19,4) with the currency beside them; times are timestamptz; ids are the UUIDs of TypeIDs.
-- Order lines point at products and variants without a foreign key: they are snapshots, and a key would make every order lock
-- the rows of what sells best.

create table customers (
    id          uuid primary key,
    issuer      text not null,
    sub         text not null,
    email       text,
    name        text,
    phone       text,
    locale      text,
    consents    jsonb not null default '{}',
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint customers_identity_unique unique (issuer, sub),
    constraint customers_issuer_length check (char_length(issuer) between 1 and 512),
    constraint customers_sub_length check (char_length(sub) between 1 and 128),
    constraint customers_email_length check (char_length(email) between 3 and 320),
    constraint customers_name_length check (char_length(name) between 1 and 200),
    constraint customers_consents_object check (jsonb_typeof(consents) = 'object')
);

-- A checkout lives from the claim to its order. The order's id is made with it and kept by every retry.
create table checkouts (
    id                uuid primary key,
    order_id          uuid not null,
    customer_id       uuid not null,
    cart_id           uuid not null,
    cart_version      bigint not null,
    request_hash      bytea not null,
    -- The priced lines: what the order will say, whatever happens to the catalog meanwhile.
    lines             jsonb not null,
    currency          char(3) not null,
    subtotal          numeric(19, 4) not null,
    tax               numeric(19, 4) not null,
    shipping          numeric(19, 4) not null,
    total             numeric(19, 4) not null,
    shipping_address  jsonb not null,
    payment_method    varchar(255),
    state             text not null,
    hold_until        timestamptz not null,
    -- When the ordered pieces left the cart; null until then.
    cart_taken_at     timestamptz,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    constraint checkouts_order_unique unique (order_id),
    constraint checkouts_customer_exists foreign key (customer_id) references customers (id),
    constraint checkouts_cart_version_positive check (cart_version >= 1),
    constraint checkouts_request_hash_length check (octet_length(request_hash) = 32),
    constraint checkouts_line_count check (jsonb_array_length(lines) between 1 and 99),
    constraint checkouts_amounts_not_negative check (subtotal >= 0 and tax >= 0 and shipping >= 0),
    constraint checkouts_total_adds_up check (total = subtotal + tax + shipping),
    constraint checkouts_address_object check (jsonb_typeof(shipping_address) = 'object'),
    constraint checkouts_state_known check (state in ('OPEN', 'PLACED', 'FAILED', 'CANCELLED'))
);

-- A state of a cart is ordered once. FAILED and CANCELLED free it.
create unique index checkouts_cart_live on checkouts (cart_id, cart_version) where state in ('OPEN', 'PLACED');
create index idx_checkouts_customer on checkouts (customer_id, created_at desc);
create index idx_checkouts_open on checkouts (updated_at) where state = 'OPEN';

-- Requests that must have their effect once. A checkout without an Idempotency-Key claims a row by its cart's id and version.
create table idempotency_keys (
    principal         uuid not null,
    route             text not null,
    key_hash          bytea not null,
    -- Made of the cart's id and version, not of a header.
    synthetic         boolean not null default false,
    request_hash      bytea not null,
    state             text not null,
    lease_until       timestamptz not null,
    -- Grows with each owner; a write of an earlier owner matches no row.
    fence             bigint not null,
    checkout_id       uuid,
    response_status   smallint,
    response_headers  jsonb,
    response_body     bytea,
    created_at        timestamptz not null,
    expires_at        timestamptz not null,
    primary key (principal, route, key_hash),
    constraint idempotency_keys_key_hash_length check (octet_length(key_hash) = 32),
    constraint idempotency_keys_request_hash_length check (octet_length(request_hash) = 32),
    constraint idempotency_keys_state_known check (state in ('IN_FLIGHT', 'DONE')),
    constraint idempotency_keys_fence_positive check (fence >= 1),
    constraint idempotency_keys_done_answers check (
        (state = 'DONE') = (response_status is not null and response_headers is not null and response_body is not null)
    ),
    constraint idempotency_keys_status_range check (response_status between 200 and 499)
);

create index idx_idempotency_keys_expiry on idempotency_keys (expires_at) where state = 'DONE';
create index idx_idempotency_keys_lease on idempotency_keys (lease_until) where state = 'IN_FLIGHT';
create index idx_idempotency_keys_checkout on idempotency_keys (checkout_id) where checkout_id is not null;

create table orders (
    id                  uuid primary key,
    checkout_id         uuid not null,
    user_id             uuid not null,
    status              varchar(50) not null,
    currency            char(3) not null,
    subtotal            numeric(19, 4) not null,
    tax                 numeric(19, 4) not null,
    shipping            numeric(19, 4) not null,
    total               numeric(19, 4) not null,
    payment_method      varchar(255),
    payment_status      varchar(50),
    shipping_address    jsonb not null,
    tracking_number     varchar(100),
    estimated_delivery  timestamptz,
    -- Until when the stock is held, unless a payment is under way by then.
    reserved_until      timestamptz not null,
    version             bigint not null default 1,
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    constraint orders_checkout_once unique (checkout_id),
    constraint orders_checkout_exists foreign key (checkout_id) references checkouts (id),
    constraint orders_user_exists foreign key (user_id) references customers (id),
    constraint orders_status_known check (
        status in ('PENDING', 'PROCESSING', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'FAILED', 'REFUNDED')
    ),
    constraint orders_amounts_not_negative check (subtotal >= 0 and tax >= 0 and shipping >= 0),
    constraint orders_total_adds_up check (total = subtotal + tax + shipping),
    constraint orders_address_object check (jsonb_typeof(shipping_address) = 'object'),
    constraint orders_version_positive check (version >= 1)
);

create index idx_orders_user on orders (user_id, created_at desc, id desc);
create index idx_orders_status on orders (status);
create index idx_orders_created on orders (created_at desc);

create table order_items (
    id          uuid primary key default gen_random_uuid(),
    order_id    uuid not null,
    position    integer not null,
    product_id  uuid not null,
    variant_id  uuid not null,
    name        varchar(255) not null,
    sku         text,
    options     jsonb not null default '[]',
    quantity    integer not null,
    price       numeric(19, 4) not null,
    subtotal    numeric(19, 4) not null,
    tax         numeric(19, 4) not null,
    discount    numeric(19, 4) not null default 0,
    created_at  timestamptz not null,
    constraint order_items_order_exists foreign key (order_id) references orders (id) on delete cascade,
    constraint order_items_position_unique unique (order_id, position),
    constraint order_items_variant_once unique (order_id, variant_id),
    constraint order_items_quantity_range check (quantity between 1 and 999),
    constraint order_items_amounts_not_negative check (price >= 0 and subtotal >= 0 and tax >= 0 and discount >= 0),
    constraint order_items_subtotal_is_product check (subtotal = price * quantity),
    constraint order_items_options_array check (jsonb_typeof(options) = 'array')
);

create table payments (
    id              uuid primary key,
    order_id        uuid not null,
    customer_id     uuid not null,
    provider        text not null,
    -- The provider's id; null until it answered.
    intent_id       text,
    state           text not null,
    amount          numeric(19, 4) not null,
    currency        char(3) not null,
    receipt_url     text,
    attempts        integer not null default 0,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    constraint payments_order_exists foreign key (order_id) references orders (id),
    constraint payments_customer_exists foreign key (customer_id) references customers (id),
    constraint payments_state_known check (
        state in ('CREATED', 'REQUIRES_ACTION', 'AUTHORISED', 'UNKNOWN', 'SUCCEEDED', 'FAILED', 'CANCELED')
    ),
    constraint payments_amount_not_negative check (amount >= 0),
    constraint payments_attempts_not_negative check (attempts >= 0)
);

create unique index payments_one_per_order on payments (order_id) where state <> 'CANCELED';
create unique index payments_intent_unique on payments (provider, intent_id) where intent_id is not null;
create index idx_payments_customer on payments (customer_id, created_at desc);

create table payment_attempts (
    id               uuid primary key,
    payment_id       uuid not null,
    order_id         uuid not null,
    number           integer not null,
    payment_method   varchar(255),
    state            text not null,
    decline_code     text,
    decline_message  text,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    constraint payment_attempts_payment_exists foreign key (payment_id) references payments (id),
    constraint payment_attempts_number_unique unique (payment_id, number),
    constraint payment_attempts_number_positive check (number >= 1),
    constraint payment_attempts_state_known check (
        state in ('CREATED', 'REQUIRES_ACTION', 'AUTHORISED', 'UNKNOWN', 'SUCCEEDED', 'FAILED', 'CANCELED')
    )
);

-- One attempt of an order is under way, or has succeeded.
create unique index payment_attempts_one_live on payment_attempts (order_id) where state not in ('FAILED', 'CANCELED');
create index idx_payment_attempts_open on payment_attempts (updated_at)
    where state in ('CREATED', 'REQUIRES_ACTION', 'AUTHORISED', 'UNKNOWN');

-- Every movement of money, for good.
create table ledger_entries (
    id          bigint generated always as identity primary key,
    payment_id  uuid not null,
    order_id    uuid not null,
    kind        text not null,
    amount      numeric(19, 4) not null,
    currency    char(3) not null,
    -- What caused the movement: an attempt, a refund. The same cause moves money once.
    reference   text not null,
    created_at  timestamptz not null,
    constraint ledger_entries_payment_exists foreign key (payment_id) references payments (id),
    constraint ledger_entries_order_exists foreign key (order_id) references orders (id),
    constraint ledger_entries_kind_known check (kind in ('capture', 'refund', 'dispute', 'dispute_won')),
    constraint ledger_entries_amount_sign check (
        (kind in ('capture', 'dispute_won') and amount >= 0) or (kind in ('refund', 'dispute') and amount < 0)
    ),
    constraint ledger_entries_cause_once unique (payment_id, kind, reference)
);

create index idx_ledger_entries_order on ledger_entries (order_id);

create function refuse_money_ledger_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger only grows' using errcode = 'restrict_violation';
end
$$;

create trigger ledger_entries_append_only before update or delete or truncate on ledger_entries
    for each statement execute function refuse_money_ledger_change();

-- Events, written with the change that they tell of. A relay publishes them, each aggregate's in the order of its sequence.
create table outbox (
    id            uuid primary key,
    aggregate_id  text not null,
    sequence      bigint not null,
    event         text not null,
    payload       jsonb not null,
    created_at    timestamptz not null,
    published_at  timestamptz,
    constraint outbox_sequence_unique unique (aggregate_id, sequence),
    constraint outbox_sequence_positive check (sequence >= 1),
    constraint outbox_payload_object check (jsonb_typeof(payload) = 'object')
);

create index idx_outbox_unpublished on outbox (created_at) where published_at is null;
