-- Money that is set aside when an order is paid, and taken when the shop says so.
alter table payments
    -- Until when the money can be taken; kept once it was.
    add column capture_before timestamptz,
    -- When the shop asked for it; null again once the provider has refused.
    add column capture_asked_at timestamptz,
    -- When the shop was told that the money will be let go.
    add column lapse_told_at timestamptz,
    add constraint payments_capture_of_authorised check (
        capture_before is not null or (capture_asked_at is null and lapse_told_at is null)
    ),
    add constraint payments_authorised_for_a_time check (state <> 'AUTHORISED' or capture_before is not null);

create index idx_payments_capture_asked on payments (id) where state = 'AUTHORISED' and capture_asked_at is not null;
create index idx_payments_lapsing on payments (capture_before) where state = 'AUTHORISED' and lapse_told_at is null;

-- An order whose money is set aside is held as long as that can be taken: reserved_until says until when.
alter table orders
    drop constraint orders_payment_status_known,
    add constraint orders_payment_status_known check (payment_status in ('authorised', 'succeeded', 'failed'));
