import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { bindingsFrom, commandLine, compatibilityDate, miniflareOptions } from "./settings.mjs";

const SERVE = new URL("./serve.mjs", import.meta.url).pathname;

describe("settings", () => {
  test("a port is a number between 0 and 65535", () => {
    assert.equal(commandLine(["--port", "8080"]).port, 8080);
    for (const wrong of ["-1", "65536", "1.5", "http"]) assert.throws(() => commandLine([`--port=${wrong}`]), /not a port/);
  });

  test("a date that the runtime does not know yet is capped", () => {
    assert.equal(compatibilityDate("2026-12-01", "2026-04-26"), "2026-04-26");
    assert.equal(compatibilityDate("2026-01-01", "2026-04-26"), "2026-01-01");
    assert.equal(compatibilityDate(undefined, "2026-04-26"), "2026-04-26");
  });

  test("bindings must be an object", () => {
    assert.deepEqual(bindingsFrom('{"A":"b"}'), { A: "b" });
    assert.deepEqual(bindingsFrom(undefined), {});
    for (const wrong of ["[]", "null", '"a"']) assert.throws(() => bindingsFrom(wrong), /JSON object/);
  });

  test("wrangler.toml's namespaces, objects and variables reach the Worker, and bindings win", () => {
    const wrangler = {
      kv_namespaces: [{ binding: "CATALOG", id: "0" }],
      durable_objects: { bindings: [{ name: "CARTS", class_name: "Carts" }] },
      migrations: [{ tag: "v1", new_sqlite_classes: ["Carts"] }],
      vars: { A: "wrangler", B: "wrangler" },
    };
    const options = miniflareOptions({ wrangler, build: "/b", port: 0, bindings: { A: "given" }, supportedDate: "2026-04-26" });
    assert.deepEqual(options.kvNamespaces, ["CATALOG"]);
    assert.deepEqual(options.durableObjects, { CARTS: { className: "Carts", useSQLite: true } });
    assert.deepEqual(options.bindings, { A: "given", B: "wrangler" });
    assert.equal(options.host, "127.0.0.1");
  });
});

// The smallest WebAssembly module: its magic number and its version.
const EMPTY_MODULE = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]);
const WORKER = `
import module from "./index_bg.wasm";
export default {
  async fetch(request, env) {
    if (!(module instanceof WebAssembly.Module)) return new Response("no module", { status: 500 });
    return new Response(env.GREETING + " " + (await env.CATALOG.get("name")));
  },
};
`;

describe("a served Worker", () => {
  let folder, child, ready;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "serve-"));
    await writeFile(join(folder, "index.js"), WORKER);
    await writeFile(join(folder, "index_bg.wasm"), EMPTY_MODULE);
    await writeFile(
      join(folder, "wrangler.toml"),
      'compatibility_date = "2099-01-01"\nkv_namespaces = [{ binding = "CATALOG", id = "0" }]\n',
    );
    const readyFile = join(folder, "ready.json");
    const paths = ["--ready-file", readyFile, "--config", join(folder, "wrangler.toml"), "--build", folder];
    child = spawn(process.execPath, [SERVE, "--kv-admin-port", "0", ...paths], {
      env: { ...process.env, WORKER_BINDINGS: '{"GREETING":"hello"}' },
      stdio: ["ignore", "ignore", "inherit"],
    });
    ready = await readWhenThere(readyFile);
  });

  after(async () => {
    child.kill("SIGTERM");
    await rm(folder, { recursive: true });
  });

  test("sees its variables, and what the tests put into KV", async () => {
    const key = `${ready.kv_admin_url}/kv/CATALOG/name`;
    assert.equal((await fetch(key, { method: "PUT", body: "world" })).status, 204);
    assert.equal(await (await fetch(ready.url)).text(), "hello world");
    assert.equal(await (await fetch(key)).text(), "world");
    assert.equal((await fetch(key, { method: "DELETE" })).status, 204);
    assert.equal(await (await fetch(ready.url)).text(), "hello null");
    assert.equal((await fetch(key)).status, 404);
  });

  test("has a namespace that can be listed and cleared", async () => {
    const namespace = `${ready.kv_admin_url}/kv/CATALOG`;
    for (const key of ["a", "b%2Fc"]) await fetch(`${namespace}/${key}`, { method: "PUT", body: "x" });
    assert.deepEqual(await (await fetch(namespace)).json(), { keys: ["a", "b/c"] });
    assert.equal((await fetch(namespace, { method: "DELETE" })).status, 204);
    assert.deepEqual(await (await fetch(namespace)).json(), { keys: [] });
  });

  test("has no other namespace", async () => {
    assert.equal((await fetch(`${ready.kv_admin_url}/kv/OTHER/a`)).status, 404);
  });
});

test("a Worker that was not built is one clear line", async () => {
  const child = spawn(process.execPath, [SERVE, "--build", "/nowhere"], { stdio: ["ignore", "ignore", "pipe"] });
  const chunks = await child.stderr.toArray();
  assert.equal(Buffer.concat(chunks).toString(), "error: /nowhere/index.js is missing: run cargo xtask build workers\n");
});

async function readWhenThere(file) {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    try {
      return JSON.parse(await readFile(file, "utf8"));
    } catch {
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }
  throw new Error(`${file} did not appear within 30 s`);
}
