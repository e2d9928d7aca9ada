-- What the sweep forgets: answers after their day, and claims without a checkout that were never answered, after theirs.
drop index idx_idempotency_keys_expiry;
create index idx_idempotency_keys_expiry on idempotency_keys (expires_at) where state = 'DONE' or checkout_id is null;

-- The sweep resumes what has a checkout, and does not walk past what has none.
drop index idx_idempotency_keys_lease;
create index idx_idempotency_keys_lease on idempotency_keys (lease_until)
    where state = 'IN_FLIGHT' and checkout_id is not null;

-- Told under the id of an order that was never made: part of no order's history.
create index idx_outbox_reservation_failed on outbox (published_at)
    where event = 'InventoryReservationFailed' and published_at is not null;
