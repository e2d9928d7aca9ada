use std::collections::BTreeMap;

use commerce_domain::Currency;

use super::*;
use crate::{
    cart::AddItemRequest,
    order::CreateOrderRequest,
    payment::CreatePaymentRequest,
    product::{CreateProductRequest, UpdateProductRequest},
};

const ADDRESS: &str = r#"{"street":"1 Main St","city":"SF","state":"CA","zipCode":"94102","country":"US"}"#;
const PRODUCT: &str = r#"{"name":"Lamp","categoryId":"cat_home","price":1.50}"#;

/// The first refused field and why.
fn refused<T: DeserializeOwned>(body: &str) -> (String, String) {
    let Err(problem) = parse_body::<T>(body.as_bytes()) else { panic!("should be refused: {body}") };
    assert_eq!(problem.code(), ProblemCode::ValidationError, "{body}");
    let first = problem.fields().first().expect("should name a field");
    (first.field.clone(), first.message.clone())
}

fn says(field: &str, message: &str) -> (String, String) {
    (field.to_owned(), message.to_owned())
}

/// The product above with one more member.
fn product_with(member: &str) -> String {
    PRODUCT.replacen('{', &format!("{{{member},"), 1)
}

#[test]
fn what_is_no_json_is_told_apart_from_what_does_not_fit() {
    for body in ["", "{", "{} x", r#"{"productId":"p","quantity":1} x"#, r#"{"a":01}"#, "\"\\ud800\"", "nul"] {
        let problem = parse_body::<AddItemRequest>(body.as_bytes()).unwrap_err();
        assert_eq!((problem.code(), problem.fields()), (ProblemCode::MalformedJson, [].as_slice()), "{body}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(parse_body::<AddItemRequest>(deep.as_bytes()).unwrap_err().code(), ProblemCode::MalformedJson);
    assert_eq!(refused::<AddItemRequest>("{}"), says("productId", "is required"));
}

#[test]
fn a_body_is_read() {
    let item: AddItemRequest = parse_body(br#" {"quantity":-3,"variantId":null,"productId":"p\u0041"} "#).unwrap();
    assert_eq!((item.product_id.as_str(), item.variant_id, item.quantity), ("pA", None, -3));
    let order: CreateOrderRequest =
        parse_body(format!(r#"{{"shippingAddress":{ADDRESS},"cartVersion":7,"expectedTotal":215.98}}"#).as_bytes())
            .unwrap();
    assert_eq!(order.shipping_address.state.as_deref(), Some("CA"));
    let total = order.expected_total.unwrap().in_currency(Currency::USD).unwrap();
    assert_eq!((order.cart_version, total.minor()), (Some(7), 21_598));
    let more = r#""specifications":{"power":"5 W"},"tags":["a"],"variants":[{"options":[{"name":"Size","value":"L"}],"price":2}]"#;
    let product: CreateProductRequest = parse_body(product_with(more).as_bytes()).unwrap();
    assert_eq!((product.tags.len(), product.variants[0].options[0].value.as_str()), (1, "L"));
    assert_eq!(product.specifications, BTreeMap::from([("power".to_owned(), "5 W".to_owned())]));
}

#[test]
fn a_list_is_no_object_however_well_it_fits() {
    let nowhere = "must be an object";
    assert_eq!(refused::<AddItemRequest>(r#"["prod_1",null,2]"#), says("body", nowhere));
    assert_eq!(refused::<CreatePaymentRequest>(r#"["order_1",215.98,null]"#), says("body", nowhere));
    assert_eq!(
        refused::<CreateOrderRequest>(&format!("[{ADDRESS},null,1,215.98]")),
        says("body", nowhere),
        "at the top"
    );
    let address = r#"{"shippingAddress":["1 Main St","SF","CA","94102","US"]}"#;
    assert_eq!(refused::<CreateOrderRequest>(address), says("shippingAddress", nowhere), "and below");
    let variant = product_with(r#""variants":[[null,[],1.50,0,null,0]]"#);
    assert_eq!(refused::<CreateProductRequest>(&variant), says("variants[0]", nowhere));
    let option = product_with(r#""variants":[{"price":1,"options":[["Size","L"]]}]"#);
    assert_eq!(refused::<CreateProductRequest>(&option), says("variants[0].options[0]", nowhere));
    assert_eq!(refused::<AddItemRequest>("[]"), says("body", nowhere));
    assert_eq!(refused::<CreateProductRequest>(&product_with(r#""specifications":[]"#)).1, nowhere);
}

#[test]
fn the_librarys_spelling_of_a_number_is_no_number() {
    let pay = |amount: &str| format!(r#"{{"orderId":"order_1","amount":{amount}}}"#);
    for amount in [
        r#"{"$serde_json::private::Number":"215.98"}"#,
        r#"{"\u0024serde_json::private::Number":"215.98"}"#,
        r#"{"$serde_json::private::RawValue":"215.98"}"#,
        r#""215.98""#,
        "[215.98]",
        "null",
        "true",
    ] {
        assert_eq!(refused::<CreatePaymentRequest>(&pay(amount)), says("amount", "must be a number"), "{amount}");
    }
    assert!(parse_body::<CreatePaymentRequest>(pay("215.98").as_bytes()).is_ok());
    assert_eq!(refused::<CreatePaymentRequest>(&pay("2e2")).1, "must be written without an exponent");
    assert_eq!(
        refused::<AddItemRequest>(r#"{"productId":"p","quantity":{"$serde_json::private::Number":"2"}}"#),
        says("quantity", "must be a whole number")
    );
    // The body itself is no number either.
    let whole = r#"{"$serde_json::private::Number":"1"}"#;
    assert_eq!(refused::<AddItemRequest>(whole), says("$serde_json::private::Number", "is not known"));
}

#[test]
fn names_that_the_library_keeps_for_itself_are_refused_in_maps() {
    for name in ["$serde_json::private::Number", "$serde_json::private::RawValue", "\\u0024serde_json::private::Number"]
    {
        let body = product_with(&format!(r#""specifications":{{"a":"b","{name}":"five"}}"#));
        let (field, message) = refused::<CreateProductRequest>(&body);
        assert!(field.starts_with("specifications.$serde_json::private::"), "{field}");
        assert_eq!(message, "is not known");
        let change = format!(r#"{{"specifications":{{"{name}":"five"}}}}"#);
        assert_eq!(refused::<UpdateProductRequest>(&change).1, "is not known");
    }
}

#[test]
fn no_member_appears_twice() {
    let twice = "appears twice";
    assert_eq!(refused::<AddItemRequest>(r#"{"productId":"p","quantity":1,"quantity":1}"#), says("quantity", twice));
    let spelled_otherwise = r#"{"productId":"p","quantity":1,"quantit\u0079":2}"#;
    assert_eq!(refused::<AddItemRequest>(spelled_otherwise), says("quantity", twice));
    let map = product_with(r#""specifications":{"power":"5 W","power":"6 W"}"#);
    assert_eq!(refused::<CreateProductRequest>(&map), says("specifications.power", twice));
    let map = r#"{"specifications":{"power":"5 W","power":"5 W"}}"#;
    assert_eq!(refused::<UpdateProductRequest>(map), says("specifications.power", twice));
    let nested = format!(r#"{{"shippingAddress":{}}}"#, ADDRESS.replacen('{', r#"{"city":"LA","#, 1));
    assert_eq!(refused::<CreateOrderRequest>(&nested), says("shippingAddress.city", twice));
}

#[test]
fn a_refusal_names_the_field_in_our_own_words() {
    let item = |quantity: &str| format!(r#"{{"productId":"p","quantity":{quantity}}}"#);
    for quantity in [r#""2""#, "2.0", "2.5", "2e0", "true", "null", "[2]", "18446744073709551616"] {
        assert_eq!(
            refused::<AddItemRequest>(&item(quantity)),
            says("quantity", "must be a whole number"),
            "{quantity}"
        );
    }
    assert_eq!(refused::<AddItemRequest>(r#"{"productId":1,"quantity":2}"#), says("productId", "must be text"));
    assert_eq!(refused::<AddItemRequest>(r#"{"productId":"p"}"#), says("quantity", "is required"));
    assert_eq!(
        refused::<AddItemRequest>(r#"{"productId":"p","quantity":1,"colour":"red"}"#),
        says("colour", "is not known")
    );
    let no_city = ADDRESS.replace(r#""city":"SF","#, "");
    let body = format!(r#"{{"shippingAddress":{no_city}}}"#);
    assert_eq!(refused::<CreateOrderRequest>(&body), says("shippingAddress.city", "is required"));
    let body = format!(r#"{{"shippingAddress":{ADDRESS},"cartVersion":-1}}"#);
    assert_eq!(refused::<CreateOrderRequest>(&body), says("cartVersion", "is out of range"));
    assert_eq!(refused::<CreateProductRequest>(&product_with(r#""tags":"a""#)), says("tags", "must be a list"));
    assert_eq!(refused::<CreateProductRequest>(&product_with(r#""tags":["a",1]"#)), says("tags[1]", "must be text"));
    for body in ["1", "1.5", "null", "true", "\"text\""] {
        assert_eq!(refused::<AddItemRequest>(body), says("body", "must be an object"), "{body}");
    }
}

#[test]
fn a_refusal_repeats_little_of_what_was_sent() {
    let long = "é".repeat(100_000);
    let (field, message) = refused::<AddItemRequest>(&format!(r#"{{"{long}":1}}"#));
    assert_eq!((field.chars().count(), message.as_str()), (MAX_ECHO + 1, "is not known"));
    assert!(field.starts_with('é') && field.ends_with('…'));
    let twice = product_with(&format!(r#""specifications":{{"{long}":"a","{long}":"b"}}"#));
    assert_eq!(refused::<CreateProductRequest>(&twice).0.chars().count(), MAX_ECHO + 1);
}
