-- What products are searched by, where the edge has no published index to answer from. `simple` neither stems nor drops words: the shop's
-- language is not known here.
create function product_words(name text, brand text, tags text[], description text) returns tsvector
    language plpgsql immutable parallel safe as $$
begin
    return setweight(to_tsvector('simple', name), 'A')
        || setweight(to_tsvector('simple', coalesce(brand, '')), 'B')
        || setweight(to_tsvector('simple', array_to_string(tags, ' ')), 'B')
        || setweight(to_tsvector('simple', description), 'D');
end $$;

create index idx_products_words on products using gin (product_words(name, brand, tags, description))
    where deleted_at is null and published;
