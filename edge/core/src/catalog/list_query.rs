//! The query of the product list, checked before any I/O and spelled one way.

use commerce_api::{Problem, Sort, limits, page::Page};
use commerce_domain::CategorySlug;

use crate::{published::Wanted, query::Query};

/// What a product list can be asked for. Parameters that are not listed here change nothing, so they are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListQuery {
    page: Page,
    category: Option<CategorySlug>,
    sort: Sort,
}

impl ListQuery {
    /// Reads the known parameters. An empty `category` or `sort` is refused like any other that does not exist.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub(crate) fn parse(query: &Query) -> Result<Self, Problem> {
        let page = Page::parse(query.one("page")?, query.one("limit")?)?;
        let category = query.one("category")?.map(str::parse::<CategorySlug>).transpose();
        let category = category.map_err(|error| Problem::invalid("category", error.to_string()))?;
        Ok(Self { page, category, sort: Sort::parse(query.one("sort")?)? })
    }

    /// What it asks of the published catalog.
    pub(super) fn wanted(&self) -> Wanted {
        Wanted::Page { page: self.page, category: self.category.clone(), sort: self.sort }
    }

    /// The parameters that differ from their defaults, sorted by name. Every value is plain ASCII that needs no encoding.
    pub(crate) fn canonical(&self) -> String {
        let mut parts = Vec::new();
        if let Some(category) = &self.category {
            parts.push(format!("category={category}"));
        }
        if self.page.limit != limits::DEFAULT_PAGE_SIZE {
            parts.push(format!("limit={}", self.page.limit));
        }
        if self.page.page != 1 {
            parts.push(format!("page={}", self.page.page));
        }
        if self.sort != Sort::default() {
            parts.push(format!("sort={}", self.sort.as_str()));
        }
        parts.join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, Problem> {
        Ok(ListQuery::parse(&Query::parse(text)?)?.canonical())
    }

    #[test]
    fn spellings_of_one_list_share_one_key() {
        for spelling in ["", "page=1&limit=20", "limit=20", "utm_source=mail&page=1", "page=01", "sort=newest"] {
            assert_eq!(canonical(spelling).unwrap(), "", "{spelling}");
        }
        let all = "category=home-garden&limit=5&page=3&sort=price_asc";
        assert_eq!(canonical("sort=price_asc&page=3&limit=5&category=home-garden&x=y").unwrap(), all);
        assert_eq!(canonical("sort=%70rice_asc&page=3&limit=5&category=home%2Dgarden").unwrap(), all);
    }

    #[test]
    fn what_no_list_has_is_refused_by_name() {
        for (query, field) in [
            ("page=0", "page"),
            ("page=10001", "page"),
            ("limit=101", "limit"),
            ("limit=", "limit"),
            ("limit=5&limit=5", "limit"),
            ("category=Home+Garden", "category"),
            ("category=", "category"),
            ("sort=price", "sort"),
            ("sort=", "sort"),
        ] {
            let problem = canonical(query).unwrap_err();
            assert_eq!((problem.status().as_u16(), problem.fields()[0].field.as_str()), (400, field), "{query}");
        }
    }
}
