//! A running `cargo xtask dev`, and the shop that its ready file describes.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::http;
use crate::processes::{self, Process};

/// A first start compiles the component for this machine.
const START_TURNS: u32 = 6_000;
const END_TURNS: u32 = 1_200;
const TURN: Duration = Duration::from_millis(50);

/// The tool, with a shop in a folder of its own.
pub(crate) struct Dev {
    child: Child,
    folder: PathBuf,
    ready: Value,
}

impl Dev {
    /// Starts it, and waits for its ready file.
    pub(crate) fn start(edge: &str, folder: &Path, arguments: &[&str]) -> Self {
        let output = File::create(folder.join("printed")).expect("the folder is ours");
        let errors = output.try_clone().expect("a file has more than one handle");
        let mut command = command(folder);
        command.args(["--edge", edge, "--port", "0", "--no-build"]).args(arguments).stdout(output).stderr(errors);
        // A run that was killed has left its own, and the next one removes it only once it runs.
        drop(fs::remove_file(folder.join("ready.json")));
        let child = command.spawn().expect("xtask should start");
        let mut dev = Self { child, folder: folder.to_owned(), ready: Value::Null };
        for _ in 0..START_TURNS {
            if let Ok(text) = fs::read(dev.ready_file()) {
                dev.ready = serde_json::from_slice(&text).expect("the ready file is whole once it is there");
                return dev;
            }
            let ended = dev.child.try_wait().expect("it is our child");
            assert_eq!(ended, None, "it ended before it was ready:\n{}", dev.printed());
            thread::sleep(TURN);
        }
        panic!("it is not ready:\n{}", dev.printed())
    }

    /// What it says where it cannot even begin.
    pub(crate) fn fails(folder: &Path, arguments: &[&str]) -> String {
        let output = command(folder).args(arguments).output().expect("xtask should start");
        assert!(!output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    pub(crate) fn ready_file(&self) -> PathBuf {
        self.folder.join("ready.json")
    }

    /// What a person has seen so far.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(self.folder.join("printed")).unwrap_or_default()
    }

    pub(crate) fn shop(&self) -> Shop<'_> {
        assert_eq!(self.ready["pid"], self.child.id());
        Shop(&self.ready)
    }

    pub(crate) fn processes(&self) -> Vec<Process> {
        processes::below(self.child.id())
    }

    /// Ends the tool alone, as the kernel does when memory is short.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the tool is still there to be told");
        for _ in 0..END_TURNS {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            thread::sleep(TURN);
        }
        panic!("it does not end:\n{}", self.printed())
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // A check has failed, and this is the way to end everything.
            let id = self.child.id().to_string();
            drop(Command::new("kill").args(["-INT", &id]).status());
            drop(self.child.wait());
        }
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("dev").arg("--state-dir").arg(folder.join("state")).arg("--ready-file").arg(folder.join("ready.json"));
    command.stdin(Stdio::null());
    command
}

/// Whether a program can be started by its name.
pub(crate) fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// An open shop, by its ready file.
pub(crate) struct Shop<'a>(&'a Value);

impl Shop<'_> {
    /// Each field against what answers there.
    pub(crate) fn check(&self, products: u64) {
        let mut names: Vec<&str> = self.0.as_object().expect("it is an object").keys().map(String::as_str).collect();
        names.sort_unstable();
        let published = [
            "admin_token",
            "carrier_url",
            "database_url",
            "dynamodb_endpoint",
            "edge_url",
            "issuer_url",
            "origin_url",
            "other_shopper_token",
            "payments_url",
            "paypal_url",
            "pid",
            "shopper_token",
        ];
        assert_eq!(names, published);
        self.sells(products);
        self.knows_its_shoppers();
        self.obeys_its_administrator();
        self.rests_on_its_stores();
    }

    fn sells(&self, products: u64) {
        let ready = http::get(self.port("edge_url"), "/readyz").map(|answer| answer.status);
        assert_eq!(ready, Some(200), "the origin believes the edge's signature");
        let list = self.call("edge_url", "GET", "/v1/products?limit=100", &[], "").expecting(200);
        assert_eq!(list["pagination"]["total"], products);
        let unsigned = self.call("origin_url", "GET", "/v1/products", &[], "").expecting(403);
        assert!(unsigned["error"]["code"].as_str().is_some_and(|code| code.starts_with("SIGNATURE_")), "{unsigned}");
    }

    fn knows_its_shoppers(&self) {
        let detail = self.call("edge_url", "GET", "/v1/products?limit=1&sort=price_asc", &[], "").expecting(200);
        let product = format!("/v1/products/{}", detail["data"][0]["id"].as_str().expect("a product"));
        let detail = self.call("edge_url", "GET", &product, &[], "").expecting(200);
        let item =
            json!({"productId": detail["id"], "variantId": detail["variants"][0]["id"], "quantity": 2}).to_string();
        let cart = self.call_as(self.text("shopper_token"), "POST", "/v1/cart/items", &item).expecting(200);
        let items = cart["cart"]["items"].as_array().expect("a cart has lines");
        assert!(items.iter().any(|item| item["productId"] == detail["id"]), "{cart}");
        let other = self.call_as(self.text("other_shopper_token"), "GET", "/v1/cart", "").expecting(200);
        assert_eq!(other["items"], json!([]));
        assert_ne!(other["userId"], cart["cart"]["userId"]);

        let wanted = json!({"sub": "somebody", "email": "somebody@example.com", "roles": [], "ttl_seconds": 600});
        let minted = self.call("issuer_url", "POST", "/token", &[], &wanted.to_string()).expecting(200);
        let token = minted["access_token"].as_str().expect("a token");
        assert_eq!(self.call_as(token, "GET", "/v1/cart", "").expecting(200)["userId"], "somebody");
        self.call_as("made.up.token", "GET", "/v1/cart", "").expecting(401);
    }

    fn obeys_its_administrator(&self) {
        let product =
            json!({"name": "Made in a test", "price": 5, "categoryId": "cat_electronics", "stock": 1}).to_string();
        self.call_as(self.text("shopper_token"), "POST", "/v1/products", &product).expecting(403);
        self.call_as(self.text("admin_token"), "POST", "/v1/products", &product).expecting(201);
    }

    fn rests_on_its_stores(&self) {
        // PostgreSQL's protocol, SSLRequest: a length and a code, answered with N or S.
        let mut database = TcpStream::connect(("127.0.0.1", self.port("database_url"))).expect("the database listens");
        database.set_read_timeout(Some(Duration::from_secs(5))).expect("a limit");
        database.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]).expect("the database reads");
        let mut answer = [0];
        database.read_exact(&mut answer).expect("the database answers");
        assert!(matches!(answer[0], b'N' | b'S'), "{answer:?}");

        let scope = "Credential=x/20260101/us-east-1/dynamodb/aws4_request";
        let headers = [
            ("x-amz-target", "DynamoDB_20120810.ListTables"),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-date", "20260101T000000Z"),
            ("authorization", &format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0")),
        ];
        let tables = self.call("dynamodb_endpoint", "POST", "/", &headers, "{}").expecting(200);
        let tables = tables["TableNames"].as_array().cloned().unwrap_or_default();
        assert!(tables.contains(&json!("shopping-carts")), "{tables:?}");

        let refused = self.call("payments_url", "GET", "/v1/payment_intents/pi_1", &[], "").expecting(401);
        assert_eq!(refused["error"]["type"], "invalid_request_error");

        let refused = self.call("paypal_url", "GET", "/v2/checkout/orders/5O1", &[], "").expecting(401);
        assert_eq!(refused["name"], "AUTHENTICATION_FAILURE");

        let refused = self.call("carrier_url", "GET", "/trackers/trk_1", &[], "").expecting(401);
        assert_eq!(refused["code"], "unauthorized");
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("{name} should be text"))
    }

    /// The port of a URL, which is one of this machine.
    fn port(&self, name: &str) -> u16 {
        let (_, address) = self.text(name).split_once("127.0.0.1:").expect("everything is on the loopback interface");
        let port: String = address.chars().take_while(char::is_ascii_digit).collect();
        port.parse().expect("it has a port")
    }

    fn call_as(&self, token: &str, method: &str, path: &str, body: &str) -> Answered {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        self.call("edge_url", method, path, if body.is_empty() { &headers[..1] } else { &headers }, body)
    }

    fn call(&self, base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answered {
        let answer = http::send(self.port(base), method, path, headers, body);
        let answer = answer.unwrap_or_else(|| panic!("{base} does not answer {method} {path}"));
        Answered { what: format!("{method} {path} at {base}"), answer }
    }
}

/// An answer, and what it was an answer to.
pub(crate) struct Answered {
    what: String,
    answer: http::Answer,
}

impl Answered {
    /// The body, if the status is as it should be.
    fn expecting(self, status: u16) -> Value {
        assert_eq!(self.answer.status, status, "{}: {}", self.what, self.answer.body);
        serde_json::from_str(&self.answer.body).unwrap_or_else(|_| panic!("{}: {}", self.what, self.answer.body))
    }
}
