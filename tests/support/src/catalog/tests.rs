use std::collections::HashSet;

use super::*;

const MANY: u64 = 1000;

#[test]
fn the_same_seed_repeats_and_a_larger_catalog_extends_a_smaller_one() {
    let small: Vec<_> = generate(1, 50).collect();
    let large: Vec<_> = generate(1, 200).collect();
    assert_eq!(small[..], large[..50]);
    assert_ne!(small, generate(2, 50).collect::<Vec<_>>());
}

#[test]
fn the_tree_has_parents_before_children_and_every_product_in_a_leaf() {
    let mut seen = HashSet::new();
    let mut leaves = HashSet::new();
    for category in categories() {
        if let Some(parent) = category.parent {
            assert!(seen.contains(parent), "{}", category.slug);
            leaves.insert(category.slug);
        }
        assert!(seen.insert(category.slug), "{} twice", category.slug);
    }
    let used: HashSet<_> = generate(1, MANY).map(|product| product.category).collect();
    assert_eq!(used, leaves);
}

#[test]
fn every_row_is_one_that_a_shop_could_sell() {
    let (mut handles, mut skus) = (HashSet::new(), HashSet::new());
    for product in generate(7, MANY) {
        assert!(handles.insert(product.handle.clone()), "{}", product.handle);
        assert!((1..=255).contains(&product.name.len()) && product.description.ends_with('.'));
        assert!((1..=6).contains(&product.variants.len()) && (1..=4).contains(&product.images.len()));
        assert!(product.rating >= Decimal::ZERO && product.rating <= Decimal::from(5));
        assert_eq!(product.rating.is_zero(), product.review_count == 0);
        assert_eq!(product.tags.iter().collect::<HashSet<_>>().len(), product.tags.len());
        let options: HashSet<_> = product.variants.iter().map(|variant| &variant.options).collect();
        assert_eq!(options.len(), product.variants.len(), "{}: options repeat", product.handle);
        for variant in &product.variants {
            assert!(skus.insert(variant.sku.clone()), "{}", variant.sku);
            assert!(variant.price > Decimal::ZERO && variant.price.scale() == 2, "{}", variant.price);
            assert_eq!(variant.options.is_empty(), product.variants.len() == 1);
        }
    }
}

#[test]
fn a_catalog_has_variety() {
    let products: Vec<_> = generate(1, MANY).collect();
    let count = |test: fn(&GeneratedProduct) -> bool| products.iter().filter(|product| test(product)).count();
    assert!((200..500).contains(&count(|product| product.variants.len() > 1)));
    assert!((10..150).contains(&count(|product| product.stock() == 0)));
    assert!((50..300).contains(&count(|product| product.review_count == 0)));
    assert!(count(|product| product.variants.len() == 6) > 10);
    assert!(products.iter().map(|product| &product.name).collect::<HashSet<_>>().len() > 700);
    assert!(products.iter().map(|product| &product.brand).collect::<HashSet<_>>().len() > 25);
}

#[test]
fn prices_are_written_as_exact_numbers() {
    let product = generate(1, 1).next().unwrap();
    let json = serde_json::to_string(&product).unwrap();
    assert!(json.contains(&format!("\"price\":{}", product.price())), "{json}");
}
