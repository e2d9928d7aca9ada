// Serves the built Worker on Miniflare, on the loopback interface, until it is told to stop.
//
//   node serve.mjs [--port N] [--ready-file PATH] [--kv-admin-port N] [--config WRANGLER.TOML] [--build DIR]
//
// WORKER_BINDINGS (JSON) holds the Worker's variables and secrets: not in the arguments, which every process can read.
// Once the Worker listens, the ready file holds {"url", "kv_admin_url", "pid"}.

import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { Miniflare, supportedCompatibilityDate } from "miniflare";
import { parse } from "smol-toml";

import { kvAdmin } from "./kv-admin.mjs";
import { BUILT, bindingsFrom, commandLine, kvBindings, miniflareOptions } from "./settings.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, "../..");
const WATCH_MILLISECONDS = 2_000;

/** Ends with one line instead of a stack trace: whoever reads it mistyped something, or has not built yet. */
function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

async function start(options) {
  const build = resolve(options.build ?? join(ROOT, "edge/cloudflare/build"));
  const missing = Object.values(BUILT).find((file) => !existsSync(join(build, file)));
  if (missing) fail(`${join(build, missing)} is missing: run cargo xtask build workers`);
  const wrangler = parse(await readFile(options.config ?? join(ROOT, "wrangler.toml"), "utf8"));
  const bindings = bindingsFrom(process.env.WORKER_BINDINGS);
  process.env.WORKERD ??= workerdBinary();
  process.env.MINIFLARE_WORKERD_PATH ??= join(HERE, "workerd.sh");
  const miniflare = new Miniflare(
    miniflareOptions({ ...options, wrangler, build, bindings, supportedDate: supportedCompatibilityDate }),
  );
  const url = await miniflare.ready;
  const admin = options.kvAdminPort === undefined ? undefined : kvAdmin(miniflare, kvBindings(wrangler));
  if (admin) await new Promise((listening) => admin.listen(options.kvAdminPort, "127.0.0.1", listening));
  return { miniflare, admin, url };
}

/** The runtime of exactly the version that Miniflare brings. */
function workerdBinary() {
  const require = createRequire(import.meta.url);
  return createRequire(require.resolve("miniflare"))("workerd").default;
}

/** Written beside and renamed, so that a reader never sees half of it. */
async function announce(path, { url, admin }) {
  const ready = {
    url: url.origin,
    kv_admin_url: admin ? `http://127.0.0.1:${admin.address().port}` : null,
    pid: process.pid,
  };
  console.log(`the Worker answers at ${ready.url}`);
  if (!path) return;
  await writeFile(`${path}.partial`, JSON.stringify(ready));
  await rename(`${path}.partial`, path);
}

/** Miniflare does not say when the runtime below it is gone, and this process would stay behind without it. */
function watch(url, stop) {
  setInterval(() => {
    const socket = connect(Number(url.port), "127.0.0.1");
    socket.once("connect", () => socket.destroy());
    socket.once("error", () => stop(1, "the Workers runtime has ended"));
  }, WATCH_MILLISECONDS);
}

const options = (() => {
  try {
    return commandLine(process.argv.slice(2));
  } catch (error) {
    return fail(error.message);
  }
})();
const served = await start(options).catch((error) => fail(error.message));

let stopping = false;
async function stop(code, reason) {
  if (stopping) return;
  stopping = true;
  if (reason) console.error(reason);
  served.admin?.close();
  await served.miniflare.dispose().catch(() => {});
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(0));

await announce(options.readyFile, served);
watch(served.url, stop);
