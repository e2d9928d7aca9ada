-- When it is looked at the provider once more whether a charge that was sent has arrived, of a payment that was called off since: where
-- nothing can call a charge back (PayPal).
alter table payment_attempts add column look_again_at timestamptz;
create index idx_payment_attempts_look_again on payment_attempts (look_again_at) where look_again_at is not null;
