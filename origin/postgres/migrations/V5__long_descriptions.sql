-- Files bring descriptions that are longer than a list could show.

alter table products drop constraint products_description_length;
alter table products add constraint products_description_length check (char_length(description) <= 100000);
