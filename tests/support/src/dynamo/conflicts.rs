//! Which items are in flight, and who has to give way.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// Which attributes are a table's key, by the table's name.
pub(super) type KeyAttributes = HashMap<String, Vec<String>>;

/// What a request touches, as far as it can conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Touch {
    /// `TransactWriteItems`: each item, in order, and the token.
    TransactWrite(Vec<String>, Option<String>),
    /// `TransactGetItems`: each item, in order.
    TransactRead(Vec<String>),
    /// One write: its item.
    Write(String),
}

/// Why a request has to give way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Conflict {
    /// Per item of a transaction, whether it is held.
    Transaction(Vec<bool>),
    /// The item of a single write is held.
    Item,
    /// The same token is in flight.
    SameToken,
}

/// Items held by requests in flight.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    /// Items of transactions that write.
    transactions: HashSet<String>,
    /// Items of single writes, with how many there are.
    writes: HashMap<String, u32>,
    tokens: HashSet<String>,
}

/// Holds items until it is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    held: Arc<Mutex<Held>>,
    touch: Touch,
}

impl InFlight {
    /// Holds the items of `touch`, or says which of them are held already.
    pub(super) fn claim(&self, touch: Touch) -> Result<Hold, Conflict> {
        let mut held = lock(&self.held);
        match &touch {
            Touch::TransactWrite(items, token) => {
                if token.as_ref().is_some_and(|token| held.tokens.contains(token)) {
                    return Err(Conflict::SameToken);
                }
                refuse_held(items, |item| held.transactions.contains(item))?;
                held.transactions.extend(items.iter().cloned());
                held.tokens.extend(token.clone());
            }
            Touch::TransactRead(items) => {
                refuse_held(items, |item| held.transactions.contains(item) || held.writes.contains_key(item))?;
            }
            Touch::Write(item) => {
                if held.transactions.contains(item) {
                    return Err(Conflict::Item);
                }
                *held.writes.entry(item.clone()).or_default() += 1;
            }
        }
        Ok(Hold { held: Arc::clone(&self.held), touch })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        match &self.touch {
            Touch::TransactWrite(items, token) => {
                for item in items {
                    held.transactions.remove(item);
                }
                if let Some(token) = token {
                    held.tokens.remove(token);
                }
            }
            Touch::TransactRead(_) => {}
            Touch::Write(item) => {
                let left = held.writes.get(item).map_or(0, |count| count - 1);
                if left == 0 {
                    held.writes.remove(item);
                } else {
                    held.writes.insert(item.clone(), left);
                }
            }
        }
    }
}

fn refuse_held(items: &[String], is_held: impl Fn(&String) -> bool) -> Result<(), Conflict> {
    let held: Vec<bool> = items.iter().map(is_held).collect();
    if held.contains(&true) { Err(Conflict::Transaction(held)) } else { Ok(()) }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The tables whose key attributes must be known to say what `operation` touches: those that are put into.
pub(super) fn tables_put(operation: &str, body: &Value) -> Vec<String> {
    let name = |put: &Value| put["TableName"].as_str().map(str::to_owned);
    match operation {
        "PutItem" => name(body).into_iter().collect(),
        "TransactWriteItems" => transact_items(body).iter().filter_map(|item| name(&item["Put"])).collect(),
        _ => Vec::new(),
    }
}

/// What `operation` touches; nothing where it cannot conflict, or where it is malformed and will be refused anyway.
pub(super) fn touched(operation: &str, body: &Value, keys: &KeyAttributes) -> Option<Touch> {
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => item(body, keys).map(Touch::Write),
        "TransactWriteItems" => {
            let items = transact_items(body)
                .iter()
                .map(|entry| item(entry.as_object()?.values().next()?, keys))
                .collect::<Option<_>>()?;
            Some(Touch::TransactWrite(items, body["ClientRequestToken"].as_str().map(str::to_owned)))
        }
        "TransactGetItems" => {
            let items = transact_items(body).iter().map(|entry| item(&entry["Get"], keys)).collect::<Option<_>>()?;
            Some(Touch::TransactRead(items))
        }
        _ => None,
    }
}

fn transact_items(body: &Value) -> &[Value] {
    body["TransactItems"].as_array().map_or(&[], Vec::as_slice)
}

/// Table and key as one text that is equal for equal keys.
fn item(request: &Value, keys: &KeyAttributes) -> Option<String> {
    let table = request["TableName"].as_str()?;
    let mut key: Vec<(&str, &Value)> = if let Some(key) = request.get("Key") {
        key.as_object()?.iter().map(|(name, value)| (name.as_str(), value)).collect()
    } else {
        let item = request.get("Item")?;
        keys.get(table)?.iter().map(|name| Some((name.as_str(), item.get(name)?))).collect::<Option<_>>()?
    };
    key.sort_by_key(|(name, _)| *name);
    Some(key.iter().fold(table.to_owned(), |text, (name, value)| format!("{text}\n{name}={value}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys() -> KeyAttributes {
        KeyAttributes::from([("stock".to_owned(), vec!["id".to_owned()])])
    }

    #[test]
    fn a_put_and_an_update_of_one_item_are_recognised_as_the_same() {
        let put = json!({"TableName": "stock", "Item": {"n": {"N": "1"}, "id": {"S": "a"}}});
        let update = json!({"TableName": "stock", "Key": {"id": {"S": "a"}}});
        assert_eq!(tables_put("PutItem", &put), ["stock"]);
        assert!(touched("PutItem", &put, &keys()).is_some());
        assert_eq!(touched("PutItem", &put, &keys()), touched("UpdateItem", &update, &keys()));
        let both = json!({"TransactItems": [{"Put": put}, {"ConditionCheck": update}], "ClientRequestToken": "t"});
        let Some(Touch::TransactWrite(items, Some(token))) = touched("TransactWriteItems", &both, &keys()) else {
            panic!("a transaction was expected")
        };
        assert_eq!((items[0] == items[1], token.as_str()), (true, "t"));
        assert_eq!(touched("GetItem", &update, &keys()), None);
        assert_eq!(touched("PutItem", &json!({"TableName": "other", "Item": {}}), &keys()), None);
    }

    #[test]
    fn the_later_of_two_transactions_gives_way_until_the_first_is_over() {
        let flights = InFlight::default();
        let transaction = |items: &[&str]| Touch::TransactWrite(items.iter().map(ToString::to_string).collect(), None);
        let first = flights.claim(transaction(&["a", "b"])).unwrap();
        assert_eq!(flights.claim(transaction(&["c", "b"])).unwrap_err(), Conflict::Transaction(vec![false, true]));
        assert_eq!(flights.claim(Touch::Write("a".to_owned())).unwrap_err(), Conflict::Item);
        assert!(flights.claim(Touch::TransactRead(vec!["a".to_owned()])).is_err());
        let _other = flights.claim(transaction(&["c"])).unwrap();
        drop(first);
        let _write = flights.claim(Touch::Write("a".to_owned())).unwrap();
        assert!(flights.claim(Touch::TransactRead(vec!["a".to_owned()])).is_err());
        let _again = flights.claim(transaction(&["a", "b"])).unwrap();
    }

    #[test]
    fn the_same_token_in_flight_is_told_apart_from_a_conflict() {
        let flights = InFlight::default();
        let claim = || flights.claim(Touch::TransactWrite(vec!["a".to_owned()], Some("t".to_owned())));
        let first = claim().unwrap();
        assert_eq!(claim().unwrap_err(), Conflict::SameToken);
        drop(first);
        claim().unwrap();
    }
}
