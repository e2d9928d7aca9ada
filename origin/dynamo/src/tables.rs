//! The tables, for development and tests. In AWS, Terraform makes them.

use commerce_aws::{
    AwsEnvironment, AwsError, DynamoDb, cart_table,
    dynamodb::{CreateTable, KeyAttribute},
};

/// The carts' table where none is configured.
pub const CARTS_TABLE: &str = "shopping-carts";
/// The table of counters and holds where none is configured.
pub const INVENTORY_TABLE: &str = "inventory";

/// The table of the history of payments where none is configured.
pub const PAYMENTS_TABLE: &str = "payments";

/// Whose history it is.
pub(crate) const PAYMENT_ID: &str = "paymentId";
/// An entry's place in the history.
pub(crate) const SEQUENCE: &str = "sequence";
/// The key of a counter or a hold.
pub(crate) const PK: &str = "pk";

/// Creates the tables that are missing. Whether any was.
///
/// # Errors
/// [`AwsError`].
pub async fn create_tables<E: AwsEnvironment>(
    db: &DynamoDb<E>,
    carts: &str,
    inventory: &str,
) -> Result<bool, AwsError> {
    create(db, carts, inventory, true).await
}

/// As [`create_tables`], without the stream of the changes of stock. For what does not read it, and writes much: the DynamoDB that
/// runs in this process goes through all records of all streams at each write that adds one.
///
/// # Errors
/// [`AwsError`].
pub async fn create_tables_without_stream<E: AwsEnvironment>(
    db: &DynamoDb<E>,
    carts: &str,
    inventory: &str,
) -> Result<bool, AwsError> {
    create(db, carts, inventory, false).await
}

async fn create<E: AwsEnvironment>(
    db: &DynamoDb<E>,
    carts: &str,
    inventory: &str,
    stream: bool,
) -> Result<bool, AwsError> {
    let with_ttl = |name: &str, key: &str| CreateTable {
        ttl_attribute: Some("ttl".to_owned()),
        ..CreateTable::new(name, KeyAttribute::text(key))
    };
    let made_carts = db.create_table(&with_ttl(carts, cart_table::OWNER)).await?;
    let made_inventory = db.create_table(&CreateTable { stream, ..with_ttl(inventory, PK) }).await?;
    Ok(made_carts || made_inventory)
}

/// Creates the table of the history of payments, if it is missing. Whether it was. Nothing in it expires.
///
/// # Errors
/// [`AwsError`].
pub async fn create_payments_table<E: AwsEnvironment>(db: &DynamoDb<E>, payments: &str) -> Result<bool, AwsError> {
    let sort_key = Some(KeyAttribute::number(SEQUENCE));
    db.create_table(&CreateTable { sort_key, ..CreateTable::new(payments, KeyAttribute::text(PAYMENT_ID)) }).await
}
