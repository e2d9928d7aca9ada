-- release: the hold of an order that was never paid ends. return: the goods of one that was paid, and that have left, come back.
-- let_go: one that was paid is called off before its hold has followed the payment: only the hold can tell whether they have left.
alter table orders
    drop constraint orders_hold_step_known,
    add constraint orders_hold_step_known check (hold_step in ('release', 'return', 'let_go'));
