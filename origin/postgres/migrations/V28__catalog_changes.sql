-- What publishing the catalog has yet to take up: products of which something has changed that shoppers see.
--
-- Triggers note it, in the transaction of the change, so that no way to change a product can forget to. Stock is not part of it: it is
-- published by itself. A note that is made again while the catalog is being published has another token, and stays.
create sequence catalog_change_tokens;

create table catalog_changes (
    product_id  uuid primary key,
    token       bigint not null,
    constraint catalog_changes_product_exists foreign key (product_id) references products (id)
);

-- Locked by whoever publishes, for as long as the publication reads. A row or an advisory lock would not do: to ask for one takes a
-- snapshot first, and who then waits for the lock, however short, would publish a state that is older than the one before.
create table catalog_publication ();

create function note_catalog_change(product uuid) returns void language sql as $$
    insert into catalog_changes (product_id, token) values (product, nextval('catalog_change_tokens'))
    on conflict (product_id) do update set token = excluded.token
$$;

create function note_changed_product() returns trigger language plpgsql as $$
begin
    perform note_catalog_change(new.id);
    return null;
end
$$;

create function note_changed_part() returns trigger language plpgsql as $$
begin
    perform note_catalog_change(case when tg_op = 'DELETE' then old.product_id else new.product_id end);
    return null;
end
$$;

create function note_changed_category() returns trigger language plpgsql as $$
begin
    perform note_catalog_change(p.id) from products p where p.category_id = new.id;
    return null;
end
$$;

create trigger products_new_noted after insert on products
    for each row execute function note_changed_product();
create trigger products_changed_noted after update on products
    for each row when (
        (old.name, old.description, old.brand, old.category_id, old.rating, old.review_count, old.tags, old.specifications, old.published,
            old.version, old.deleted_at)
        is distinct from
        (new.name, new.description, new.brand, new.category_id, new.rating, new.review_count, new.tags, new.specifications, new.published,
            new.version, new.deleted_at)
    ) execute function note_changed_product();

create trigger variants_noted after insert or delete on variants
    for each row execute function note_changed_part();
create trigger variants_changed_noted after update on variants
    for each row when (
        (old.position, old.sku, old.options, old.price, old.currency, old.weight_grams, old.backorder_limit, old.deleted_at)
        is distinct from
        (new.position, new.sku, new.options, new.price, new.currency, new.weight_grams, new.backorder_limit, new.deleted_at)
    ) execute function note_changed_part();

create trigger product_images_noted after insert or update or delete on product_images
    for each row execute function note_changed_part();

create trigger categories_renamed_noted after update on categories
    for each row when (old.slug is distinct from new.slug) execute function note_changed_category();
