-- A shipment that waits for its label can be called off, and lists of orders are read from an index in their order.

-- Since when no label is asked for any more. Whether one was made before is looked up a while later; then it has left, or is CANCELLED.
alter table shipments
    add column called_off_at timestamptz,
    add constraint shipments_called_off_later check (called_off_at >= created_at);

drop index idx_orders_created;
drop index idx_orders_status;
create index idx_orders_newest on orders (created_at desc, id desc);
create index idx_orders_of_status on orders (status, created_at desc, id desc);
