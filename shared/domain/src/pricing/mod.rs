//! What a cart or an order costs. The edge shows it, the origin decides it, both with this code.
//!
//! [`PricingRules`] say how the shop taxes and ships to a [`Destination`], and [`price`] applies them to lines and a discount.
//! Money is rounded in one way, half away from zero, and at two places: the tax of a line, and the tax of shipping, once each.
//! A discount is split over the lines without a rest. What holds for every result stands at [`Totals`].

mod destination;
mod rate;
mod rules;
mod settings;
mod shipping;
mod state;
mod tax;
mod totals;

pub use destination::{Destination, Place, PlaceError};
pub use rate::{MAX_RATE_DECIMALS, TaxRate};
pub use rules::{PricingRules, PricingRulesError};
pub use settings::PricingSettings;
pub use shipping::{MAX_SHIPPING_FEE, ShippingRules, ShippingZone, ThresholdOn};
pub use tax::{MAX_ZONE_NAME, TaxRules, TaxZone};
pub use totals::{Line, LineTotals, PriceError, TaxTotal, Totals, price};

#[cfg(test)]
mod tests;
