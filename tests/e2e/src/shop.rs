//! A whole shop for one test: an origin, and in front of it both edges.

use std::{collections::BTreeSet, path::Path};

use local_stack::{Options, RunningStack};
use serde_json::{Value, json};
use test_support::issuer::{Forgery, Issuer, IssuerConfig, TokenRequest};

use crate::{
    Call,
    client::client,
    edge::{Edge, EdgeKind},
};

/// How many products the generator makes for a test.
pub const PRODUCTS: usize = 100;
/// How many pieces a product must have, so that no scene runs out of it.
const PLENTY: i64 = 30;

/// Everything that a test talks to. Ends with it.
pub struct Shop {
    /// The origin, the databases, the issuer and the payment provider.
    pub stack: RunningStack,
    /// The edges, in the order of [`EdgeKind::ALL`].
    pub edges: Vec<Edge>,
    /// For all calls.
    pub client: reqwest::Client,
    folder: tempfile::TempDir,
}

/// What one edge's shoppers have. Each edge has shoppers of its own, so that both can play the same scene.
#[derive(Debug, Clone)]
pub struct World {
    /// A shopper's token.
    pub shopper: String,
    /// The token of somebody who has never had a cart.
    pub fresh: String,
    /// An administrator's token.
    pub admin: String,
    /// A shopper's token that has expired.
    pub expired: String,
    /// A token as good as any, of an issuer that the shop does not know.
    pub foreign_token: String,
    /// The shopper's token, made to say that it needs no signature.
    pub unsigned: String,
    /// The shopper's token, signed anew with the issuer's public key as a shared secret.
    pub signed_with_public_key: String,
    /// A product with one variant.
    pub product: String,
    /// Its entity tag; empty until somebody has read it.
    pub product_etag: String,
    /// Its variant.
    pub variant: String,
    /// A product with several variants.
    pub product_of_many: String,
    /// One of them.
    pub second_variant: String,
    /// A variant that nobody orders. It lies in somebody else's cart.
    pub quiet_variant: String,
    /// A product that this edge's administrator made.
    pub own_product: String,
    /// A product whose stock this edge's administrator changes.
    pub counted_product: String,
    /// An unpaid order of the shopper's.
    pub order: String,
    /// Its total, as JSON has it.
    pub total: String,
    /// Somebody else's order.
    pub foreign_order: String,
    /// Another unpaid order of the shopper's.
    pub second_order: String,
    /// A paid order of the shopper's.
    pub paid_order: String,
    /// Another one, of which nothing has left before the table says so.
    pub packed_order: String,
    /// An order of the shopper's that has left.
    pub shipped_order: String,
    /// Its shipment.
    pub shipment: String,
    /// A shipment that the carrier has refused.
    pub refused_shipment: String,
    /// What the paid ones are of, one piece each.
    pub paid_variant: String,
    /// Its payment.
    pub payment: String,
    /// Somebody else's payment.
    pub foreign_payment: String,
    /// The invoice of the paid order.
    pub invoice: String,
    /// Somebody else's invoice.
    pub foreign_invoice: String,
}

impl Shop {
    /// Starts everything, with empty key-value stores.
    pub async fn start() -> Self {
        Self::start_with(&EdgeKind::ALL, &[]).await
    }

    /// Starts the given edges, with some of their variables set differently.
    pub async fn start_with(kinds: &[EdgeKind], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("should be able to make a folder");
        let stack = start_stack(folder.path()).await;
        let mut edge_variables = stack.edge_variables().clone();
        edge_variables.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut edges = Vec::new();
        for kind in kinds {
            edges.push(Edge::start(*kind, &edge_variables, folder.path()).await);
        }
        Self { stack, edges, client: client(), folder }
    }

    /// Where the processes of this shop keep their files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A token for that customer.
    pub fn token(&self, sub: &str, roles: &[&str], ttl_seconds: i64) -> String {
        mint(self.stack.issuer(), sub, roles, ttl_seconds)
    }

    /// Makes the shoppers, products and orders that the parity table speaks of, through that edge.
    pub async fn world(&self, edge: &Edge) -> World {
        let name = format!("user-{:?}", edge.kind);
        let catalog = self.stack_products().await;
        let mut plain = catalog.iter().filter(|product| variants(product).len() == 1 && plenty(product));
        let one = plain.next().expect("should have a plain product");
        let many = catalog.iter().find(|product| variants(product).len() > 1).expect("should have one with variants");
        let quiet = plain.next().expect("should have another");
        // Sold for good, so that its stock differs from edge to edge.
        let sold = plain.next().expect("should have a third");
        let (paid_variant, sold) = (variants(sold)[0].clone(), id(sold));
        let shopper = self.token(&name, &[], 3600);
        let foreigner = self.token(&format!("{name}-foreign"), &[], 3600);
        let admin = self.token(&format!("{name}-admin"), &["admin"], 3600);
        let product = id(one);
        let quiet_variant = variants(quiet)[0].clone();
        let order = self.place_order(edge, &shopper, &product, 1).await;
        let foreign_order = self.place_order(edge, &foreigner, &product, 1).await;
        let second_order = self.place_order(edge, &shopper, &product, 1).await;
        let paid_order = self.place_order(edge, &shopper, &sold, 1).await;
        let packed_order = self.place_order(edge, &shopper, &sold, 1).await;
        let shipped_order = self.place_order(edge, &shopper, &sold, 1).await;
        let foreign_paid = self.place_order(edge, &foreigner, &sold, 1).await;
        let payment = self.pay(edge, &shopper, &paid_order).await;
        self.pay(edge, &shopper, &packed_order).await;
        self.pay(edge, &shopper, &shipped_order).await;
        let shipment = self.ship(edge, &admin, &shipped_order).await;
        let refused_shipment = self.ship_in_vain(edge, &admin, &shopper, &sold).await;
        let foreign_payment = self.pay(edge, &foreigner, &foreign_paid).await;
        let invoice = self.invoice(edge, &shopper, &paid_order).await;
        let foreign_invoice = self.invoice(edge, &foreigner, &foreign_paid).await;
        self.add_to_cart(edge, &foreigner, &quiet_variant, 1).await;
        let forged = |forgery| self.stack.issuer().forge(&shopper, forgery).expect("should be a token to begin with");
        World {
            fresh: self.token(&format!("{name}-fresh"), &[], 3600),
            expired: self.token(&name, &[], -3600),
            foreign_token: self.foreign_token(&name).await,
            product_etag: String::new(),
            variant: variants(one)[0].clone(),
            product_of_many: id(many),
            second_variant: variants(many)[1].clone(),
            unsigned: forged(Forgery::Unsigned),
            signed_with_public_key: forged(Forgery::SignedWithPublicKey),
            quiet_variant,
            own_product: self.make_product(edge, &admin).await,
            counted_product: self.make_product(edge, &admin).await,
            order: order["orderId"].as_str().unwrap_or_default().to_owned(),
            total: order["total"].to_string(),
            foreign_order: foreign_order["orderId"].as_str().unwrap_or_default().to_owned(),
            second_order: second_order["orderId"].as_str().unwrap_or_default().to_owned(),
            paid_order: paid_order["orderId"].as_str().unwrap_or_default().to_owned(),
            packed_order: packed_order["orderId"].as_str().unwrap_or_default().to_owned(),
            shipped_order: shipped_order["orderId"].as_str().unwrap_or_default().to_owned(),
            shipment,
            refused_shipment,
            paid_variant,
            payment,
            foreign_payment,
            invoice,
            foreign_invoice,
            shopper,
            admin,
            product,
        }
    }

    /// Fills that shopper's cart and orders it.
    pub async fn place_order(&self, edge: &Edge, token: &str, product: &str, quantity: u32) -> Value {
        self.add_to_cart(edge, token, product, quantity).await;
        order_call().token(token).send(&self.client, &edge.url).await.expect(201).json()
    }

    /// Pays that order, as it was answered. The payment's id.
    async fn pay(&self, edge: &Edge, token: &str, order: &Value) -> String {
        let body = json!({"orderId": order["orderId"], "amount": order["total"]});
        let paid = Call::post("/v1/payments", &body).token(token).send(&self.client, &edge.url).await.expect(200);
        paid.json()["paymentId"].as_str().unwrap_or_default().to_owned()
    }

    /// Ships that order whole, with a label of the carrier's. The shipment's id.
    async fn ship(&self, edge: &Edge, admin: &str, order: &Value) -> String {
        let path = format!("/v1/orders/{}/shipments", order["orderId"].as_str().unwrap_or_default());
        let ship = Call::post(path, &json!({})).token(admin).header("idempotency-key", "ship-whole");
        id(&ship.send(&self.client, &edge.url).await.expect(201).json())
    }

    /// A shipment to where the carrier does not go. Its id.
    async fn ship_in_vain(&self, edge: &Edge, admin: &str, shopper: &str, product: &str) -> String {
        self.add_to_cart(edge, shopper, product, 1).await;
        let order = order_call_to("AQ").token(shopper).send(&self.client, &edge.url).await.expect(201).json();
        self.pay(edge, shopper, &order).await;
        let path = format!("/v1/orders/{}/shipments", order["orderId"].as_str().unwrap_or_default());
        let ship = Call::post(path, &json!({})).token(admin).header("idempotency-key", "ship-in-vain");
        let refused = ship.send(&self.client, &edge.url).await.expect(409).json();
        refused["shipmentId"].as_str().unwrap_or_default().to_owned()
    }

    /// The id of the invoice of that order, as it was answered.
    async fn invoice(&self, edge: &Edge, token: &str, order: &Value) -> String {
        let path = format!("/v1/orders/{}/invoice", order["orderId"].as_str().unwrap_or_default());
        let found = Call::get(path).token(token).send(&self.client, &edge.url).await.expect(200).json();
        found["invoice"]["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Adds to that shopper's cart.
    pub async fn add_to_cart(&self, edge: &Edge, token: &str, product: &str, quantity: u32) {
        let add = Call::post("/v1/cart/items", &json!({"productId": product, "quantity": quantity})).token(token);
        let _ = add.send(&self.client, &edge.url).await.expect(200);
    }

    /// The products that the shop began with, in full, from the store itself, so that no edge's cache is filled by it.
    pub async fn stack_products(&self) -> Vec<Value> {
        self.stack.products(u32::try_from(PRODUCTS).unwrap_or(u32::MAX)).await
    }

    /// The ids of all products and variants that the shop began with.
    pub async fn catalog_ids(&self) -> BTreeSet<String> {
        let products = self.stack_products().await;
        products.iter().flat_map(|product| std::iter::once(id(product)).chain(variants(product))).collect()
    }

    /// The first product with one variant and enough pieces for a test.
    pub async fn plain_product(&self) -> Value {
        let mut products = self.stack_products().await.into_iter();
        products.find(|product| variants(product).len() == 1 && plenty(product)).expect("should have a plain product")
    }

    /// The entity tag of that product.
    pub async fn etag_of(&self, edge: &Edge, product: &str) -> String {
        let call = Call::get(format!("/v1/products/{product}"));
        call.send(&self.client, &edge.url).await.expect(200).header("etag").to_owned()
    }

    async fn make_product(&self, edge: &Edge, admin: &str) -> String {
        let body = json!({"name": "Own", "price": 5.00, "categoryId": "cat_electronics", "stock": 7});
        let made = Call::post("/v1/products", &body).token(admin).send(&self.client, &edge.url).await.expect(201);
        id(&made.json())
    }

    async fn foreign_token(&self, sub: &str) -> String {
        let issuer = Issuer::start(IssuerConfig::default()).await.expect("a second issuer should start");
        mint(&issuer, sub, &[], 3600)
    }
}

/// `POST /v1/orders` with an address and nothing else.
pub fn order_call() -> Call {
    order_call_to("US")
}

fn order_call_to(country: &str) -> Call {
    let address = json!({"street": "123 Main St", "city": "San Francisco", "state": "CA", "zipCode": "94102", "country": country});
    Call::post("/v1/orders", &json!({"shippingAddress": address, "paymentMethodId": "pm_card_visa"}))
}

async fn start_stack(folder: &Path) -> RunningStack {
    let options = Options { products: PRODUCTS, ..Options::for_tests(folder) };
    local_stack::LocalStack::start(options)
        .await
        .unwrap_or_else(|error| panic!("the origin side does not start: {error}"))
}

fn mint(issuer: &Issuer, sub: &str, roles: &[&str], ttl_seconds: i64) -> String {
    let email = format!("{sub}@example.com");
    let request = roles.iter().fold(TokenRequest::shopper(sub, email), |request, role| request.with_role(*role));
    issuer.mint(&request.with_ttl(ttl_seconds)).expect("a token should be minted")
}

fn plenty(product: &Value) -> bool {
    product["stock"].as_i64().is_some_and(|stock| stock >= PLENTY)
}

fn id(product: &Value) -> String {
    product["id"].as_str().unwrap_or_default().to_owned()
}

fn variants(product: &Value) -> Vec<String> {
    let variants = product["variants"].as_array().cloned().unwrap_or_default();
    variants.iter().filter_map(|variant| variant["id"].as_str().map(str::to_owned)).collect()
}
