-- Shipments: what of an order leaves, with which label, and what became of it.

create table shipments (
    id                  uuid primary key,
    order_id            uuid not null,
    -- What causes it: a request under its key. The same cause ships once.
    cause               text not null,
    state               text not null,
    carrier             varchar(50),
    -- The carrier's id of what tells how far it is; null before the carrier's label, and with a label of the shop's own.
    tracker_id          text,
    tracking_number     varchar(100),
    tracking_url        text,
    estimated_delivery  timestamptz,
    -- Why the carrier said no.
    failure_code        text,
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    -- When the tracker was read, or the label made.
    tracked_at          timestamptz,
    shipped_at          timestamptz,
    delivered_at        timestamptz,
    constraint shipments_order_exists foreign key (order_id) references orders (id),
    constraint shipments_order_named unique (id, order_id),
    constraint shipments_cause_once unique (order_id, cause),
    constraint shipments_cause_length check (char_length(cause) between 1 and 100),
    constraint shipments_state_known check (state in ('PENDING', 'SHIPPED', 'DELIVERED', 'CANCELLED')),
    constraint shipments_carrier_length check (char_length(carrier) >= 1),
    constraint shipments_tracker_length check (char_length(tracker_id) between 1 and 255),
    constraint shipments_url_length check (char_length(tracking_url) between 1 and 2048),
    constraint shipments_number_once_left check (
        (state in ('SHIPPED', 'DELIVERED')) = (tracking_number is not null and shipped_at is not null)
    ),
    constraint shipments_arrival_dated check ((state = 'DELIVERED') = (delivered_at is not null)),
    constraint shipments_failure_told check ((state = 'CANCELLED') = (failure_code is not null)),
    constraint shipments_failure_length check (char_length(failure_code) between 1 and 100)
);

create index idx_shipments_order on shipments (order_id, created_at);
create index idx_shipments_pending on shipments (id) where state = 'PENDING';
create index idx_shipments_tracked on shipments (id) where state = 'SHIPPED' and tracker_id is not null;

create table shipment_items (
    shipment_id  uuid not null,
    order_id     uuid not null,
    variant_id   uuid not null,
    quantity     integer not null,
    primary key (shipment_id, variant_id),
    constraint shipment_items_shipment_exists foreign key (shipment_id, order_id) references shipments (id, order_id),
    constraint shipment_items_line_exists foreign key (order_id, variant_id) references order_items (order_id, variant_id),
    constraint shipment_items_quantity_range check (quantity between 1 and 999)
);

create index idx_shipment_items_order on shipment_items (order_id, variant_id);

-- No more of a line leaves than was ordered, whatever the code above does: the order's row is the lock.
create function refuse_more_than_ordered() returns trigger language plpgsql as $$
declare
    ordered integer;
    leaving bigint;
begin
    perform from orders where id = new.order_id for no key update;
    select quantity into ordered from order_items where order_id = new.order_id and variant_id = new.variant_id;
    select coalesce(sum(i.quantity), 0) into leaving from shipment_items i join shipments s on s.id = i.shipment_id
        where i.order_id = new.order_id and i.variant_id = new.variant_id and s.state <> 'CANCELLED';
    if leaving > ordered then
        raise exception 'more leaves than was ordered'
            using errcode = 'check_violation', constraint = 'shipment_items_within_order';
    end if;
    return null;
end
$$;

create trigger shipment_items_within_order after insert or update on shipment_items
    for each row execute function refuse_more_than_ordered();

-- What was refused does not come back: its pieces may be on their way in another shipment.
create function refuse_revival() returns trigger language plpgsql as $$
begin
    raise exception 'a cancelled shipment stays cancelled'
        using errcode = 'check_violation', constraint = 'shipments_cancelled_for_good';
end
$$;

create trigger shipments_cancelled_for_good before update of state on shipments
    for each row when (old.state = 'CANCELLED' and new.state <> 'CANCELLED') execute function refuse_revival();

-- A shipment begins with an order that is paid and being packed; such an order is not called off.
create function refuse_unpaid_shipment() returns trigger language plpgsql as $$
begin
    perform from orders where id = new.order_id and status = 'PROCESSING' for no key update;
    if not found then
        raise exception 'the order is not being packed'
            using errcode = 'check_violation', constraint = 'shipments_order_processing';
    end if;
    return new;
end
$$;

create trigger shipments_order_processing before insert on shipments
    for each row execute function refuse_unpaid_shipment();

create function refuse_cancelling_shipped() returns trigger language plpgsql as $$
begin
    if exists (select from shipments where order_id = new.id and state <> 'CANCELLED') then
        raise exception 'something of the order leaves'
            using errcode = 'check_violation', constraint = 'orders_not_cancelled_once_leaving';
    end if;
    return null;
end
$$;

create trigger orders_not_cancelled_once_leaving after update of status on orders
    for each row when (new.status = 'CANCELLED' and old.status <> 'CANCELLED') execute function refuse_cancelling_shipped();
