-- How an order is taxed, as it was decided for its address.

-- tax_included: prices contain the tax, so that it does not come on top. shipping_tax: the part of tax that is on shipping.
-- taxes: what is taxed at each rate, [{"name": "Tax", "rate": "0.08", "base": "199.98", "amount": "16.00"}, …]; null for what is
-- from before it was kept.
alter table checkouts
    add column tax_included boolean not null default false,
    add column shipping_tax numeric(19, 4) not null default 0,
    add column taxes jsonb,
    drop constraint checkouts_total_adds_up,
    add constraint checkouts_total_adds_up
        check (total = subtotal + shipping + case when tax_included then 0 else tax end),
    add constraint checkouts_tax_within_total check (tax <= total),
    add constraint checkouts_shipping_tax_range check (shipping_tax between 0 and tax),
    add constraint checkouts_taxes_array check (jsonb_typeof(taxes) = 'array');

alter table orders
    add column tax_included boolean not null default false,
    add column shipping_tax numeric(19, 4) not null default 0,
    add column taxes jsonb,
    drop constraint orders_total_adds_up,
    add constraint orders_total_adds_up
        check (total = subtotal + shipping + case when tax_included then 0 else tax end),
    add constraint orders_tax_within_total check (tax <= total),
    add constraint orders_shipping_tax_range check (shipping_tax between 0 and tax),
    add constraint orders_taxes_array check (jsonb_typeof(taxes) = 'array');

-- A check would add them up with every update of the row; this does where they are written.
create function refuse_taxes_that_do_not_add_up() returns trigger language plpgsql as $$
begin
    if new.tax <> (select coalesce(sum((part ->> 'amount')::numeric), 0) from jsonb_array_elements(new.taxes) as part) then
        raise exception 'the taxes do not add up to the tax'
            using errcode = 'check_violation', constraint = tg_table_name || '_taxes_add_up';
    end if;
    return new;
end
$$;

create trigger checkouts_taxes_add_up before insert or update of tax, taxes on checkouts
    for each row when (jsonb_typeof(new.taxes) = 'array') execute function refuse_taxes_that_do_not_add_up();
create trigger orders_taxes_add_up before insert or update of tax, taxes on orders
    for each row when (jsonb_typeof(new.taxes) = 'array') execute function refuse_taxes_that_do_not_add_up();

-- tax_rate: null for what is from before it was kept. tax_name: null too where nothing is taxed.
alter table order_items
    add column tax_rate numeric(7, 6),
    add column tax_name text,
    add constraint order_items_tax_rate_range check (tax_rate between 0 and 1),
    add constraint order_items_tax_of_rate check (tax_rate > 0 or tax = 0),
    add constraint order_items_tax_name_length check (char_length(tax_name) between 1 and 100),
    add constraint order_items_tax_named check (tax_rate = 0 or tax_rate is null or tax_name is not null);
