-- What is known of the counters of stock, which lie in another store: as its stream has told, to be published from. Whatever it tells is
-- written down as it is: a check that refused it would only stop what comes behind.
create table stock_levels (
    variant_id  uuid primary key,
    product_id  uuid not null,
    -- Where the product stands among all: published stock is cut by it.
    place       bigint not null,
    -- On hand minus reserved; below zero while pieces are sold that are yet to come.
    available   bigint not null,
    -- What can be bought.
    sellable    bigint not null,
    -- Of the counters. An older one changes nothing.
    version     bigint not null,
    constraint stock_levels_variant_exists foreign key (variant_id) references variants (id)
);

create index idx_stock_levels_place on stock_levels (place, variant_id);
