-- Numbers of orders; invoices and credit notes.

-- The number of an order: eight random characters of Crockford's base 32 and a check character, made with the order's id and kept
-- by every retry.
alter table checkouts add column order_number text;
create unique index checkouts_order_number_unique on checkouts (order_number);

-- As `OrderNumber` makes them: the check character is Horner's scheme at x, in GF(32) by x^5 + x^3 + 1 (41). The first five bytes of
-- such a UUID are random.
create function pg_temp.new_order_number() returns text language plpgsql as $$
declare
    alphabet constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    random constant bytea := uuid_send(gen_random_uuid());
    bits bigint := 0;
    digit integer;
    sum integer := 0;
    digits text := '';
begin
    for byte in 0..4 loop
        bits := (bits << 8) | get_byte(random, byte);
    end loop;
    for place in reverse 7..0 loop
        digit := (bits >> (5 * place)) & 31;
        digits := digits || substr(alphabet, digit + 1, 1);
        sum := sum << 1;
        sum := (case when sum < 32 then sum else sum # 41 end) # digit;
    end loop;
    sum := sum << 1;
    return digits || substr(alphabet, (case when sum < 32 then sum else sum # 41 end) + 1, 1);
end
$$;

do $$
declare
    checkout record;
    number text;
begin
    for checkout in select id from checkouts loop
        loop
            number := pg_temp.new_order_number();
            exit when not exists (select from checkouts where order_number = number);
        end loop;
        update checkouts set order_number = number where id = checkout.id;
    end loop;
end
$$;

alter table checkouts
    alter column order_number set not null,
    add constraint checkouts_order_number_form check (order_number ~ '^[0-9A-HJKMNP-TV-Z]{9}$');

alter table orders add column order_number text;
update orders o set order_number = c.order_number from checkouts c where c.id = o.checkout_id;
alter table orders
    alter column order_number set not null,
    add constraint orders_order_number_form check (order_number ~ '^[0-9A-HJKMNP-TV-Z]{9}$');
create unique index orders_order_number_unique on orders (order_number);

-- The last number of a series. Whoever issues a paper holds this row until the paper is committed, and gives the number back with
-- its transaction: so a series has no gap.
create table invoice_counters (
    legal_entity  text not null,
    year          smallint not null,
    last          integer not null,
    primary key (legal_entity, year),
    constraint invoice_counters_last_positive check (last >= 1)
);

create table invoices (
    id            uuid primary key,
    -- Who issues it, and the year there: with the number, what stands on the paper.
    legal_entity  text not null,
    year          smallint not null,
    number        integer not null,
    kind          text not null,
    order_id      uuid not null,
    -- What a credit note is about.
    refund_id     uuid,
    -- All that the paper says, the buyer's name and address among it.
    snapshot      jsonb not null,
    issued_at     timestamptz not null,
    constraint invoices_number_unique unique (legal_entity, year, number),
    constraint invoices_order_exists foreign key (order_id) references orders (id),
    constraint invoices_refund_exists foreign key (refund_id) references refunds (id),
    constraint invoices_counter_exists foreign key (legal_entity, year) references invoice_counters (legal_entity, year),
    constraint invoices_legal_entity_form check (legal_entity ~ '^[A-Z0-9]{1,10}$'),
    constraint invoices_number_positive check (number >= 1),
    constraint invoices_kind_known check (kind in ('invoice', 'credit_note')),
    constraint invoices_credit_note_of_refund check ((kind = 'credit_note') = (refund_id is not null)),
    constraint invoices_snapshot_object check (jsonb_typeof(snapshot) = 'object')
);

create unique index invoices_one_per_order on invoices (order_id) where kind = 'invoice';
create unique index invoices_one_per_refund on invoices (refund_id) where refund_id is not null;
create index idx_invoices_order on invoices (order_id);

-- A number comes after the one before it, whoever writes it.
create function refuse_gap_in_invoices() returns trigger language plpgsql as $$
begin
    if new.number > 1 and not exists (
        select from invoices where legal_entity = new.legal_entity and year = new.year and number = new.number - 1
    ) then
        raise exception 'the number before it was not issued'
            using errcode = 'check_violation', constraint = 'invoices_number_follows';
    end if;
    return new;
end
$$;

create trigger invoices_number_follows before insert on invoices for each row execute function refuse_gap_in_invoices();

create function refuse_invoice_change() returns trigger language plpgsql as $$
begin
    raise exception 'what was issued stays as it is' using errcode = 'restrict_violation';
end
$$;

create trigger invoices_append_only before update or delete or truncate on invoices
    for each statement execute function refuse_invoice_change();
