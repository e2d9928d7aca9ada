//! That the parts add up, whatever the cart.

use proptest::prelude::*;

use super::*;

/// A category of the zone in the property, by number; the last one has no rate of its own.
fn category(number: usize) -> CategorySlug {
    ["food", "books", "toys"][number % 3].parse().unwrap()
}

/// `whole / unit`, half away from zero, for what is not below zero: half a unit added before a division that cuts off.
fn rounded(whole: i128, unit: i128) -> i128 {
    (2 * whole + unit) / (2 * unit)
}

proptest! {
    #[test]
    fn the_parts_add_up_to_the_total(
        cart in prop::collection::vec((0_i64..10_000_000, 1_i64..=999, 0_usize..3), 0..99),
        rates in prop::array::uniform3(0_i64..=1_000_000),
        inclusive: bool,
        shipping_taxed: bool,
        after_discount: bool,
        discounted_per_mille in 0_i64..=1_000,
        (fee, free_from) in (0_i64..100_000, 0_i64..1_000_000_000),
        currency in prop::sample::select(vec!["USD", "JPY", "KWD"]),
    ) {
        let currency: Currency = currency.parse().unwrap();
        let minor = |minor: i64| Money::from_minor(minor, currency).unwrap();
        let rate = |millionths: i64| TaxRate::new(Decimal::new(millionths, 6)).unwrap();
        let mut taxes = TaxRules::default();
        taxes.add(TaxZone {
            name: "Tax".to_owned(),
            place: Place::anywhere(),
            inclusive,
            standard: rate(rates[2]),
            categories: [(category(0), rate(rates[0])), (category(1), rate(rates[1]))].into(),
            shipping_taxed,
        }).unwrap();
        let mut zones = ShippingRules::new(currency);
        let threshold_on = if after_discount { ThresholdOn::AfterDiscount } else { ThresholdOn::BeforeDiscount };
        zones.add(ShippingZone::new(Place::anywhere(), minor(fee), Some(minor(free_from)), threshold_on).unwrap()).unwrap();
        let rules = PricingRules::new(taxes, zones, Destination::default()).unwrap();
        let categories: Vec<[CategorySlug; 1]> = cart.iter().map(|(_, _, number)| [category(*number)]).collect();
        let lines: Vec<Line<'_>> = cart.iter().zip(&categories)
            .map(|((price, pieces, _), categories)| Line { categories, ..line(minor(*price), *pieces) })
            .collect();
        let goods: Vec<i64> = cart.iter().map(|(price, pieces, _)| price * pieces).collect();
        let subtotal: i64 = goods.iter().sum();
        let discount = i64::try_from(i128::from(subtotal) * i128::from(discounted_per_mille) / 1_000).unwrap();

        let totals = price(&lines, &Destination::default(), minor(discount), &rules).unwrap();

        // Each line by itself, in whole numbers.
        let tax = |paid: i64, millionths: i64| {
            let (paid, millionths) = (i128::from(paid), i128::from(millionths));
            let whole = if inclusive { 1_000_000 + millionths } else { 1_000_000 };
            i64::try_from(rounded(paid * millionths, whole)).unwrap()
        };
        for ((line, goods), (_, _, number)) in totals.lines.iter().zip(&goods).zip(&cart) {
            prop_assert_eq!(line.subtotal.minor(), *goods);
            prop_assert_eq!(line.tax.minor(), tax(goods - line.discount.minor(), rates[number % 3]));
            let share = i128::from(discount) * i128::from(*goods);
            let off = i128::from(line.discount.minor()) * i128::from(subtotal) - share;
            prop_assert!(off.abs() < i128::from(subtotal.max(1)), "a part is less than one unit off its share");
            prop_assert!((0..=*goods).contains(&line.discount.minor()));
        }
        let reached = if after_discount { subtotal - discount } else { subtotal };
        let shipping = if lines.is_empty() || reached >= free_from { 0 } else { fee };
        let shipping_tax = if shipping_taxed { tax(shipping, rates[2]) } else { 0 };
        prop_assert_eq!((totals.shipping.minor(), totals.shipping_tax.minor()), (shipping, shipping_tax));

        // The sums.
        let sum = |part: fn(&LineTotals) -> Money| -> i64 { totals.lines.iter().map(|line| part(line).minor()).sum() };
        prop_assert_eq!(totals.subtotal.minor(), subtotal);
        prop_assert_eq!((sum(|line| line.discount), totals.discount.minor()), (discount, discount));
        prop_assert_eq!(totals.tax.minor(), sum(|line| line.tax) + shipping_tax);
        let on_top = if inclusive { 0 } else { totals.tax.minor() };
        prop_assert_eq!(totals.total.minor(), subtotal - discount + shipping + on_top);

        // The same by rate, each of which stands there once.
        let by_rate = |part: fn(&TaxTotal) -> Money| -> i64 { totals.taxes.iter().map(|sum| part(sum).minor()).sum() };
        prop_assert_eq!(by_rate(|sum| sum.amount), totals.tax.minor());
        let untaxed = if shipping_taxed { 0 } else { shipping };
        prop_assert_eq!(by_rate(|sum| sum.base) + by_rate(|sum| sum.amount) + untaxed, totals.total.minor());
        prop_assert!(totals.taxes.is_sorted_by(|before, after| before.rate > after.rate));
    }
}
