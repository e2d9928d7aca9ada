-- Checkouts that did not become orders, as the shop looks through them.

-- What the customer was told, as a problem code; null for those that failed before it was kept.
alter table checkouts
    add column failure_code text,
    add constraint checkouts_failure_code_length check (char_length(failure_code) between 1 and 100),
    add constraint checkouts_failure_code_once_failed check (failure_code is null or state = 'FAILED');

create index idx_checkouts_failed on checkouts (updated_at desc, id desc) where state = 'FAILED';
