-- The end of an order that was never paid.

-- Why an order is being closed, and since when. While it is, no attempt to pay begins; it ends as CANCELLED or FAILED once the
-- provider has called its payment off, and as PROCESSING where the provider had taken the money before.
alter table orders
    add column closing text,
    add column closing_since timestamptz,
    -- What the hold on the stock has yet to do about the order's end. The hold lies in another store and follows after the
    -- commit; until it has, this says so.
    add column hold_step text,
    add constraint orders_closing_known check (closing in ('expired', 'customer', 'shop')),
    add constraint orders_closing_while_pending check (closing is null or status = 'PENDING'),
    add constraint orders_closing_dated check ((closing is null) = (closing_since is null)),
    add constraint orders_hold_step_known check (hold_step = 'release'),
    add constraint orders_hold_step_once_ended check (hold_step is null or status in ('CANCELLED', 'FAILED'));

-- What the sweep looks for: orders that wait for money, holds that have not followed, ordered pieces that are still in a cart.
create index idx_orders_unpaid on orders (reserved_until, id) where status = 'PENDING';
create index idx_orders_closing on orders (id) where closing is not null;
create index idx_orders_hold_step on orders (id) where hold_step is not null;
create index idx_checkouts_still_in_cart on checkouts (id) where state = 'PLACED' and cart_taken_at is null;
