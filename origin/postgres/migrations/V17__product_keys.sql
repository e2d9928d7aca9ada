-- The product that a request under a key has made, changed or deleted, written with it: whoever takes the claim over does not do
-- it a second time.
alter table idempotency_keys add column product_id uuid;
