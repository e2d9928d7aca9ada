-- The catalog: categories, products, their variants and images, and the stock ledger.
--
-- Amounts are numeric(19,4) with the currency beside them; times are timestamptz; ids are the UUIDs of TypeIDs.
-- Products and variants are never deleted: what is out of the shop carries deleted_at, because orders point at it.

create table categories (
    id          uuid primary key default gen_random_uuid(),
    slug        text not null,
    name        text not null,
    parent_id   uuid,
    created_at  timestamptz not null default now(),
    constraint categories_slug_unique unique (slug),
    constraint categories_parent_exists foreign key (parent_id) references categories (id),
    constraint categories_parent_other check (parent_id <> id),
    constraint categories_slug_form check (slug ~ '^[a-z0-9]([a-z0-9-]{0,78}[a-z0-9])?$'),
    constraint categories_name_length check (char_length(name) between 1 and 255)
);

create index idx_categories_parent on categories (parent_id);

-- price, image_url and stock repeat what variants and images say (lowest price, first image, sum), so that a list reads one row
-- a product. The store writes them together with what they repeat.
create table products (
    id              uuid primary key,
    -- The order in which products came into the shop; exports keep it.
    seq             bigint generated always as identity,
    handle          text not null,
    name            varchar(255) not null,
    description     text not null default '',
    brand           text,
    category_id     uuid not null,
    price           numeric(19, 4) not null,
    currency        char(3) not null,
    image_url       text,
    stock           bigint not null default 0,
    rating          numeric(3, 2) not null default 0,
    review_count    integer not null default 0,
    tags            text[] not null default '{}',
    specifications  jsonb not null default '{}',
    published       boolean not null default true,
    -- Cells of an imported file that have no column of their own, by the file's column name.
    extra           jsonb not null default '{}',
    version         bigint not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    deleted_at      timestamptz,
    constraint products_category_exists foreign key (category_id) references categories (id),
    constraint products_handle_length check (char_length(handle) between 1 and 255),
    constraint products_name_length check (char_length(name) between 1 and 255),
    constraint products_description_length check (char_length(description) <= 10000),
    constraint products_brand_length check (char_length(brand) between 1 and 255),
    constraint products_image_url_length check (char_length(image_url) between 1 and 2048),
    constraint products_price_not_negative check (price >= 0),
    constraint products_currency_form check (currency ~ '^[A-Z]{3}$'),
    constraint products_rating_range check (rating between 0 and 5),
    constraint products_review_count_not_negative check (review_count >= 0),
    constraint products_tag_count check (cardinality(tags) <= 250),
    constraint products_specifications_object check (jsonb_typeof(specifications) = 'object'),
    constraint products_extra_object check (jsonb_typeof(extra) = 'object'),
    constraint products_version_positive check (version >= 1)
);

-- A handle is free again once its product is deleted.
create unique index products_handle_unique on products (handle) where deleted_at is null;
create unique index products_seq_unique on products (seq);

-- Each list walks an index in its order and stops at the page's end; the id breaks ties, so pages never overlap.
create index idx_products_newest on products (created_at desc, id desc) where deleted_at is null and published;
create index idx_products_price on products (price, id) where deleted_at is null and published;
create index idx_products_rating on products (rating desc, id) where deleted_at is null and published;
create index idx_products_name on products (name, id) where deleted_at is null and published;
create index idx_products_category on products (category_id, created_at desc, id desc) where deleted_at is null and published;
create index idx_products_category_price on products (category_id, price, id) where deleted_at is null and published;
create index idx_products_category_rating on products (category_id, rating desc, id) where deleted_at is null and published;
create index idx_products_category_name on products (category_id, name, id) where deleted_at is null and published;

create table variants (
    id               uuid primary key,
    product_id       uuid not null,
    position         integer not null,
    sku              text,
    -- [["Size", "XL"], …] in the order they are shown; empty for an only variant.
    options          jsonb not null default '[]',
    price            numeric(19, 4) not null,
    currency         char(3) not null,
    weight_grams     integer,
    backorder_limit  bigint not null default 0,
    -- For display: the ledger's sum. What may be sold is decided by the stock item in DynamoDB.
    stock            bigint not null default 0,
    extra            jsonb not null default '{}',
    deleted_at       timestamptz,
    constraint variants_product_exists foreign key (product_id) references products (id),
    constraint variants_position_not_negative check (position >= 0),
    constraint variants_sku_length check (char_length(sku) between 1 and 255),
    constraint variants_options_array check (jsonb_typeof(options) = 'array'),
    constraint variants_price_not_negative check (price >= 0),
    constraint variants_currency_form check (currency ~ '^[A-Z]{3}$'),
    constraint variants_weight_not_negative check (weight_grams >= 0),
    constraint variants_backorder_limit_range check (backorder_limit between 0 and 1000000),
    constraint variants_extra_object check (jsonb_typeof(extra) = 'object')
);

create unique index variants_options_distinct on variants (product_id, options) where deleted_at is null;
create index idx_variants_product on variants (product_id, position);
create index idx_variants_sku on variants (sku) where sku is not null;

create table product_images (
    product_id  uuid not null,
    position    integer not null,
    url         text not null,
    alt         text not null default '',
    extra       jsonb not null default '{}',
    primary key (product_id, position),
    constraint product_images_product_exists foreign key (product_id) references products (id),
    constraint product_images_position_not_negative check (position >= 0),
    constraint product_images_url_length check (char_length(url) between 1 and 2048),
    constraint product_images_extra_object check (jsonb_typeof(extra) = 'object')
);

-- Every movement of stock, for good. variants.stock and products.stock are its sums.
create table stock_ledger (
    id          bigint generated always as identity primary key,
    variant_id  uuid not null,
    kind        text not null,
    quantity    bigint not null,
    -- What caused the movement: an order, a product's creation, a correction. The same cause moves a variant only once.
    reference   text not null,
    created_at  timestamptz not null,
    constraint stock_ledger_variant_exists foreign key (variant_id) references variants (id),
    constraint stock_ledger_kind_known check (kind in ('receipt', 'sale', 'return', 'correction')),
    constraint stock_ledger_quantity_sign check (
        (kind in ('receipt', 'return') and quantity > 0) or (kind = 'sale' and quantity < 0) or (kind = 'correction' and quantity <> 0)
    ),
    constraint stock_ledger_reference_length check (char_length(reference) between 1 and 255),
    constraint stock_ledger_cause_once unique (variant_id, kind, reference)
);

create function refuse_ledger_change() returns trigger language plpgsql as $$
begin
    raise exception 'the stock ledger only grows' using errcode = 'restrict_violation';
end
$$;

create trigger stock_ledger_append_only before update or delete or truncate on stock_ledger
    for each statement execute function refuse_ledger_change();
