//! The list of all products, put together from the groups of one head.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BTreeSet},
};

use commerce_domain::{CategorySlug, ProductId};
use uuid::Uuid;

use crate::{ListingGroup, text::Texts};

/// In which order products are listed. The id breaks ties, in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// The latest first.
    Newest,
    /// The cheapest first.
    PriceAscending,
    /// The dearest first.
    PriceDescending,
    /// The best rated first; among equals the lowest id.
    Rating,
    /// By name, by the bytes of UTF-8.
    Name,
}

/// Where a list was left: behind this product, whose place is found also after it has gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What the list is sorted by, of the last product that was shown.
    pub key: MarkKey,
    /// Its id.
    pub id: ProductId,
}

/// What a list is sorted by, of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkKey {
    /// A time in microseconds, a price in ten-thousandths, or a rating in hundredths.
    Number(i64),
    /// A name.
    Text(String),
}

/// Where in the list to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// With the product at this place, counted from zero.
    At(usize),
    /// With the first one behind.
    Behind(Mark),
}

/// Which products to list.
#[derive(Debug, Clone)]
pub struct ListingQuery<'a> {
    /// Only those of these categories; all products if absent.
    pub categories: Option<&'a BTreeSet<CategorySlug>>,
    /// Only those whose place says so, in the order of ids; all products if absent.
    pub chosen: Option<&'a [bool]>,
    /// In which order.
    pub order: Order,
    /// Where to begin.
    pub start: Start,
    /// How many at most.
    pub limit: usize,
}

/// What the products of a catalog are listed by, in the order of their ids.
#[derive(Debug, Default)]
pub struct Listing {
    ids: Vec<u128>,
    created: Vec<i64>,
    prices: Vec<i64>,
    ratings: Vec<u16>,
    /// Places in `slugs`.
    categories: Vec<u32>,
    slugs: Vec<CategorySlug>,
    /// The names of each group, and the place of its first product.
    names: Vec<(usize, Texts)>,
    /// Orders that were asked for: places of products.
    orders: BTreeMap<Order, Vec<u32>>,
}

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingPage {
    /// The products, in order.
    pub ids: Vec<ProductId>,
    /// How many products the whole list has.
    pub total: usize,
    /// Where the page ends, if there is more behind it.
    pub next: Option<Mark>,
}

impl Listing {
    /// The list of all groups of a head, in the head's order.
    #[must_use]
    pub fn of<'a>(groups: impl IntoIterator<Item = &'a ListingGroup>) -> Self {
        let mut listing = Self::default();
        let mut places = BTreeMap::new();
        for group in groups {
            let known = group.slugs.iter().map(|slug| {
                *places.entry(slug.clone()).or_insert_with(|| {
                    listing.slugs.push(slug.clone());
                    u32::try_from(listing.slugs.len() - 1).unwrap_or(u32::MAX)
                })
            });
            let known: Vec<u32> = known.collect();
            listing.names.push((listing.ids.len(), group.names.clone()));
            listing.ids.extend(&group.ids);
            listing.created.extend(&group.created);
            listing.prices.extend(&group.prices);
            listing.ratings.extend(&group.ratings);
            listing.categories.extend(group.categories.iter().map(|place| known[usize::from(*place)]));
        }
        listing
    }

    /// How many products there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// How many products each category has itself, of those whose place is counted.
    #[must_use]
    pub fn by_category(&self, is_counted: impl Fn(usize) -> bool) -> BTreeMap<CategorySlug, u64> {
        let mut counts = vec![0; self.slugs.len()];
        for (place, category) in self.categories.iter().enumerate() {
            counts[*category as usize] += u64::from(is_counted(place));
        }
        self.slugs.iter().cloned().zip(counts).collect()
    }

    /// Of each product, in the order of ids, whether it is in one of these categories.
    #[must_use]
    pub fn in_categories(&self, wanted: &BTreeSet<CategorySlug>) -> Vec<bool> {
        let is_one: Vec<bool> = self.slugs.iter().map(|slug| wanted.contains(slug)).collect();
        self.categories.iter().map(|category| is_one[*category as usize]).collect()
    }

    /// A part of the list.
    pub fn page(&mut self, query: &ListingQuery<'_>) -> ListingPage {
        self.sort(query.order);
        let is_wanted = self.wanted(query);
        let order = self.orders.get(&query.order).map_or(&[][..], Vec::as_slice);
        let total = order.iter().filter(|place| is_wanted(place)).count();
        let (rest, offset) = match &query.start {
            Start::At(offset) => (order, *offset),
            Start::Behind(mark) => (self.behind(order, query.order, mark), 0),
        };
        let mut listed = rest.iter().filter(|place| is_wanted(place)).skip(offset).copied();
        let places: Vec<u32> = listed.by_ref().take(query.limit).collect();
        let next =
            if listed.next().is_some() { places.last().and_then(|last| self.mark(query.order, *last)) } else { None };
        ListingPage { ids: places.iter().filter_map(|place| self.id(*place)).collect(), total, next }
    }

    /// The best found first, of those that have a score; among equals the lowest id. `start` counts from there.
    #[must_use]
    pub fn best(&self, scores: &[u32], query: &ListingQuery<'_>) -> ListingPage {
        let wanted = self.wanted(query);
        let mut found: Vec<(Reverse<u32>, u32)> = (0_u32..)
            .zip(scores)
            .filter(|(place, score)| **score > 0 && wanted(place))
            .map(|(place, score)| (Reverse(*score), place))
            .collect();
        found.sort_unstable();
        let offset = match query.start {
            Start::At(offset) => offset,
            Start::Behind(_) => 0,
        };
        let page = found.iter().skip(offset).take(query.limit);
        ListingPage { ids: page.filter_map(|(_, place)| self.id(*place)).collect(), total: found.len(), next: None }
    }

    /// Whether a product is among those that a query chooses.
    fn wanted<'q>(&'q self, query: &'q ListingQuery<'q>) -> impl Fn(&u32) -> bool {
        let is_one = |wanted: &BTreeSet<CategorySlug>| self.slugs.iter().map(|slug| wanted.contains(slug)).collect();
        let wanted: Option<Vec<bool>> = query.categories.map(is_one);
        move |place| {
            let place = *place as usize;
            let in_category =
                |wanted: &Vec<bool>| self.categories.get(place).is_some_and(|category| wanted[*category as usize]);
            wanted.as_ref().is_none_or(in_category)
                && query.chosen.is_none_or(|chosen| chosen.get(place).copied().unwrap_or(false))
        }
    }

    /// What of an order is behind a mark.
    fn behind<'o>(&self, order: &'o [u32], by: Order, mark: &Mark) -> &'o [u32] {
        let id = mark.id.as_uuid().as_u128();
        let is_before = |place: &u32| {
            let of_id = self.ids[*place as usize].cmp(&id);
            let compared = match &mark.key {
                MarkKey::Number(number) => self.number(by, *place).cmp(number),
                MarkKey::Text(name) => self.name(*place).cmp(name),
            };
            let compared = match by {
                Order::Newest | Order::PriceDescending => compared.then(of_id).reverse(),
                Order::Rating => compared.reverse().then(of_id),
                Order::PriceAscending | Order::Name => compared.then(of_id),
            };
            compared.is_le()
        };
        &order[order.partition_point(is_before)..]
    }

    fn mark(&self, by: Order, place: u32) -> Option<Mark> {
        let key = match by {
            Order::Name => MarkKey::Text(self.name(place).to_owned()),
            _ => MarkKey::Number(self.number(by, place)),
        };
        Some(Mark { key, id: self.id(place)? })
    }

    /// What an order sorts by, where that is a number.
    fn number(&self, by: Order, place: u32) -> i64 {
        let place = place as usize;
        match by {
            Order::Newest => self.created[place],
            Order::PriceAscending | Order::PriceDescending => self.prices[place],
            Order::Rating => i64::from(self.ratings[place]),
            Order::Name => 0,
        }
    }

    fn id(&self, place: u32) -> Option<ProductId> {
        ProductId::from_uuid(Uuid::from_u128(self.ids[place as usize])).ok()
    }

    fn name(&self, place: u32) -> &str {
        let place = place as usize;
        let behind = self.names.partition_point(|(first, _)| *first <= place);
        let group = behind.checked_sub(1).and_then(|group| self.names.get(group));
        group.and_then(|(first, names)| names.get(place - first)).unwrap_or_default()
    }

    /// Makes an order once.
    fn sort(&mut self, order: Order) {
        if !self.orders.contains_key(&order) {
            let mut places: Vec<u32> = (0..u32::try_from(self.ids.len()).unwrap_or(u32::MAX)).collect();
            places.sort_unstable_by(|one, other| self.compare(order, *one, *other));
            self.orders.insert(order, places);
        }
    }

    /// Which of two places comes first. Places are in the order of ids, and break ties.
    fn compare(&self, order: Order, one: u32, other: u32) -> Ordering {
        let by_number = || self.number(order, one).cmp(&self.number(order, other));
        match order {
            Order::Newest | Order::PriceDescending => by_number().then(one.cmp(&other)).reverse(),
            Order::Rating => by_number().reverse().then(one.cmp(&other)),
            Order::PriceAscending => by_number().then(one.cmp(&other)),
            Order::Name => self.name(one).cmp(self.name(other)).then(one.cmp(&other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use commerce_domain::Product;
    use proptest::prelude::*;

    use super::*;
    use crate::{BuiltGroup, Kind, build_group, product::samples::product};

    const ORDERS: [Order; 5] =
        [Order::Newest, Order::PriceAscending, Order::PriceDescending, Order::Rating, Order::Name];

    fn listing(groups: &[&[Product]]) -> Listing {
        let built: Vec<BuiltGroup> = groups.iter().filter_map(|group| build_group(group)).collect();
        let groups: Vec<ListingGroup> = built.iter().map(of_group).collect();
        Listing::of(&groups)
    }

    fn of_group(group: &BuiltGroup) -> ListingGroup {
        let segment = group.segments.iter().find(|segment| segment.id() == group.entry.listing).unwrap();
        assert_eq!(segment.bytes()[5], Kind::Listing as u8);
        ListingGroup::read(segment.bytes()).unwrap()
    }

    /// What the database's statement says, word for word.
    fn expected(products: &[Product], order: Order) -> Vec<&Product> {
        let mut products: Vec<&Product> = products.iter().collect();
        let price = |product: &Product| product.price().unwrap().amount();
        match order {
            Order::Newest => products.sort_by_key(|product| Reverse((product.created_at, product.id))),
            Order::PriceAscending => products.sort_by_key(|product| (price(product), product.id)),
            Order::PriceDescending => products.sort_by_key(|product| Reverse((price(product), product.id))),
            Order::Rating => products.sort_by_key(|product| (Reverse(product.rating), product.id)),
            Order::Name => products.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id))),
        }
        products
    }

    proptest! {
        #[test]
        fn a_page_is_that_part_of_the_sorted_list(
            count in 0_u32..300, cuts in proptest::collection::vec(any::<prop::sample::Index>(), 2), offset in 0_usize..320,
            limit in 1_usize..40, wanted in proptest::option::of(proptest::sample::subsequence(vec!["lamps", "desks", "none"], 0..=3)),
        ) {
            let products: Vec<Product> = (0..count).map(product).collect();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(products.len() + 1)).collect();
            cuts.sort_unstable();
            let mut listing = listing(&[&products[..cuts[0]], &products[cuts[0]..cuts[1]], &products[cuts[1]..]]);
            let wanted: Option<BTreeSet<CategorySlug>> =
                wanted.map(|slugs| slugs.into_iter().map(|slug| slug.parse().unwrap()).collect());
            let chosen: Vec<bool> = products.iter().map(|product| product.review_count % 3 > 0).collect();
            let chosen = offset.is_multiple_of(2).then_some(&chosen[..]);
            for order in ORDERS {
                let mut all = expected(&products, order);
                all.retain(|product| wanted.as_ref().is_none_or(|wanted| wanted.contains(&product.category)));
                all.retain(|product| chosen.is_none() || product.review_count % 3 > 0);
                let query = ListingQuery { categories: wanted.as_ref(), chosen, order, start: Start::At(offset), limit };
                let page = listing.page(&query);
                prop_assert_eq!(page.total, all.len());
                let ids: Vec<_> = all.iter().skip(offset).take(limit).map(|product| product.id).collect();
                prop_assert_eq!(page.ids, ids, "{:?}", order);
                prop_assert_eq!(page.next.is_some(), all.len() > offset + limit);
            }
        }

        #[test]
        fn who_goes_on_behind_a_mark_misses_nothing_that_stays_and_sees_nothing_twice(
            count in 1_u32..120, limit in 1_usize..20, gone in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let products: Vec<Product> = (0..count).map(product).collect();
            let gone: BTreeSet<usize> = gone.iter().map(|gone| gone.index(products.len())).collect();
            let left: Vec<Product> =
                products.iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, product)| product.clone()).collect();
            for order in ORDERS {
                let query = |start| ListingQuery { categories: None, chosen: None, order, start, limit };
                let (mut before, mut after) = (listing(&[&products]), listing(&[&left]));
                let first = before.page(&query(Start::At(0)));
                let (mut seen, mut next) = (first.ids, first.next);
                while let Some(mark) = next {
                    let page = after.page(&query(Start::Behind(mark)));
                    seen.extend(page.ids);
                    next = page.next;
                }
                let shown: BTreeSet<ProductId> = seen.iter().copied().collect();
                prop_assert_eq!(shown.len(), seen.len(), "{:?}: twice", order);
                prop_assert!(left.iter().all(|product| shown.contains(&product.id)), "{:?}: missed", order);
            }
        }
    }
}
