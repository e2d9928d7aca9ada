//! From a request to an entry or a change, naming every bad field.

mod change;
mod new;

pub(super) use change::change;
use commerce_api::{Amount, problem::FieldError};
use commerce_domain::{CategorySlug, Currency, Money};
pub(super) use new::entry;

use super::WriteProductError;
use crate::catalog::{
    entry::{EntryImage, Extra},
    rules::{self, MAX_IMAGES, Reason},
};

/// The bad fields of a request.
#[derive(Debug, Default)]
struct Bad(Vec<FieldError>);

impl Bad {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    fn take<T>(&mut self, field: impl Into<String>, outcome: Result<T, Reason>) -> Option<T> {
        outcome.map_err(|reason| self.add(field, reason)).ok()
    }

    /// The value if nothing was bad.
    fn or<T>(self, value: Option<T>) -> Result<T, WriteProductError> {
        value.filter(|_| self.0.is_empty()).ok_or(WriteProductError::Invalid(self.0))
    }
}

fn positive(amount: Amount, currency: Currency) -> Result<Money, Reason> {
    let price = rules::amount(amount, currency)?;
    if price.is_zero() { Err("must be greater than 0".to_owned()) } else { Ok(price) }
}

fn category(id: &str) -> Result<CategorySlug, Reason> {
    CategorySlug::from_category_id(id).map_err(|_| "must be the id of a category".to_owned())
}

fn tags(given: &[String]) -> Result<Vec<String>, Reason> {
    rules::tags(given.iter().map(String::as_str))
}

fn image(url: &str) -> EntryImage {
    EntryImage { url: url.to_owned(), alt: String::new(), extra: Extra::new() }
}

fn check_images(urls: &[String], bad: &mut Bad) {
    if urls.len() > MAX_IMAGES {
        bad.add("images", format!("has more than {MAX_IMAGES} images"));
    }
    for (index, url) in urls.iter().take(MAX_IMAGES).enumerate() {
        bad.take(format!("images[{index}]"), rules::image_url(url));
    }
}
