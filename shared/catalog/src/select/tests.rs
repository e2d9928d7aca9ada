//! Choosing and counting, against the same asked of each product in plain words.

use bytes::Bytes;
use commerce_domain::{Product, Variant, VariantId};
use proptest::prelude::*;

use super::*;
use crate::{
    StockLevel,
    listing::ten_thousandths,
    product::{rating_hundredths, samples::product},
};

/// A product with variants of all colours and sizes that the bits say.
fn coloured(index: u32, bits: u16) -> Product {
    let mut product = Product {
        tags: (0..3).filter(|tag| index >> tag & 1 == 1).map(|tag| format!("t{tag}")).collect(),
        ..product(index)
    };
    let first = product.variants[0].clone();
    let pairs = ["red", "blue", "green"].iter().flat_map(|colour| ["S", "XL"].map(|size| (*colour, size)));
    let variant = |(place, (colour, size)): (i64, (&str, &str))| Variant {
        options: vec![("Colour".to_owned(), colour.to_owned()), ("Size".to_owned(), size.to_owned())],
        stock: (i64::from(index) + place) % 3 - 1,
        ..first.clone()
    };
    product.variants = (0..).zip(pairs).filter(|(place, _)| bits >> place & 1 == 1).map(variant).collect();
    if product.variants.is_empty() {
        product.variants.push(first);
    }
    product
}

fn can(variant: &Variant) -> bool {
    variant.stock > 0
}

/// What the selection says, of one product.
fn is_chosen(selection: &Selection, product: &Product) -> bool {
    let fits = |variant: &Variant| {
        let price = ten_thousandths(variant.price);
        let has = |(name, values): (&String, &BTreeSet<String>)| {
            variant.options.iter().any(|(option, value)| option == name && values.contains(value))
        };
        selection.least_price.is_none_or(|least| price >= least)
            && selection.most_price.is_none_or(|most| price <= most)
            && (!selection.in_stock || can(variant))
            && selection.options.iter().all(has)
    };
    (selection.brands.is_empty() || product.brand.as_ref().is_some_and(|brand| selection.brands.contains(brand)))
        && selection.tags.iter().all(|tag| product.tags.contains(tag))
        && selection.least_rating.is_none_or(|least| rating_hundredths(product.rating) >= least)
        && product.variants.iter().any(fits)
}

fn names(all: &'static [&'static str]) -> impl Strategy<Value = BTreeSet<String>> {
    proptest::sample::subsequence(all, 0..=2).prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

fn selection() -> impl Strategy<Value = Selection> {
    let options = (names(&["red", "blue", "violet"]), names(&["S", "XL"])).prop_map(|(colours, sizes)| {
        let options = [("Colour".to_owned(), colours), ("Size".to_owned(), sizes)];
        options.into_iter().filter(|(_, values)| !values.is_empty()).collect()
    });
    let price = || proptest::option::of((0_i64..10).prop_map(|price| price * 10_000));
    let rating = proptest::option::of((0_u16..6).prop_map(|rating| rating * 100));
    (
        names(&["Brand 1", "Brand 4", "None"]),
        names(&["t0", "t1", "none"]),
        rating,
        price(),
        price(),
        any::<bool>(),
        options,
    )
        .prop_map(|(brands, tags, least_rating, least_price, most_price, in_stock, options)| Selection {
            brands,
            tags,
            least_rating,
            least_price,
            most_price,
            in_stock,
            options,
        })
}

fn group(products: &[Product]) -> FacetGroup {
    FacetGroup::read(FacetGroup::write(products).bytes()).unwrap()
}

proptest! {
    #[test]
    fn what_is_chosen_and_counted_is_what_each_product_says(
        selection in selection(), bits in proptest::collection::vec(0_u16..64, 1..40),
    ) {
        let products: Vec<Product> = (0..).zip(&bits).map(|(index, bits)| coloured(index, *bits)).collect();
        let facets = group(&products);
        let ratings: Vec<u16> = products.iter().map(|product| rating_hundredths(product.rating)).collect();
        let in_stock: Vec<bool> = products.iter().flat_map(|product| &product.variants).map(can).collect();
        let chosen = Chosen { facets: &facets, ratings: &ratings, in_stock: &in_stock };
        let expected: Vec<bool> = products.iter().map(|product| is_chosen(&selection, product)).collect();
        prop_assert_eq!(choose(&selection, &chosen, |_| true), expected);

        let bounds = [100_000, 500_000];
        let mut counts = FacetCounts::default();
        counts.add(&selection, &chosen, &bounds, |_| true);
        let count = |selection: &Selection| products.iter().filter(|product| is_chosen(selection, product)).count();
        for brand in ["Brand 1", "Brand 2", "Brand 4"] {
            let only = Selection { brands: [brand.to_owned()].into(), ..selection.clone() };
            prop_assert_eq!(counts.brands.get(brand).copied().unwrap_or(0), count(&only));
        }
        for (name, value) in [("Colour", "red"), ("Colour", "green"), ("Size", "XL")] {
            let mut only = selection.clone();
            only.options.insert(name.to_owned(), [value.to_owned()].into());
            let counted = counts.options.get(name).and_then(|values| values.get(value)).copied().unwrap_or(0);
            prop_assert_eq!(counted, count(&only), "{} {}", name, value);
        }
        prop_assert_eq!(counts.in_stock, count(&Selection { in_stock: true, ..selection.clone() }));
        for (place, least) in (1..=5_u16).rev().enumerate() {
            let only = Selection { least_rating: Some(least * 100), ..selection.clone() };
            prop_assert_eq!(counts.ratings[place], count(&only));
        }
        for (bucket, (least, most)) in [(None, Some(99_999)), (Some(100_000), Some(499_999)), (Some(500_000), None)].into_iter().enumerate() {
            let only = Selection { least_price: least, most_price: most, ..selection.clone() };
            prop_assert_eq!(counts.prices[bucket], count(&only));
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(place: prop::sample::Index, byte: u8, selection in selection()) {
        let products: Vec<Product> = (0..5).map(|index| coloured(index, 37)).collect();
        let mut bytes = FacetGroup::write(&products).bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(facets) = FacetGroup::read(&Bytes::from(bytes)) {
            let chosen = Chosen { facets: &facets, ratings: &[], in_stock: &[] };
            let _ = choose(&selection, &chosen, |_| true);
            FacetCounts::default().add(&selection, &chosen, &[], |_| true);
        }
    }
}

#[test]
fn a_variant_can_be_bought_where_its_level_says_so() {
    let products = [coloured(1, 0b111), coloured(2, 0b1)];
    let variants: Vec<VariantId> =
        products.iter().flat_map(|product| &product.variants).map(|variant| variant.id).collect();
    let level = |sellable| Some(StockLevel { available: sellable, sellable });
    let ids = || products.iter().map(|product| product.id);
    let known = |product, variant| if product == products[0].id && variant == variants[0] { level(2) } else { None };
    assert_eq!(group(&products).in_stock(ids(), known), [true, true, true, false]);
    assert_eq!(group(&products).in_stock(ids(), |_, _| level(0)), [false; 4]);
}

#[test]
fn two_options_are_asked_of_one_variant() {
    let apart = coloured(0, 0b10_0001);
    let has = |colour: &str, size: &str| {
        apart.variants.iter().any(|variant| variant.options[0].1 == colour && variant.options[1].1 == size)
    };
    assert!(has("red", "S") && has("green", "XL") && !has("red", "XL"));
    let facets = group(&[apart]);
    let chosen = Chosen { facets: &facets, ratings: &[0], in_stock: &[true, true] };
    let options = |colour: &str, size: &str| Selection {
        options: [("Colour".to_owned(), [colour.to_owned()].into()), ("Size".to_owned(), [size.to_owned()].into())]
            .into(),
        ..Selection::default()
    };
    assert_eq!(choose(&options("red", "XL"), &chosen, |_| true), [false]);
    assert_eq!(choose(&options("green", "XL"), &chosen, |_| true), [true]);
}
