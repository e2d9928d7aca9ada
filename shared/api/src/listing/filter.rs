//! Which products a list is of.

use std::collections::{BTreeMap, BTreeSet};

use commerce_domain::CategorySlug;
use rust_decimal::Decimal;

use crate::{Problem, query::Query};

/// Of tags, brands and options: how many values each parameter takes.
const MAX_VALUES: usize = 20;
/// The longest value, in characters.
const MAX_VALUE: usize = 255;
/// The longest text that is searched for, in characters.
const MAX_SEARCH: usize = 200;
/// Prices have this many decimals at most (the Chilean unidad de fomento has four).
const PRICE_DECIMALS: u32 = 4;
const RATING_DECIMALS: u32 = 2;

/// Which products. Nothing of it set: all. What a variant has (price, stock, options) is asked of one variant at a time: a product that
/// is blue in S and red in XL is not blue and XL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductFilter {
    /// Only those of this category and of the categories below it.
    pub category: Option<CategorySlug>,
    /// With all of these tags.
    pub tags: BTreeSet<String>,
    /// Of one of these brands.
    pub brands: BTreeSet<String>,
    /// A variant that costs at least so much.
    pub price_min: Option<Decimal>,
    /// A variant that costs at most so much.
    pub price_max: Option<Decimal>,
    /// Rated so or better, 0 to 5.
    pub rating_min: Option<Decimal>,
    /// A variant that can be bought.
    pub in_stock: bool,
    /// A variant that has, of each of these options, one of its values.
    pub options: BTreeMap<String, BTreeSet<String>>,
    /// What this text finds.
    pub text: Option<String>,
}

impl ProductFilter {
    /// The names of its parameters.
    pub(super) const NAMES: [&'static str; 9] =
        ["category", "tag", "brand", "price_min", "price_max", "rating_min", "in_stock", "option", "q"];

    /// Reads the filters of a query.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub(super) fn parse(query: &Query) -> Result<Self, Problem> {
        let category = query.one("category")?.map(str::parse::<CategorySlug>).transpose();
        let filter = Self {
            category: category.map_err(|error| Problem::invalid("category", error.to_string()))?,
            tags: values(query, "tag")?.map(str::to_owned).collect(),
            brands: values(query, "brand")?.map(str::to_owned).collect(),
            price_min: number(
                "price_min",
                query.one("price_min")?,
                PRICE_DECIMALS,
                Decimal::from(999_999_999_999_i64),
            )?,
            price_max: number(
                "price_max",
                query.one("price_max")?,
                PRICE_DECIMALS,
                Decimal::from(999_999_999_999_i64),
            )?,
            rating_min: number("rating_min", query.one("rating_min")?, RATING_DECIMALS, Decimal::from(5))?,
            in_stock: flag("in_stock", query.one("in_stock")?)?,
            options: options(query)?,
            text: query.one("q")?.map(search_text).transpose()?,
        };
        let is_empty_range = filter.price_min.zip(filter.price_max).is_some_and(|(min, max)| min > max);
        if is_empty_range { Err(Problem::invalid("price_max", "must not be below price_min")) } else { Ok(filter) }
    }

    /// Adds the parameters that say the same, spelled one way.
    pub(super) fn write(&self, query: &mut Query) {
        let one = [
            ("category", self.category.as_ref().map(ToString::to_string)),
            ("price_min", self.price_min.map(|price| price.to_string())),
            ("price_max", self.price_max.map(|price| price.to_string())),
            ("rating_min", self.rating_min.map(|rating| rating.to_string())),
            ("in_stock", self.in_stock.then(|| "true".to_owned())),
            ("q", self.text.clone()),
        ];
        for (name, value) in one {
            if let Some(value) = value {
                query.push(name, value);
            }
        }
        for tag in &self.tags {
            query.push("tag", tag);
        }
        for brand in &self.brands {
            query.push("brand", brand);
        }
        for (name, values) in &self.options {
            for value in values {
                query.push("option", format!("{name}:{value}"));
            }
        }
    }

    /// Whether it asks for nothing but a category. There are as many such lists as categories; of others there is no end.
    #[must_use]
    pub fn is_by_category_alone(&self) -> bool {
        *self == Self { category: self.category.clone(), ..Self::default() }
    }
}

/// The values of a parameter that may stand several times.
fn values<'q>(query: &'q Query, name: &'static str) -> Result<impl Iterator<Item = &'q str>, Problem> {
    if query.all(name).count() > MAX_VALUES {
        return Err(Problem::invalid(name, format!("must stand at most {MAX_VALUES} times")));
    }
    if query.all(name).any(|value| !is_text(value, MAX_VALUE)) {
        return Err(Problem::invalid(
            name,
            format!("must have 1 to {MAX_VALUE} characters, none of them a control one"),
        ));
    }
    Ok(query.all(name))
}

/// `option=Size:XL`, once for each value.
fn options(query: &Query) -> Result<BTreeMap<String, BTreeSet<String>>, Problem> {
    let mut options = BTreeMap::<String, BTreeSet<String>>::new();
    for option in values(query, "option")? {
        let pair = option.split_once(':').filter(|(name, value)| !name.is_empty() && !value.is_empty());
        let (name, value) = pair.ok_or_else(|| Problem::invalid("option", "must be a name and a value, as Size:XL"))?;
        options.entry(name.to_owned()).or_default().insert(value.to_owned());
    }
    Ok(options)
}

fn number(name: &'static str, text: Option<&str>, decimals: u32, max: Decimal) -> Result<Option<Decimal>, Problem> {
    let Some(text) = text else { return Ok(None) };
    // Nothing but digits and one point: neither a sign nor an exponent.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text.len() <= 32;
    let number = if is_plain { text.parse::<Decimal>().ok().map(|number| number.normalize()) } else { None };
    let number = number.filter(|number| number.scale() <= decimals && *number <= max);
    let wrong = || Problem::invalid(name, format!("must be a number from 0 to {max} with at most {decimals} decimals"));
    number.map(Some).ok_or_else(wrong)
}

/// "true" or "false"; false if absent.
fn flag(name: &'static str, text: Option<&str>) -> Result<bool, Problem> {
    text.map_or(Ok(false), |text| text.parse().map_err(|_| Problem::invalid(name, "must be true or false")))
}

/// The text with one space between its words.
fn search_text(text: &str) -> Result<String, Problem> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if is_text(&text, MAX_SEARCH) {
        return Ok(text);
    }
    Err(Problem::invalid("q", format!("must have 1 to {MAX_SEARCH} characters, none of them a control one")))
}

/// Whether it is something that a product can have: a database takes no NUL.
pub(super) fn is_text(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}
