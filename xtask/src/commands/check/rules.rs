//! The rules as data. `docs/ARCHITECTURE.md` says why; a change here is a change of the design.

/// What one crate of this workspace may depend on.
pub(super) struct Layer {
    /// The crate's name.
    pub(super) name: &'static str,
    /// Crates of this workspace that it may name, for any kind of dependency but dev.
    pub(super) ours: &'static [&'static str],
    /// Crates from elsewhere that it may not name.
    pub(super) never: &'static [&'static str],
    /// Crates from elsewhere that may not come in through others either.
    pub(super) never_at_all: &'static [&'static str],
}

const SHARED: [&str; 5] = ["commerce-domain", "commerce-api", "commerce-catalog", "commerce-auth", "commerce-aws"];
const SERVERS: [&str; 6] = ["axum", "hyper", "hyper-util", "reqwest", "tower", "lambda_http"];
const DATABASES: [&str; 6] = ["sqlx", "tokio-postgres", "deadpool-postgres", "diesel", "refinery", "dynoxide-rs"];

/// `domain <- api, auth, aws <- edge-core, origin-core <- adapters <- programs <- tests`.
pub(super) const LAYERS: &[Layer] = &[
    Layer {
        name: "commerce-domain",
        ours: &[],
        never: &["http", "bytes", "futures-util", "futures", "async-trait", "serde_json", "tracing"],
        never_at_all: &["tokio", "axum", "hyper", "reqwest", "worker", "spin-sdk", "tokio-postgres"],
    },
    Layer {
        name: "commerce-api",
        ours: &["commerce-domain"],
        never: &["tokio"],
        never_at_all: &["axum", "hyper", "reqwest", "worker", "spin-sdk"],
    },
    Layer {
        name: "commerce-catalog",
        ours: &["commerce-domain"],
        never: &["http", "futures-util", "tracing"],
        never_at_all: &["tokio", "axum", "hyper", "reqwest", "worker", "spin-sdk"],
    },
    Layer {
        name: "commerce-auth",
        ours: &["commerce-domain"],
        never: &["http"],
        never_at_all: &["tokio", "hyper", "reqwest", "worker", "spin-sdk"],
    },
    Layer {
        name: "commerce-aws",
        ours: &["commerce-domain"],
        never: &["tokio"],
        never_at_all: &["hyper", "reqwest", "worker", "spin-sdk", "aws-config", "aws-sdk-dynamodb"],
    },
    Layer {
        name: "edge-core",
        ours: &SHARED,
        // rust_decimal and jwt-simple bring it in on WebAssembly targets.
        never: &["wasm-bindgen"],
        never_at_all: &["worker", "spin-sdk", "tokio", "reqwest", "hyper", "axum"],
    },
    Layer {
        name: "edge-cloudflare",
        ours: &EDGE_ADAPTER,
        never: &["spin-sdk"],
        never_at_all: &["tokio-postgres", "reqwest"],
    },
    Layer {
        name: "edge-spin",
        ours: &EDGE_ADAPTER,
        never: &["worker", "wasm-bindgen"],
        never_at_all: &["tokio-postgres", "reqwest"],
    },
    Layer {
        name: "origin-core",
        ours: &SHARED,
        never: &["tokio", "tower", "lambda_http"],
        never_at_all: &["sqlx", "tokio-postgres", "axum", "reqwest", "hyper", "worker", "spin-sdk"],
    },
    Layer {
        name: "origin-http",
        ours: &ORIGIN_ADAPTER,
        never: &DATABASES,
        never_at_all: &["worker", "spin-sdk", "reqwest"],
    },
    Layer {
        name: "origin-postgres",
        ours: &ORIGIN_ADAPTER,
        never: &SERVERS,
        never_at_all: &["worker", "spin-sdk", "axum"],
    },
    Layer {
        name: "origin-dynamo",
        ours: &ORIGIN_ADAPTER,
        never: &SERVERS,
        never_at_all: &["worker", "spin-sdk", "axum", "tokio-postgres"],
    },
    Layer {
        name: "origin-events",
        ours: &ORIGIN_ADAPTER,
        never: &SERVERS,
        never_at_all: &["worker", "spin-sdk", "axum", "tokio-postgres"],
    },
    Layer {
        name: "origin-gateways",
        ours: &ORIGIN_ADAPTER,
        never: &DATABASES,
        never_at_all: &["worker", "spin-sdk", "axum"],
    },
    Layer {
        name: "origin-objects",
        ours: &ORIGIN_OBJECTS,
        never: &SERVERS,
        never_at_all: &["worker", "spin-sdk", "axum", "tokio-postgres"],
    },
    Layer {
        name: "origin-papers",
        ours: &["commerce-domain", "commerce-api"],
        never: &SERVERS,
        never_at_all: &["worker", "spin-sdk", "axum", "tokio", "tokio-postgres"],
    },
    Layer {
        name: "origin-functions",
        ours: &ORIGIN_PROGRAM,
        never: &["axum"],
        never_at_all: &["worker", "spin-sdk", "dynoxide-rs", "test-support"],
    },
    Layer { name: "golden", ours: &[], never: &[], never_at_all: &["tokio", "worker", "spin-sdk"] },
    Layer { name: "test-support", ours: &TEST_SUPPORT, never: &["worker", "spin-sdk"], never_at_all: &[] },
    Layer { name: "local-stack", ours: &LOCAL_STACK, never: &["worker", "spin-sdk"], never_at_all: &["wasmtime"] },
    Layer { name: "sim", ours: &SIM, never: &["worker", "spin-sdk"], never_at_all: &["wasmtime"] },
    Layer { name: "race", ours: &SIM, never: &["worker", "spin-sdk"], never_at_all: &["wasmtime"] },
    Layer { name: "spin-host", ours: &[], never: &["worker", "spin-sdk", "axum"], never_at_all: &[] },
    Layer { name: "e2e", ours: &E2E, never: &["worker", "spin-sdk"], never_at_all: &["wasmtime"] },
    Layer { name: "event-schemas", ours: &[], never: &["worker", "spin-sdk"], never_at_all: &["tokio", "reqwest"] },
    Layer { name: "load", ours: &[], never: &["worker", "spin-sdk"], never_at_all: &["wasmtime"] },
    Layer { name: "checkout-load", ours: &CHECKOUT_LOAD, never: &["worker", "spin-sdk"], never_at_all: &["wasmtime"] },
    Layer { name: "hello-component", ours: &[], never: &[], never_at_all: &[] },
    Layer { name: "xtask", ours: &[], never: &[], never_at_all: &["tokio", "wasmtime", "reqwest", "hyper"] },
];

const EDGE_ADAPTER: [&str; 5] = ["commerce-domain", "commerce-api", "commerce-auth", "commerce-aws", "edge-core"];
const ORIGIN_ADAPTER: [&str; 6] =
    ["commerce-domain", "commerce-api", "commerce-auth", "commerce-aws", "commerce-catalog", "origin-core"];
const ORIGIN_OBJECTS: [&str; 4] = ["commerce-domain", "commerce-aws", "commerce-catalog", "origin-core"];
const ORIGIN_PROGRAM: [&str; 11] = [
    "commerce-domain",
    "commerce-api",
    "commerce-auth",
    "commerce-aws",
    "origin-core",
    "origin-http",
    "origin-postgres",
    "origin-dynamo",
    "origin-events",
    "origin-gateways",
    "origin-papers",
];
const TEST_SUPPORT: [&str; 6] =
    ["commerce-domain", "commerce-api", "commerce-auth", "commerce-aws", "origin-core", "edge-core"];
const LOCAL_STACK: [&str; 13] = [
    "commerce-domain",
    "commerce-api",
    "commerce-auth",
    "commerce-aws",
    "origin-core",
    "origin-http",
    "origin-postgres",
    "origin-dynamo",
    "origin-events",
    "origin-gateways",
    "origin-objects",
    "test-support",
    "origin-papers",
];
const CHECKOUT_LOAD: [&str; 11] = [
    "commerce-domain",
    "commerce-api",
    "commerce-auth",
    "commerce-aws",
    "origin-core",
    "origin-http",
    "origin-postgres",
    "origin-dynamo",
    "origin-gateways",
    "test-support",
    "load",
];
const SIM: [&str; 10] = [
    "commerce-api",
    "commerce-auth",
    "commerce-aws",
    "commerce-domain",
    "origin-core",
    "origin-http",
    "origin-postgres",
    "origin-dynamo",
    "origin-gateways",
    "test-support",
];
const E2E: [&str; 7] =
    ["commerce-domain", "commerce-api", "commerce-auth", "commerce-aws", "edge-core", "test-support", "local-stack"];

/// Edges that the search for `never_at_all` does not follow: (from, to, why).
pub(super) const TOLERATED: &[(&str, &str, &str)] = &[
    ("aws-smithy-runtime-api", "tokio", "only tokio::sync, which needs no runtime and builds for WebAssembly"),
    ("aws-smithy-async", "tokio", "only tokio::sync, as above"),
];

/// Above these a file or a function fails the check.
pub(super) const FILE_LIMIT: usize = 500;
pub(super) const FUNCTION_LIMIT: usize = 80;
/// Above these it is counted, and listed with `--verbose`.
pub(super) const FILE_NOTE: usize = 250;
pub(super) const FUNCTION_NOTE: usize = 40;

/// Files that may be longer than [`FILE_LIMIT`], and why. Short on purpose.
pub(super) const LONG_FILES: &[(&str, &str)] = &[];
/// Functions (`file::name`) that may be longer than [`FUNCTION_LIMIT`], and why.
pub(super) const LONG_FUNCTIONS: &[(&str, &str)] = &[];

/// The adapters translate and nothing else: what does not fit belongs in edge-core. Lines of Rust without tests.
pub(super) const ADAPTERS: [&str; 2] = ["edge/cloudflare", "edge/spin"];
pub(super) const ADAPTER_LIMIT: usize = 150;
/// JavaScript that an adapter calls into, in lines. It spares crossings and decides nothing.
pub(super) const SCRIPT_LIMIT: usize = 100;

/// Folders in which no `f32` or `f64` may stand: money passes through them.
pub(super) const WITHOUT_FLOATS: [&str; 3] = ["shared", "edge", "origin"];
/// Files there that may, and why.
pub(super) const WITH_FLOATS: &[(&str, &str)] =
    &[("origin/papers/src/pen.rs", "coordinates on paper, as the PDF library takes them: amounts come there as text")];

/// Dependencies that no source names, and what they are for.
pub(super) const UNNAMED: &[(&str, &str, &str)] = &[];
