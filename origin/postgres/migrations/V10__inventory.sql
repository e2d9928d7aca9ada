-- Stock that is adjusted by hand, and what is running low.

-- A wish to move goods, from the moment that it is noted until the counters have followed or have refused. The ledger's entry is
-- written with state = 'DONE', and its reference is the wish's id.
create table stock_adjustments (
    id          uuid primary key,
    variant_id  uuid not null,
    kind        text not null,
    -- Null where only the threshold changes.
    quantity    bigint,
    -- The version that the counters must have; null where any will do.
    version     bigint,
    -- Whether the variant's threshold becomes this one, which may be none.
    sets_threshold  boolean not null,
    threshold   integer,
    state       text not null,
    -- Why it was refused.
    refusal     text,
    -- The request that asked for it, until that is answered: a hash of whose it is and of its key.
    request     bytea,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint stock_adjustments_variant_exists foreign key (variant_id) references variants (id),
    constraint stock_adjustments_kind_known check (kind in ('receipt', 'correction')),
    constraint stock_adjustments_quantity_sign check (quantity <> 0 and (kind <> 'receipt' or quantity > 0)),
    constraint stock_adjustments_changes_something check (quantity is not null or sets_threshold),
    constraint stock_adjustments_threshold_range check (threshold between 0 and 1000000),
    constraint stock_adjustments_state_known check (state in ('OPEN', 'DONE', 'REFUSED')),
    constraint stock_adjustments_refusal_known check (refusal in ('too_few', 'other_version', 'no_counters')),
    constraint stock_adjustments_refused_for_a_reason check ((state = 'REFUSED') = (refusal is not null)),
    constraint stock_adjustments_request_length check (octet_length(request) = 32)
);

create unique index stock_adjustments_request_once on stock_adjustments (request) where request is not null;
create index idx_stock_adjustments_open on stock_adjustments (id) where state = 'OPEN';

-- low_stock_threshold: fewer pieces than that are free, and the shop is told; null for never. low_stock: that it was told, or
-- knew when the threshold was set. low_stock_version: the version of the counters that this is from.
alter table variants
    add column low_stock_threshold integer,
    add column low_stock boolean not null default false,
    add column low_stock_version bigint not null default 0,
    add constraint variants_low_stock_threshold_range check (low_stock_threshold between 0 and 1000000),
    add constraint variants_low_stock_of_threshold check (low_stock_threshold is not null or not low_stock);

create index idx_variants_low_stock on variants (id) where low_stock and deleted_at is null;
