-- Goods that come back from customers, and the money for them.

-- How many pieces of the line are back. Written under the lock of the order.
alter table order_items
    add column returned integer not null default 0,
    add constraint order_items_returned_range check (returned between 0 and quantity);

create table returns (
    id           uuid primary key,
    order_id     uuid not null,
    -- The request that asked for it: a hash of whose it is, of its key and of what it says. The same request returns once.
    request      bytea not null,
    -- What goes back of the shipping, tax included; null where it was not asked for.
    shipping     numeric(19, 4),
    -- What all of it had cost. The refund is less where less was left of the payment.
    amount       numeric(19, 4) not null,
    currency     char(3) not null,
    -- Null where nothing was left to send back.
    refund_id    uuid,
    -- Whether the counters have yet to follow. They lie in another store; until they have, this says so.
    restock_due  boolean not null,
    reason       text,
    created_at   timestamptz not null,
    constraint returns_order_exists foreign key (order_id) references orders (id),
    constraint returns_with_order_unique unique (id, order_id),
    constraint returns_refund_exists foreign key (refund_id) references refunds (id),
    constraint returns_refund_once unique (refund_id),
    constraint returns_request_once unique (request),
    constraint returns_request_length check (octet_length(request) = 32),
    constraint returns_shipping_range check (shipping between 0 and amount),
    constraint returns_amount_not_negative check (amount >= 0),
    constraint returns_currency_form check (currency ~ '^[A-Z]{3}$'),
    constraint returns_reason_length check (char_length(reason) between 1 and 200)
);

create unique index returns_shipping_once on returns (order_id) where shipping is not null;
create index idx_returns_order on returns (order_id, created_at);
create index idx_returns_restock_due on returns (id) where restock_due;

create table return_items (
    return_id   uuid not null,
    order_id    uuid not null,
    variant_id  uuid not null,
    quantity    integer not null,
    -- Whether the pieces are put on sale again.
    restock     boolean not null,
    -- What they had cost, tax included.
    amount      numeric(19, 4) not null,
    primary key (return_id, variant_id),
    constraint return_items_return_exists foreign key (return_id, order_id) references returns (id, order_id),
    constraint return_items_line_exists foreign key (order_id, variant_id) references order_items (order_id, variant_id),
    constraint return_items_quantity_range check (quantity between 1 and 999),
    constraint return_items_amount_not_negative check (amount >= 0)
);

alter table refunds
    drop constraint refunds_reason_known,
    add constraint refunds_reason_known check (
        reason in ('requested_by_customer', 'duplicate', 'fraudulent', 'order_cancelled', 'stranded', 'returned')
    );
