-- Goods that do not leave because their money went back first.

-- How many pieces of the line will not leave any more: all of the order's money had gone back before they did. Written under the
-- lock of the order.
alter table order_items
    add column withdrawn integer not null default 0,
    add constraint order_items_withdrawn_range check (withdrawn >= 0 and returned + withdrawn <= quantity);

-- Goods of an order that was paid come back (return, let_go) also where the rest of it has left.
alter table orders
    drop constraint orders_hold_step_once_ended,
    add constraint orders_hold_step_once_ended check (
        hold_step is null or status in ('CANCELLED', 'FAILED')
        or (hold_step in ('return', 'let_go') and status in ('REFUNDED', 'SHIPPED', 'DELIVERED'))
    );

-- No more of a line leaves than was ordered and is not withdrawn, whatever the code above does: the order's row is the lock.
create or replace function refuse_more_than_ordered() returns trigger language plpgsql as $$
declare
    ordered integer;
    leaving bigint;
begin
    perform from orders where id = new.order_id for no key update;
    select quantity - withdrawn into ordered from order_items
        where order_id = new.order_id and variant_id = new.variant_id;
    select coalesce(sum(i.quantity), 0) into leaving from shipment_items i join shipments s on s.id = i.shipment_id
        where i.order_id = new.order_id and i.variant_id = new.variant_id and s.state <> 'CANCELLED';
    if leaving > ordered then
        raise exception 'more leaves than was ordered'
            using errcode = 'check_violation', constraint = 'shipment_items_within_order';
    end if;
    return null;
end
$$;
