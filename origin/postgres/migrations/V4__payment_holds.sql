-- What the hold on the order's stock has yet to do about the outcome of an attempt. The hold lies in another store and follows
-- after the commit; until it has, this says so.
alter table payment_attempts add column hold_step text
    constraint payment_attempts_hold_step_known check (hold_step in ('consume', 'give_back'));

create index idx_payment_attempts_hold_step on payment_attempts (order_id, number) where hold_step is not null;
