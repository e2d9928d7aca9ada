# The edge's Worker as `cargo xtask build workers` made it. Every variable has to be set; an empty one counts as absent.
@0xc95e2a7b0d8f4163;

using Workerd = import "/workerd/workerd.capnp";
using Common = import "common.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "kv", worker = Common.kvService),
    # The origin, DynamoDB and the issuer of a local stack are on the loopback interface, which is closed by default.
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")],
);

const edge :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "../../../edge/cloudflare/build/index.js"),
    (name = "index_bg.wasm", wasm = embed "../../../edge/cloudflare/build/index_bg.wasm"),
  ],
  compatibilityDate = Common.compatibilityDate,
  bindings = [
    (name = "CATALOG", kvNamespace = "kv"),
    (name = "ORIGIN_URL", fromEnvironment = "ORIGIN_URL"),
    (name = "AWS_REGION", fromEnvironment = "AWS_REGION"),
    (name = "AWS_ACCESS_KEY_ID", fromEnvironment = "AWS_ACCESS_KEY_ID"),
    (name = "AWS_SECRET_ACCESS_KEY", fromEnvironment = "AWS_SECRET_ACCESS_KEY"),
    (name = "AWS_SESSION_TOKEN", fromEnvironment = "AWS_SESSION_TOKEN"),
    (name = "DYNAMODB_ENDPOINT", fromEnvironment = "DYNAMODB_ENDPOINT"),
    (name = "CARTS_TABLE", fromEnvironment = "CARTS_TABLE"),
    (name = "TOKEN_ISSUER", fromEnvironment = "TOKEN_ISSUER"),
    (name = "JWKS_URL", fromEnvironment = "JWKS_URL"),
    (name = "TOKEN_CLIENT_IDS", fromEnvironment = "TOKEN_CLIENT_IDS"),
    (name = "CORS_ORIGINS", fromEnvironment = "CORS_ORIGINS"),
    (name = "CATALOG_FRESH_SECONDS", fromEnvironment = "CATALOG_FRESH_SECONDS"),
    (name = "CATALOG_MEMORY_MILLIS", fromEnvironment = "CATALOG_MEMORY_MILLIS"),
    (name = "CATALOG_STALE_SECONDS", fromEnvironment = "CATALOG_STALE_SECONDS"),
    (name = "CATALOG_STORE_ANSWERS", fromEnvironment = "CATALOG_STORE_ANSWERS"),
    (name = "CATALOG_BUCKET", fromEnvironment = "CATALOG_BUCKET"),
    (name = "OBJECTS_ENDPOINT", fromEnvironment = "OBJECTS_ENDPOINT"),
    (name = "CATALOG_PULL_SECONDS", fromEnvironment = "CATALOG_PULL_SECONDS"),
    (name = "SHOP_CURRENCY", fromEnvironment = "SHOP_CURRENCY"),
    (name = "TAX_RATE", fromEnvironment = "TAX_RATE"),
    (name = "SHIPPING_FEE", fromEnvironment = "SHIPPING_FEE"),
    (name = "FREE_SHIPPING_FROM", fromEnvironment = "FREE_SHIPPING_FROM"),
    (name = "PRICING_RULES", fromEnvironment = "PRICING_RULES"),
    (name = "PRINTER_URL", fromEnvironment = "PRINTER_URL"),
  ],
);
