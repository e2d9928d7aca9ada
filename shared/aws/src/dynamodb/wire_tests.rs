//! The JSON that goes over the wire, against the API reference.

use serde_json::{Value, json};

use super::*;

fn wire(request: &impl Serialize) -> Value {
    serde_json::to_value(request).unwrap()
}

fn names() -> std::collections::BTreeMap<String, String> {
    [("#v".to_owned(), "version".to_owned())].into()
}

fn values() -> std::collections::BTreeMap<String, serde_dynamo::AttributeValue> {
    [(":one".to_owned(), number(1))].into()
}

#[test]
fn attribute_values_have_their_type_tags() {
    let everything = item([
        ("text", text("a")),
        ("number", number(-12)),
        ("list", list([text("a"), number("9.90")])),
        ("map", map([("inner", serde_dynamo::AttributeValue::Bool(true))])),
        ("null", serde_dynamo::AttributeValue::Null(true)),
        ("bytes", serde_dynamo::AttributeValue::B(vec![1, 2, 3])),
        ("set", serde_dynamo::AttributeValue::Ss(vec!["a".into()])),
    ]);
    let expected = json!({
        "text": {"S": "a"},
        "number": {"N": "-12"},
        "list": {"L": [{"S": "a"}, {"N": "9.90"}]},
        "map": {"M": {"inner": {"BOOL": true}}},
        "null": {"NULL": true},
        "bytes": {"B": "AQID"},
        "set": {"SS": ["a"]},
    });
    assert_eq!(wire(&everything), expected);
    assert_eq!(serde_json::from_value::<Item>(expected).unwrap(), everything);
}

#[test]
fn defaults_are_not_sent() {
    let key = item([("id", text("a"))]);
    let get = GetItem { table_name: "carts".into(), key: key.clone(), ..GetItem::default() };
    assert_eq!(wire(&get), json!({"TableName": "carts", "Key": {"id": {"S": "a"}}}));
    let delete = DeleteItem { table_name: "carts".into(), key: key.clone(), repeatable: true, ..DeleteItem::default() };
    assert_eq!(wire(&delete), json!({"TableName": "carts", "Key": {"id": {"S": "a"}}}));
    let put = PutItem { table_name: "carts".into(), item: key, ..PutItem::default() };
    assert_eq!(wire(&put), json!({"TableName": "carts", "Item": {"id": {"S": "a"}}}));
}

#[test]
fn an_update_carries_its_condition_and_what_to_return() {
    let update = UpdateItem {
        table_name: "carts".into(),
        key: item([("id", text("a"))]),
        update_expression: "ADD #v :one".into(),
        condition_expression: Some("attribute_exists(id)".into()),
        expression_attribute_names: names(),
        expression_attribute_values: values(),
        return_values: Some(ReturnValues::AllNew),
        return_old_on_failure: true,
        repeatable: true,
    };
    let expected = json!({
        "TableName": "carts",
        "Key": {"id": {"S": "a"}},
        "UpdateExpression": "ADD #v :one",
        "ConditionExpression": "attribute_exists(id)",
        "ExpressionAttributeNames": {"#v": "version"},
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    assert_eq!(wire(&update), expected);
}

#[test]
fn a_query_goes_down_by_scanning_backwards() {
    let query = Query {
        table_name: "holds".into(),
        index_name: Some("by-expiry".into()),
        key_condition_expression: "shard = :one".into(),
        expression_attribute_values: values(),
        limit: Some(25),
        descending: true,
        exclusive_start_key: Some(item([("id", text("a"))])),
        ..Query::default()
    };
    let expected = json!({
        "TableName": "holds",
        "IndexName": "by-expiry",
        "KeyConditionExpression": "shard = :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        "Limit": 25,
        "ScanIndexForward": false,
        "ExclusiveStartKey": {"id": {"S": "a"}},
    });
    assert_eq!(wire(&query), expected);
}

#[test]
fn a_batch_reads_by_table() {
    let keys = KeysAndAttributes {
        keys: vec![item([("id", text("a"))]), item([("id", text("b"))])],
        consistent_read: true,
        ..KeysAndAttributes::default()
    };
    let batch = BatchGetItem { request_items: [("stock".to_owned(), keys)].into() };
    let expected = json!({"RequestItems": {"stock": {
        "Keys": [{"id": {"S": "a"}}, {"id": {"S": "b"}}],
        "ConsistentRead": true,
    }}});
    assert_eq!(wire(&batch), expected);
}

#[test]
fn a_transaction_names_each_kind_of_write() {
    let key = item([("id", text("a"))]);
    let transaction = TransactWriteItems {
        transact_items: vec![
            TransactWrite::Put(PutItem { table_name: "t".into(), item: key.clone(), ..PutItem::default() }),
            TransactWrite::Update(UpdateItem {
                table_name: "t".into(),
                key: key.clone(),
                update_expression: "ADD v :one".into(),
                expression_attribute_values: values(),
                return_old_on_failure: true,
                ..UpdateItem::default()
            }),
            TransactWrite::Delete(DeleteItem { table_name: "t".into(), key: key.clone(), ..DeleteItem::default() }),
            TransactWrite::ConditionCheck(ConditionCheck {
                table_name: "t".into(),
                key,
                condition_expression: "attribute_exists(id)".into(),
                ..ConditionCheck::default()
            }),
        ],
        client_request_token: Some("order_1".into()),
    };
    let key = json!({"id": {"S": "a"}});
    let expected = json!({
        "TransactItems": [
            {"Put": {"TableName": "t", "Item": key}},
            {"Update": {
                "TableName": "t",
                "Key": key,
                "UpdateExpression": "ADD v :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }},
            {"Delete": {"TableName": "t", "Key": key}},
            {"ConditionCheck": {"TableName": "t", "Key": key, "ConditionExpression": "attribute_exists(id)"}},
        ],
        "ClientRequestToken": "order_1",
    });
    assert_eq!(wire(&transaction), expected);
}

#[test]
fn a_page_without_a_last_key_is_the_last_one() {
    let last: QueryOutput = serde_json::from_value(json!({"Items": [], "Count": 0, "ScannedCount": 0})).unwrap();
    assert_eq!(last, QueryOutput::default());
    let more: QueryOutput = serde_json::from_value(json!({
        "Items": [{"id": {"S": "a"}}], "Count": 1, "LastEvaluatedKey": {"id": {"S": "a"}},
    }))
    .unwrap();
    assert_eq!(more.last_evaluated_key, Some(item([("id", text("a"))])));
}
