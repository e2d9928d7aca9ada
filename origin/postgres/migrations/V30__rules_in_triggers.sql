-- The rules of the rows that an order writes, each table's in one trigger instead of in check constraints.
--
-- PostgreSQL reads and plans the expression of each check constraint of a table anew in each statement that writes to it: fifty of them
-- were an eighth of what an order took there. An expression of a function is planned once a session. The errors are those of check
-- constraints, and carry the rules' names. As with a check constraint, what is null breaks no rule.
--
-- A new rule of one of these tables goes into its function, written anew; one that the rows there might break is added with a query that
-- looks for them.

create function refuse_broken_rule(relation text, rule text) returns void language plpgsql as $$
begin
    raise exception 'new row for relation "%" violates check constraint "%"', relation, rule
        using errcode = 'check_violation', constraint = rule, table = relation;
end
$$;

-- A query costs more than all the rules beside it, and most orders are taxed at one rate.
create function sum_of_taxes(taxes jsonb) returns numeric language plpgsql immutable strict as $$
begin
    if jsonb_array_length(taxes) = 1 then
        return coalesce((taxes -> 0 ->> 'amount')::numeric, 0);
    end if;
    return (select coalesce(sum((part ->> 'amount')::numeric), 0) from jsonb_array_elements(taxes) as part);
end
$$;

create function check_checkout() returns trigger language plpgsql as $$
declare
    broken text := case
        when new.cart_version < 1 then 'checkouts_cart_version_positive'
        when new.state not in ('OPEN', 'PLACED', 'FAILED', 'CANCELLED') then 'checkouts_state_known'
        when octet_length(new.request_hash) <> 32 then 'checkouts_request_hash_length'
        when jsonb_array_length(new.lines) not between 1 and 99 then 'checkouts_line_count'
        when new.currency !~ '^[A-Z]{3}$' then 'checkouts_currency_form'
        when new.order_number !~ '^[0-9A-HJKMNP-TV-Z]{9}$' then 'checkouts_order_number_form'
        when jsonb_typeof(new.shipping_address) <> 'object' then 'checkouts_address_object'
        when new.subtotal < 0 or new.tax < 0 or new.shipping < 0 then 'checkouts_amounts_not_negative'
        when new.total <> new.subtotal + new.shipping + case when new.tax_included then 0 else new.tax end
            then 'checkouts_total_adds_up'
        when new.tax > new.total then 'checkouts_tax_within_total'
        when new.shipping_tax not between 0 and new.tax then 'checkouts_shipping_tax_range'
        when jsonb_typeof(new.taxes) <> 'array' then 'checkouts_taxes_array'
        when (new.taxes is distinct from old.taxes or new.tax is distinct from old.tax) and new.tax <> sum_of_taxes(new.taxes)
            then 'checkouts_taxes_add_up'
        when new.cart_taken_version <= new.cart_version then 'checkouts_cart_taken_version_later'
        when new.cart_taken_at is not null and new.state not in ('PLACED', 'CANCELLED')
            or new.cart_taken_version is not null and new.cart_taken_at is null then 'checkouts_cart_taken_once_placed'
        when char_length(new.failure_code) not between 1 and 100 then 'checkouts_failure_code_length'
        when new.failure_code is not null and new.state <> 'FAILED' then 'checkouts_failure_code_once_failed'
    end;
begin
    if broken is not null then
        perform refuse_broken_rule('checkouts', broken);
    end if;
    return new;
end
$$;

create function check_order() returns trigger language plpgsql as $$
declare
    broken text := case
        when new.status not in ('PENDING', 'PROCESSING', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'FAILED', 'REFUNDED')
            then 'orders_status_known'
        when new.payment_status not in ('authorised', 'succeeded', 'failed') then 'orders_payment_status_known'
        when new.version < 1 then 'orders_version_positive'
        when new.currency !~ '^[A-Z]{3}$' then 'orders_currency_form'
        when new.order_number !~ '^[0-9A-HJKMNP-TV-Z]{9}$' then 'orders_order_number_form'
        when jsonb_typeof(new.shipping_address) <> 'object' then 'orders_address_object'
        when new.subtotal < 0 or new.tax < 0 or new.shipping < 0 then 'orders_amounts_not_negative'
        when new.total <> new.subtotal + new.shipping + case when new.tax_included then 0 else new.tax end
            then 'orders_total_adds_up'
        when new.tax > new.total then 'orders_tax_within_total'
        when new.shipping_tax not between 0 and new.tax then 'orders_shipping_tax_range'
        when jsonb_typeof(new.taxes) <> 'array' then 'orders_taxes_array'
        when (new.taxes is distinct from old.taxes or new.tax is distinct from old.tax) and new.tax <> sum_of_taxes(new.taxes)
            then 'orders_taxes_add_up'
        when new.closing not in ('expired', 'customer', 'shop') then 'orders_closing_known'
        when (new.closing is null) <> (new.closing_since is null) then 'orders_closing_dated'
        when new.closing is not null and new.status <> 'PENDING' then 'orders_closing_while_pending'
        when new.hold_step not in ('release', 'return', 'let_go') then 'orders_hold_step_known'
        when not (new.hold_step is null or new.status in ('CANCELLED', 'FAILED')
            or new.hold_step in ('return', 'let_go') and new.status in ('REFUNDED', 'SHIPPED', 'DELIVERED'))
            then 'orders_hold_step_once_ended'
    end;
begin
    if broken is not null then
        perform refuse_broken_rule('orders', broken);
    end if;
    return new;
end
$$;

create function check_order_item() returns trigger language plpgsql as $$
declare
    broken text := case
        when new.quantity not between 1 and 999 then 'order_items_quantity_range'
        when new.price < 0 or new.subtotal < 0 or new.tax < 0 or new.discount < 0 then 'order_items_amounts_not_negative'
        when new.subtotal <> new.price * new.quantity then 'order_items_subtotal_is_product'
        when jsonb_typeof(new.options) <> 'array' then 'order_items_options_array'
        when new.tax_rate not between 0 and 1 then 'order_items_tax_rate_range'
        when not (new.tax_rate > 0 or new.tax = 0) then 'order_items_tax_of_rate'
        when char_length(new.tax_name) not between 1 and 100 then 'order_items_tax_name_length'
        when new.tax_rate <> 0 and new.tax_name is null then 'order_items_tax_named'
        when new.returned not between 0 and new.quantity then 'order_items_returned_range'
        when new.withdrawn < 0 or new.returned + new.withdrawn > new.quantity then 'order_items_withdrawn_range'
    end;
begin
    if broken is not null then
        perform refuse_broken_rule('order_items', broken);
    end if;
    return new;
end
$$;

create function check_idempotency_key() returns trigger language plpgsql as $$
declare
    broken text := case
        when octet_length(new.key_hash) <> 32 then 'idempotency_keys_key_hash_length'
        when octet_length(new.request_hash) <> 32 then 'idempotency_keys_request_hash_length'
        when new.state not in ('IN_FLIGHT', 'DONE') then 'idempotency_keys_state_known'
        when new.fence < 1 then 'idempotency_keys_fence_positive'
        when (new.state = 'DONE') <> (new.response_status is not null and new.response_headers is not null
            and new.response_body is not null) then 'idempotency_keys_done_answers'
        when new.response_status not between 200 and 499 then 'idempotency_keys_status_range'
    end;
begin
    if broken is not null then
        perform refuse_broken_rule('idempotency_keys', broken);
    end if;
    return new;
end
$$;

drop trigger checkouts_taxes_add_up on checkouts;
drop trigger orders_taxes_add_up on orders;
drop function refuse_taxes_that_do_not_add_up();

do $$
declare
    known record;
begin
    for known in
        select conrelid::regclass as relation, conname from pg_constraint
        where contype = 'c' and conrelid in
            ('checkouts'::regclass, 'orders'::regclass, 'order_items'::regclass, 'idempotency_keys'::regclass)
    loop
        execute format('alter table %s drop constraint %I', known.relation, known.conname);
    end loop;
end
$$;

create trigger checkouts_rules before insert or update on checkouts for each row execute function check_checkout();
create trigger orders_rules before insert or update on orders for each row execute function check_order();
create trigger order_items_rules before insert or update on order_items for each row execute function check_order_item();
create trigger idempotency_keys_rules before insert or update on idempotency_keys
    for each row execute function check_idempotency_key();
