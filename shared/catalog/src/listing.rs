//! What the products of a group are listed by: one column for each.

use std::collections::BTreeMap;

use bytes::Bytes;
use commerce_domain::{CategorySlug, Money, Product, ProductId};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use uuid::Uuid;

use crate::{
    Kind, Segment, SegmentError, column,
    product::rating_hundredths,
    segment,
    text::{self, Texts},
};

/// Prices of all currencies are compared in ten-thousandths, as the database compares them.
const PRICE_SCALE: u32 = 4;

/// The columns of a group. All have one cell for each product, in the order of their ids.
#[derive(Debug, Clone)]
pub struct ListingGroup {
    pub(crate) ids: Vec<u128>,
    /// Microseconds since 1970.
    pub(crate) created: Vec<i64>,
    /// The lowest price of the variants, in ten-thousandths of its currency.
    pub(crate) prices: Vec<i64>,
    /// In hundredths.
    pub(crate) ratings: Vec<u16>,
    /// Places in `slugs`.
    pub(crate) categories: Vec<u16>,
    pub(crate) slugs: Vec<CategorySlug>,
    pub(crate) names: Texts,
}

impl ListingGroup {
    /// The listing of products that stand in the order of their ids.
    pub(crate) fn write(products: &[Product]) -> Segment {
        let mut places = BTreeMap::new();
        for product in products {
            places.insert(&product.category, 0_u16);
        }
        for (place, (_, number)) in (0_u16..).zip(&mut places) {
            *number = place;
        }
        segment::write(
            Kind::Listing,
            &[
                column::write(products.iter().map(|product| product.id.as_uuid().as_u128())),
                column::write(products.iter().map(|product| product.created_at.as_microsecond())),
                column::write(products.iter().map(price)),
                column::write(products.iter().map(|product| rating_hundredths(product.rating))),
                column::write(products.iter().map(|product| places[&product.category])),
                text::write(places.keys().map(|slug| slug.as_str())),
                text::write(products.iter().map(|product| product.name.as_str())),
            ],
        )
    }

    /// Reads a listing.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn read(bytes: &Bytes) -> Result<Self, SegmentError> {
        let [ids, created, prices, ratings, categories, slugs, names] = segment::read(Kind::Listing, bytes)?;
        let ids: Vec<u128> = column::cells(&ids).collect();
        let count = ids.len();
        let slugs = Texts::read(&slugs)?.iter().map(str::parse).collect::<Result<Vec<_>, _>>();
        let group = Self {
            created: column::read(&created, count)?.collect(),
            prices: column::read(&prices, count)?.collect(),
            ratings: column::read(&ratings, count)?.collect(),
            categories: column::read(&categories, count)?.collect(),
            slugs: slugs.map_err(|_| SegmentError::Malformed("a category"))?,
            names: Texts::read(&names)?,
            ids,
        };
        if group.names.len() != count {
            return Err(SegmentError::Malformed("the number of names"));
        }
        if group.categories.iter().any(|place| usize::from(*place) >= group.slugs.len()) {
            return Err(SegmentError::Malformed("the place of a category"));
        }
        Ok(group)
    }

    /// Of each product, in hundredths.
    #[must_use]
    pub fn ratings(&self) -> &[u16] {
        &self.ratings
    }

    /// The products, in the order of their ids.
    pub fn ids(&self) -> impl Iterator<Item = ProductId> {
        self.ids.iter().filter_map(|id| ProductId::from_uuid(Uuid::from_u128(*id)).ok())
    }
}

/// The lowest price, in ten-thousandths.
fn price(product: &Product) -> i64 {
    product.price().map_or(0, ten_thousandths)
}

/// An amount in ten-thousandths of its currency. It fits: money has twelve digits before the point.
pub(crate) fn ten_thousandths(money: Money) -> i64 {
    (money.amount() * Decimal::from(10_i64.pow(PRICE_SCALE))).to_i64().unwrap_or(i64::MAX)
}
