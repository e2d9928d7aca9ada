//! What a person sees once the shop answers.

use std::path::Path;

use serde_json::Value;

use super::http;
use super::ready::StackReady;

/// URLs, tokens and three lines to try, about a product that exists.
pub(super) fn print(stack: &StackReady, edge_url: &str, state: &Path) {
    let port = edge_url.rsplit(':').next().and_then(|port| port.parse().ok());
    let item = port.and_then(|port| some_item(|path| http::get(port, path).map(|answer| answer.body)));
    let item = item.unwrap_or_else(|| r#"{"productId":"PRODUCT_ID","quantity":2}"#.to_owned());
    println!(
        "
The shop is open. Ctrl-C closes it; its state stays in {}, its logs are in {}.

  edge       {edge_url}
  origin     {}   (takes signed requests only)
  issuer     {}
  payments   {}
  PayPal     {}
  carrier    {}
  DynamoDB   {}
  database   {}

export SHOPPER={}
export ADMIN={}

curl -si '{edge_url}/v1/products?limit=2'
curl -s -X POST {edge_url}/v1/cart/items -H \"authorization: Bearer $SHOPPER\" -H 'content-type: application/json' -d '{}'
curl -s {edge_url}/v1/cart -H \"authorization: Bearer $SHOPPER\"
",
        state.display(),
        state.join("logs").display(),
        stack.origin_url,
        stack.issuer_url,
        stack.payments_url,
        stack.paypal_url,
        stack.carrier_url,
        stack.dynamodb_endpoint,
        stack.database_url,
        stack.shopper_token,
        stack.admin_token,
        item,
    );
}

/// A line for the cart, of what there is most of. A product with several variants needs the variant's id as well.
fn some_item(get: impl Fn(&str) -> Option<String>) -> Option<String> {
    let list: Value = serde_json::from_str(&get("/v1/products?limit=20")?).ok()?;
    let product = best_stocked(list["data"].as_array()?)?["id"].as_str()?;
    let detail: Value = serde_json::from_str(&get(&format!("/v1/products/{product}"))?).ok()?;
    let variants = detail["variants"].as_array().filter(|variants| variants.len() > 1);
    Some(match variants.and_then(|variants| best_stocked(variants)) {
        Some(variant) => format!(r#"{{"productId":"{product}","variantId":{},"quantity":2}}"#, variant["id"]),
        None => format!(r#"{{"productId":"{product}","quantity":2}}"#),
    })
}

/// The first of those that there is most of.
fn best_stocked(of: &[Value]) -> Option<&Value> {
    of.iter().rev().max_by_key(|one| one["stock"].as_i64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item_of(variants: &str) -> Option<String> {
        some_item(|path| match path {
            "/v1/products?limit=20" => {
                Some(r#"{"data":[{"id":"prod_0","stock":0},{"id":"prod_1","stock":7}]}"#.to_owned())
            }
            "/v1/products/prod_1" => Some(format!(r#"{{"id":"prod_1","variants":{variants}}}"#)),
            _ => None,
        })
    }

    #[test]
    fn the_curl_line_names_what_can_be_bought() {
        assert_eq!(item_of(r#"[{"id":"var_1"}]"#).as_deref(), Some(r#"{"productId":"prod_1","quantity":2}"#));
        let several = item_of(r#"[{"id":"var_1"},{"id":"var_2"}]"#);
        assert_eq!(several.as_deref(), Some(r#"{"productId":"prod_1","variantId":"var_1","quantity":2}"#));
        let sold_out = item_of(r#"[{"id":"var_1","stock":0},{"id":"var_2","stock":7}]"#);
        assert_eq!(sold_out.as_deref(), Some(r#"{"productId":"prod_1","variantId":"var_2","quantity":2}"#));
    }

    #[test]
    fn an_empty_catalog_names_nothing() {
        assert_eq!(some_item(|_| Some(r#"{"data":[]}"#.to_owned())), None);
    }
}
