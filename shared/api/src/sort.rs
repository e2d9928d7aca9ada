//! The orders in which products are listed.

use crate::Problem;

/// In which order products are listed. The id breaks ties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The latest first.
    #[default]
    Newest,
    /// The cheapest first.
    PriceAscending,
    /// The dearest first.
    PriceDescending,
    /// The best rated first.
    Rating,
    /// By name.
    Name,
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 5] = [Self::PriceAscending, Self::PriceDescending, Self::Newest, Self::Rating, Self::Name];

    /// The order of a query's `sort`, where absent means the default.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else { return Ok(Self::default()) };
        Self::ALL.into_iter().find(|sort| sort.as_str() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            Problem::invalid("sort", format!("must be one of {names}"))
        })
    }

    /// The name in a query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::PriceAscending => "price_asc",
            Self::PriceDescending => "price_desc",
            Self::Rating => "rating",
            Self::Name => "name",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_read_by_its_name_and_nothing_else_is() {
        for sort in Sort::ALL {
            assert_eq!(Sort::parse(Some(sort.as_str())), Ok(sort));
        }
        assert_eq!(Sort::parse(None), Ok(Sort::Newest));
        for bad in ["", "price", "Newest", "newest "] {
            assert_eq!(Sort::parse(Some(bad)).unwrap_err().fields()[0].field, "sort", "{bad}");
        }
    }
}
