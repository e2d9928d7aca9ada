//! Lists of products that are filtered by more than their category, found by a text, or read behind a cursor. The edge answers them from
//! what is published; this is what it falls back on, and what its answers are compared with.

use std::collections::BTreeSet;

use deadpool_postgres::Object;
use origin_core::catalog::{CursorKey, ProductCursor, ProductFilter, ProductQuery, ProductSlice, Sort};
use tokio_postgres::{Row, types::ToSql};

use super::list::{LISTED_COLUMNS, tree};
use crate::DbError;

type Parameter = Box<dyn ToSql + Sync + Send>;

/// A statement that grows, and its parameters.
#[derive(Default)]
pub(super) struct Statement {
    text: String,
    parameters: Vec<Parameter>,
}

impl Statement {
    /// Of `query`: the total in each row, and in one row without a product where the part is empty. One product more than was asked
    /// for tells that the list goes on.
    pub(super) fn list(query: &ProductQuery) -> Self {
        let mut this = Self::default();
        let conditions = this.conditions(&query.filter);
        let rank = match (&query.filter.text, query.sort) {
            (Some(text), None) => {
                let wanted = this.wanted_words(text);
                format!("ts_rank({WORDS}, {wanted})")
            }
            _ => "0::real".to_owned(),
        };
        let (order, behind) = match query.sort {
            None => ("rank desc, id", String::new()),
            Some(sort) => (order(sort), this.behind(&query.slice)),
        };
        let offset = match &query.slice {
            ProductSlice::Page(page) => i64::from(page.offset()),
            ProductSlice::Behind(..) => 0,
        };
        let (limit, offset) = (this.bind(i64::from(query.limit()) + 1), this.bind(offset));
        this.text = format!(
            "with wanted as materialized (
                 select p.id, p.created_at, p.price, p.rating, p.name, {rank} as rank from products p where {conditions}
             )
             select total.count, row.* from (select count(*) from wanted) total left join (
                 select {}, page.place
                 from (
                     select id, row_number() over (order by {order}) as place from wanted{behind}
                     order by {order} limit {limit} offset {offset}
                 ) page join products p on p.id = page.id join categories c on c.id = p.category_id
             ) row on true order by row.place",
            *LISTED_COLUMNS
        );
        this
    }

    /// Columns of the products `p`, in categories `c`, that a filter leaves; `rest` goes on behind the conditions.
    pub(super) fn of_products(filter: &ProductFilter, columns: &str, rest: &str) -> Self {
        let mut this = Self::default();
        let conditions = this.conditions(filter);
        this.text = format!(
            "select {columns} from products p join categories c on c.id = p.category_id where {conditions} {rest}"
        );
        this
    }

    /// By what `key` says of their variants `v`: how many products have such a one that passes the filter.
    pub(super) fn of_variants(filter: &ProductFilter, key: &str) -> Self {
        let mut this = Self::default();
        this.variants(filter, &[key], "", None);
        this
    }

    /// The same by the name and value of their options: of the one called `name`, or of those that `asked` asks nothing of.
    pub(super) fn of_options(filter: &ProductFilter, asked: &ProductFilter, name: Option<&String>) -> Self {
        let mut this = Self::default();
        let names = match name {
            Some(name) => format!("o->>0 = {}", this.bind(name.clone())),
            None => format!("o->>0 <> all({})", this.bind(asked.options.keys().cloned().collect::<Vec<_>>())),
        };
        this.variants(filter, &["o->>0", "o->>1"], "cross join jsonb_array_elements(v.options) o", Some(names));
        this
    }

    fn variants(&mut self, filter: &ProductFilter, keys: &[&str], join: &str, more: Option<String>) {
        let mut all = self.of_product(filter);
        all.push("v.deleted_at is null".to_owned());
        all.extend(self.of_one_variant(filter));
        all.extend(more);
        let keys = keys.join(", ");
        self.text = format!(
            "select {keys}, count(distinct p.id) from products p join variants v on v.product_id = p.id {join}
             where {} group by {keys}",
            all.join(" and "),
        );
    }

    /// What it answers.
    pub(super) async fn rows(&self, client: &Object) -> Result<Vec<Row>, DbError> {
        let parameters: Vec<&(dyn ToSql + Sync)> = self.parameters.iter().map(|value| &**value as _).collect();
        // Not kept prepared: there are as many such statements as combinations of filters.
        Ok(client.query(&self.text, &parameters).await?)
    }

    /// The one row that it answers.
    pub(super) async fn one(&self, client: &Object) -> Result<Row, DbError> {
        self.rows(client).await?.pop().ok_or_else(|| DbError::broken("a count without a row"))
    }

    fn bind(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.parameters.push(Box::new(value));
        format!("${}", self.parameters.len())
    }

    fn conditions(&mut self, filter: &ProductFilter) -> String {
        let mut all = self.of_product(filter);
        let variant = self.of_one_variant(filter);
        if !variant.is_empty() {
            all.push(format!(
                "exists (select from variants v where v.product_id = p.id and v.deleted_at is null and {})",
                variant.join(" and ")
            ));
        }
        all.join(" and ")
    }

    fn of_product(&mut self, filter: &ProductFilter) -> Vec<String> {
        let mut all = vec!["p.deleted_at is null and p.published".to_owned()];
        if let Some(category) = &filter.category {
            let slug = self.bind(category.to_string());
            all.push(format!("p.category_id = any(array({}))", tree(&slug)));
        }
        if !filter.tags.is_empty() {
            let tags = self.bind(list(&filter.tags));
            all.push(format!("p.tags @> {tags}::text[]"));
        }
        if !filter.brands.is_empty() {
            let brands = self.bind(list(&filter.brands));
            all.push(format!("p.brand = any({brands})"));
        }
        if let Some(rating) = filter.rating_min {
            let rating = self.bind(rating);
            all.push(format!("p.rating >= {rating}"));
        }
        if let Some(text) = &filter.text {
            let wanted = self.wanted_words(text);
            all.push(format!("{WORDS} @@ ({wanted})"));
        }
        all
    }

    /// All words of a text, of which the last one need only be the beginning where an asterisk stands behind it.
    fn wanted_words(&mut self, text: &str) -> String {
        let (before, last) =
            text.strip_suffix('*').map_or((text, ""), |text| text.rsplit_once(' ').unwrap_or(("", text)));
        let beginning: String = last.chars().filter(|letter| letter.is_alphanumeric()).collect();
        let before = self.bind(before.to_owned());
        let before = format!("websearch_to_tsquery('simple', {before})");
        if beginning.is_empty() {
            return before;
        }
        let beginning = self.bind(format!("{beginning}:*"));
        format!("{before} && to_tsquery('simple', {beginning})")
    }

    fn of_one_variant(&mut self, filter: &ProductFilter) -> Vec<String> {
        let mut all = Vec::new();
        if let Some(least) = filter.price_min {
            let least = self.bind(least);
            all.push(format!("v.price >= {least}"));
        }
        if let Some(most) = filter.price_max {
            let most = self.bind(most);
            all.push(format!("v.price <= {most}"));
        }
        if filter.in_stock {
            all.push("v.stock + v.backorder_limit > 0".to_owned());
        }
        for (name, values) in &filter.options {
            let (name, values) = (self.bind(name.clone()), self.bind(list(values)));
            all.push(format!(
                "exists (select from jsonb_array_elements(v.options) o where o->>0 = {name} and o->>1 = any({values}))"
            ));
        }
        all
    }

    fn behind(&mut self, slice: &ProductSlice) -> String {
        let ProductSlice::Behind(ProductCursor { sort, key, id }, _) = slice else { return String::new() };
        let key = match key {
            CursorKey::Number(number) => self.bind(*number),
            CursorKey::Text(text) => self.bind(text.clone()),
        };
        let id = self.bind(id.as_uuid());
        match sort {
            Sort::Newest => {
                format!(
                    " where (created_at, id) < (timestamptz 'epoch' + {key}::bigint * interval '1 microsecond', {id})"
                )
            }
            Sort::PriceAscending => format!(" where (price, id) > ({key}::bigint / 10000.0, {id})"),
            Sort::PriceDescending => format!(" where (price, id) < ({key}::bigint / 10000.0, {id})"),
            Sort::Rating => {
                format!(" where rating < {key}::bigint / 100.0 or (rating = {key}::bigint / 100.0 and id > {id})")
            }
            Sort::Name => format!(" where (name, id) > ({key}::text, {id})"),
        }
    }
}

/// The words of a product, as its index has them.
const WORDS: &str = "product_words(p.name, p.brand, p.tags, p.description)";

fn list(texts: &BTreeSet<String>) -> Vec<String> {
    texts.iter().cloned().collect()
}

/// The id breaks ties.
pub(super) fn order(sort: Sort) -> &'static str {
    match sort {
        Sort::Newest => "created_at desc, id desc",
        Sort::PriceAscending => "price, id",
        Sort::PriceDescending => "price desc, id desc",
        Sort::Rating => "rating desc, id",
        Sort::Name => "name, id",
    }
}
