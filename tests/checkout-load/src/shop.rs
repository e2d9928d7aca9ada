//! What the orders are placed at: the stores, two origins, and a thousand products.

use std::{path::Path, process::Stdio, time::Duration};

use commerce_aws::DynamoDb;
use commerce_domain::{ProductId, VariantId};
use origin_core::inventory::{NewStock, PutStock as _};
use origin_dynamo::{CARTS_TABLE, DynamoStock, INVENTORY_TABLE, create_tables_without_stream};
use origin_gateways::{ReqwestClient, System, SystemClock, SystemEntropy};
use origin_postgres::{Database, DatabaseSettings};
use test_support::{DynamoFaults, DynamoFaultsConfig, DynamoServer, DynamoStore, DynamoSwitches, PgConfig, PgServer};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{
    failure::Failure,
    origin::{DATABASE_URL, REGION, STEPS_PATH, aws_client, edge_keys},
    steps::StepSums,
};

/// Variants on sale.
pub(crate) const VARIANTS: usize = 1000;
/// What each of them costs, in US dollars.
pub(crate) const PRICE: &str = "60.00";
/// Pieces of each: nothing sells out.
const PIECES: u32 = 1_000_000;
/// Counters that are written at once.
const CHUNK: usize = 100;
const DATABASE: &str = "shop";
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A product with its only variant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) product: ProductId,
    pub(crate) variant: VariantId,
}

/// A running origin.
pub(crate) struct Origin {
    /// Without a slash at the end.
    pub(crate) url: String,
    pub(crate) pid: u32,
    _process: Child,
}

/// Everything that runs.
pub(crate) struct Shop {
    pub(crate) items: Vec<Item>,
    pub(crate) database: Database,
    pub(crate) dynamo: DynamoDb<System>,
    pub(crate) stock: DynamoStock<System>,
    /// Where two transactions that meet are both done, one after the other.
    pub(crate) plain: Origin,
    /// Where the later one is cancelled.
    pub(crate) strict: Origin,
    pub(crate) decorator: DynamoFaults,
    pub(crate) postgres: PgServer,
    dynamo_server: DynamoServer,
}

impl Shop {
    /// Starts it, with PostgreSQL's rows in `folder`, which is emptied.
    pub(crate) async fn open(folder: &Path) -> Result<Self, Failure> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        let data = folder.join("postgres");
        std::fs::create_dir_all(&data)?;
        let config = PgConfig { database_url: None, ..PgConfig::for_development(data) };
        let postgres = PgServer::start(config).await?;
        postgres.create_database(DATABASE, None).await?;
        let url = postgres.database_url(DATABASE);
        let settings = DatabaseSettings {
            max_connections: 4,
            statement_timeout: Duration::from_mins(1),
            ..DatabaseSettings::new(&url)
        };
        Database::migrate(&settings).await?;
        let database = Database::new(&settings)?;
        let dynamo_server = DynamoServer::start(0, &DynamoStore::Memory).await?;
        let client = aws_client(dynamo_server.url())?;
        let dynamo = DynamoDb::new(client.clone());
        create_tables_without_stream(&dynamo, CARTS_TABLE, INVENTORY_TABLE).await?;
        let config = DynamoFaultsConfig::new(dynamo_server.url()).signed_by(edge_keys(), REGION);
        let decorator = DynamoFaults::start(config).await?;
        decorator.set(DynamoSwitches::strict());
        let stock = DynamoStock::new(client, INVENTORY_TABLE);
        let items = stock_up(&database, &stock).await?;
        let plain = Origin::start(&url, dynamo_server.url()).await?;
        let strict = Origin::start(&url, decorator.url()).await?;
        Ok(Self { items, database, dynamo, stock, plain, strict, decorator, postgres, dynamo_server })
    }

    /// Ends everything.
    pub(crate) async fn close(self) {
        let Self { database, plain, strict, decorator, postgres, dynamo_server, .. } = self;
        drop((plain, strict, database));
        decorator.stop().await;
        dynamo_server.stop().await;
        postgres.stop().await;
    }
}

impl Origin {
    /// This very program, as an origin.
    async fn start(database_url: &str, dynamodb: &str) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["origin", "--dynamodb", dynamodb]).env(DATABASE_URL, database_url);
        // It ends when its standard input does.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or(Failure::new("no output"))?).lines();
        let line = tokio::time::timeout(START_TIMEOUT, lines.next_line()).await??;
        let url = line.ok_or_else(|| Failure::new("the origin did not start"))?;
        let pid = process.id().ok_or_else(|| Failure::new("the origin has ended"))?;
        Ok(Self { url, pid, _process: process })
    }

    /// What the steps of its orders have taken so far.
    pub(crate) async fn steps(&self, http: &ReqwestClient) -> Result<StepSums, Failure> {
        use commerce_aws::HttpClient as _;
        let request = http::Request::get(format!("{}{STEPS_PATH}", self.url)).body(bytes::Bytes::new())?;
        Ok(serde_json::from_slice(http.send(request).await?.body())?)
    }
}

/// Puts everything on sale.
async fn stock_up(database: &Database, stock: &DynamoStock<System>) -> Result<Vec<Item>, Failure> {
    let item = |_| Item {
        product: ProductId::generate(&SystemClock, &SystemEntropy),
        variant: VariantId::generate(&SystemClock, &SystemEntropy),
    };
    let items: Vec<Item> = (0..VARIANTS).map(item).collect();
    let products: Vec<_> = items.iter().map(|item| item.product.as_uuid()).collect();
    let variants: Vec<_> = items.iter().map(|item| item.variant.as_uuid()).collect();
    let client = database.client().await?;
    client.execute("insert into categories (slug, name) values ('things', 'Things')", &[]).await?;
    let insert = "insert into products (id, handle, name, category_id, price, currency, stock, created_at, updated_at)
        select new.id, 'thing-' || new.n, 'Thing ' || new.n, c.id, $2::text::numeric, 'USD', $3, now(), now()
        from unnest($1::uuid[]) with ordinality as new(id, n), categories c";
    client.execute(insert, &[&products, &PRICE, &i64::from(PIECES)]).await?;
    let insert = "insert into variants (id, product_id, position, sku, options, price, currency, stock)
        select new.id, new.product, 0, 'SKU-' || new.n, '[[\"Colour\", \"Black\"]]', $3::text::numeric, 'USD', $4
        from unnest($1::uuid[], $2::uuid[]) with ordinality as new(id, product, n)";
    client.execute(insert, &[&variants, &products, &PRICE, &i64::from(PIECES)]).await?;
    for chunk in items.chunks(CHUNK) {
        let counters = chunk.iter().map(|item| NewStock {
            variant_id: item.variant,
            product_id: item.product,
            on_hand: PIECES,
            backorder_limit: 0,
        });
        stock.put_stock_if_absent(&counters.collect::<Vec<_>>()).await?;
    }
    Ok(items)
}
