-- What the checkout and the payments rely on, enforced by the database.

-- The version from which on the cart is without what was ordered. Null until the pieces have left it, and where they were all
-- that it held, so that this life of the cart is over.
alter table checkouts add column cart_taken_version bigint;
update checkouts set cart_taken_version = cart_version + 1 where cart_taken_at is not null;
alter table checkouts
    add constraint checkouts_cart_taken_version_later check (cart_taken_version > cart_version),
    add constraint checkouts_cart_taken_once_placed check (
        (cart_taken_at is null or state in ('PLACED', 'CANCELLED')) and (cart_taken_version is null or cart_taken_at is not null)
    ),
    add constraint checkouts_currency_form check (currency ~ '^[A-Z]{3}$');

-- A cart is in one checkout at a time, whichever of its versions each of them would order.
create unique index checkouts_cart_open on checkouts (cart_id) where state = 'OPEN';

-- At the end of the transaction: the claim is written before its checkout.
alter table idempotency_keys
    add constraint idempotency_keys_checkout_exists foreign key (checkout_id) references checkouts (id)
        deferrable initially deferred;

alter table orders
    add constraint orders_currency_form check (currency ~ '^[A-Z]{3}$'),
    add constraint orders_payment_status_known check (payment_status in ('succeeded', 'failed'));

-- An attempt and a movement of money name the order of their payment, and no other.
alter table payments
    add constraint payments_currency_form check (currency ~ '^[A-Z]{3}$'),
    add constraint payments_with_order_unique unique (id, order_id);
alter table payment_attempts
    drop constraint payment_attempts_payment_exists,
    add constraint payment_attempts_payment_exists foreign key (payment_id, order_id) references payments (id, order_id);
alter table ledger_entries
    drop constraint ledger_entries_payment_exists,
    add constraint ledger_entries_payment_exists foreign key (payment_id, order_id) references payments (id, order_id),
    add constraint ledger_entries_currency_form check (currency ~ '^[A-Z]{3}$');
