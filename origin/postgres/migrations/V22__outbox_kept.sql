-- The sweep forgets what was published long ago, and looks at each row once. Kept is what it has seen and left: the last event of its
-- subject, which the next one is numbered by. Those of orders stay: they are the order's history.
alter table outbox add column kept boolean not null default false;
create index idx_outbox_published on outbox (published_at)
    where published_at is not null and not kept and aggregate_id not like 'order\_%';
