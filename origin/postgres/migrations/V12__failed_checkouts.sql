-- What the shop looks through.
create index idx_checkouts_failed on checkouts (updated_at desc, id desc) where state = 'FAILED';
