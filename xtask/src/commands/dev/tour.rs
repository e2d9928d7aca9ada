//! What a person sees once the shop answers.

use serde_json::Value;

use super::ready::StackReady;

/// URLs, tokens and three lines to try. `products` is the body of a product list, for an id that exists.
pub(super) fn print(stack: &StackReady, edge_url: &str, products: Option<&str>) {
    let product = products.and_then(first_product).unwrap_or_else(|| "PRODUCT_ID".to_owned());
    println!(
        "
The shop is open. Ctrl-C closes it; its state stays in .dev, its logs are in .dev/logs.

  edge       {edge_url}
  origin     {}   (takes signed requests only)
  issuer     {}
  payments   {}
  DynamoDB   {}
  database   {}

export SHOPPER={}
export ADMIN={}

curl -si '{edge_url}/v1/products?limit=2'
curl -s -X POST {edge_url}/v1/cart/items -H \"authorization: Bearer $SHOPPER\" -H 'content-type: application/json' -d '{}'
curl -s {edge_url}/v1/cart -H \"authorization: Bearer $SHOPPER\"
",
        stack.origin_url,
        stack.issuer_url,
        stack.payments_url,
        stack.dynamodb_endpoint,
        stack.database_url,
        stack.shopper_token,
        stack.admin_token,
        item(&product),
    );
}

fn item(product: &str) -> String {
    format!(r#"{{"productId":"{product}","quantity":2}}"#)
}

/// The first product with one variant: one with several needs a variant's id to go into a cart.
fn first_product(body: &str) -> Option<String> {
    let list: Value = serde_json::from_str(body).ok()?;
    let products = list["data"].as_array()?;
    let simple =
        products.iter().find(|product| product["variants"].as_array().is_none_or(|variants| variants.len() == 1));
    simple.or(products.first())?["id"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curl_line_names_a_product_that_can_be_bought_as_it_is() {
        let body = r#"{"data":[{"id":"prod_1","variants":[{},{}]},{"id":"prod_2","variants":[{}]}]}"#;
        assert_eq!(first_product(body).as_deref(), Some("prod_2"));
        assert_eq!(first_product(r#"{"data":[]}"#), None);
    }
}
