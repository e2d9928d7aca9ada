//! Which variant a request means, and what the shopper sees of it.

use commerce_api::{
    Problem, ProblemCode,
    product::{ProductResponse, VariantResponse},
};
use commerce_domain::{CartLine, Currency, Money, ProductId, Quantity, VariantId};

use crate::{cart::store::CartStore, catalog, platform::Platform, request::Call};

/// A line of one piece, as the catalog has it now: of the variant that `id` or `variant_id` names, or of the only one.
///
/// # Errors
/// A 404 for a product or a variant that does not exist or cannot; a 400 where several variants are possible, or two are
/// named. `field` is what the refusal of `id` points at.
pub(super) async fn for_sale<P: Platform>(
    call: &Call<'_, P>,
    id: &str,
    variant_id: Option<&str>,
    field: &'static str,
) -> Result<CartLine, Problem> {
    let named = variant_id.map(|text| text.parse::<VariantId>().map_err(|_| no_variant())).transpose()?;
    let by_variant = id.parse::<VariantId>().ok();
    if by_variant.is_none() && id.parse::<ProductId>().is_err() {
        return Err(Problem::not_found("Product").with_field(field, "no product has this id"));
    }
    let wanted = match (by_variant, named) {
        (Some(one), Some(other)) if one != other => {
            return Err(Problem::invalid("variantId", "names another variant than productId"));
        }
        (one, other) => one.or(other),
    };
    let product = catalog::product(call, id).await?;
    let variant = choose(&product, wanted)?;
    line(call, &product, variant)
}

/// The only variant of the product in the path, for taking it out of the cart. A product that left the catalog is looked for
/// in the cart itself: it must be possible to take it out.
///
/// # Errors
/// A 404 where there is none, a 400 where there are several.
pub(super) async fn only_variant<P: Platform>(
    call: &Call<'_, P>,
    store: &CartStore<'_, P>,
    owner: &str,
) -> Result<VariantId, Problem> {
    match catalog::product(call, call.parameter).await {
        Ok(product) => choose(&product, None)?.id.parse().map_err(|_| Problem::internal("catalog: variant id")),
        Err(problem) if problem.code() == ProblemCode::NotFound => {
            let cart = store.load(owner).await?;
            let lines = cart.iter().flat_map(|cart| &cart.lines);
            let mut ids = lines.filter(|(_, line)| line.product_id == call.parameter).map(|(variant_id, _)| variant_id);
            match (ids.next(), ids.next()) {
                (Some(only), None) => only.parse().map_err(|_| Problem::internal("cart: variant id")),
                (Some(_), Some(_)) => Err(variant_required()),
                (None, _) => Err(Problem::not_found("Cart item")),
            }
        }
        Err(problem) => Err(problem),
    }
}

fn choose(product: &ProductResponse, wanted: Option<VariantId>) -> Result<&VariantResponse, Problem> {
    match (wanted.map(|id| id.to_string()), product.variants.as_slice()) {
        (Some(id), variants) => variants.iter().find(|variant| variant.id == id).ok_or_else(no_variant),
        (None, [only]) => Ok(only),
        (None, []) => Err(no_variant()),
        (None, _) => Err(variant_required()),
    }
}

fn no_variant() -> Problem {
    Problem::not_found("Variant").with_field("variantId", "the product has no such variant")
}

fn variant_required() -> Problem {
    Problem::new(ProblemCode::VariantRequired, "The product has several variants: name one by its variantId")
        .with_field("variantId", "is required")
}

fn line<P: Platform>(
    call: &Call<'_, P>,
    product: &ProductResponse,
    variant: &VariantResponse,
) -> Result<CartLine, Problem> {
    let broken = |what: &str| Problem::internal(format!("catalog: {what} of {}", product.id));
    let currency: Currency = product.currency.parse().map_err(|_| broken("currency"))?;
    let unit_price: Money = variant.price.in_currency(currency).map_err(|_| broken("price"))?;
    // In another currency nobody knows what shipping costs.
    let ours = call.config.pricing.currency();
    if currency != ours {
        let detail = format!("This shop sells in {ours}, and the product is priced in {currency}");
        return Err(Problem::new(ProblemCode::CurrencyNotSupported, detail));
    }
    Ok(CartLine {
        variant_id: variant.id.parse().map_err(|_| broken("variant"))?,
        product_id: product.id.parse().map_err(|_| broken("id"))?,
        quantity: Quantity::new(1).map_err(Problem::internal)?,
        name: product.name.clone(),
        options: variant.options.iter().map(|option| (option.name.clone(), option.value.clone())).collect(),
        unit_price,
        category: Some(product.category.parse().map_err(|_| broken("category"))?),
        product_version: product.version,
        image_url: product.images.first().cloned(),
        added_at: call.now,
    })
}
