//! Pages of a list.

use serde::{Deserialize, Serialize};

use crate::{
    limits::{DEFAULT_PAGE_SIZE, MAX_PAGE, MAX_PAGE_SIZE},
    problem::Problem,
};

/// Which part of a list was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub page: u32,
    /// Rows a page, 1 to [`MAX_PAGE_SIZE`].
    pub limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { page: 1, limit: DEFAULT_PAGE_SIZE }
    }
}

impl Page {
    /// Reads `page` and `limit` as they stand in a query, where absent means the default.
    ///
    /// # Errors
    /// A 400 that names the field.
    pub fn parse(page: Option<&str>, limit: Option<&str>) -> Result<Self, Problem> {
        Ok(Self { page: in_range("page", page, 1, MAX_PAGE)?, limit: limit_of(limit)? })
    }

    /// How many rows come before this page.
    #[must_use]
    pub fn offset(self) -> u32 {
        (self.page - 1) * self.limit
    }
}

/// Reads `limit` as it stands in a query.
pub(crate) fn limit_of(limit: Option<&str>) -> Result<u32, Problem> {
    in_range("limit", limit, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
}

fn in_range(field: &'static str, text: Option<&str>, default: u32, max: u32) -> Result<u32, Problem> {
    let Some(text) = text else { return Ok(default) };
    // `u32::from_str` takes a leading plus; a query does not.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (1..=max).contains(number));
    number.ok_or_else(|| Problem::invalid(field, format!("must be a whole number from 1 to {max}")))
}

/// Where a page stands in the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// From 1.
    pub page: u32,
    /// Rows a page.
    pub limit: u32,
    /// Rows in the whole list.
    pub total: u64,
    /// Pages in the whole list.
    pub total_pages: u64,
}

impl Pagination {
    /// The place of `page` in a list of `total` rows.
    #[must_use]
    pub fn new(page: Page, total: u64) -> Self {
        Self { page: page.page, limit: page.limit, total, total_pages: total.div_ceil(u64::from(page.limit)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_numbers_mean_the_first_twenty() {
        assert_eq!(Page::parse(None, None).unwrap(), Page { page: 1, limit: 20 });
        assert_eq!(Page::parse(Some("3"), Some("100")).unwrap().offset(), 200);
    }

    #[test]
    fn what_is_no_number_in_range_is_refused() {
        for bad in ["0", "-1", "+1", "101", "1.5", "", "ten", " 1", "99999999999"] {
            assert!(Page::parse(None, Some(bad)).is_err(), "{bad}");
        }
        assert!(Page::parse(Some("10001"), None).is_err());
    }

    #[test]
    fn the_reference_has_eight_pages_of_twenty() {
        assert_eq!(Pagination::new(Page::default(), 156).total_pages, 8);
    }
}
