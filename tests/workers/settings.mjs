// From wrangler.toml and the command line to Miniflare's options. Pure: no file is read and nothing is started here.

import { isAbsolute, join } from "node:path";
import { parseArgs } from "node:util";

/** The files of a Worker that `worker-build` has built. */
export const BUILT = { script: "index.js", wasm: "index_bg.wasm" };

/**
 * The command line of serve.mjs.
 * @param {string[]} argv without node and the script
 * @returns {{port: number, kvAdminPort: number | undefined, readyFile: string | undefined,
 *   config: string | undefined, build: string | undefined}}
 */
export function commandLine(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      port: { type: "string", default: "0" },
      "kv-admin-port": { type: "string" },
      "ready-file": { type: "string" },
      config: { type: "string" },
      build: { type: "string" },
    },
  });
  return {
    port: portNumber(values.port),
    kvAdminPort: values["kv-admin-port"] === undefined ? undefined : portNumber(values["kv-admin-port"]),
    readyFile: values["ready-file"],
    config: values.config,
    build: values.build,
  };
}

function portNumber(text) {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`not a port: ${text}`);
  return port;
}

/**
 * Variables from WORKER_BINDINGS: a JSON object of strings, which go to the Worker as they are.
 * @param {string | undefined} text
 */
export function bindingsFrom(text) {
  if (text === undefined || text === "") return {};
  const bindings = JSON.parse(text);
  if (bindings === null || typeof bindings !== "object" || Array.isArray(bindings)) {
    throw new Error("WORKER_BINDINGS must be a JSON object");
  }
  return bindings;
}

/**
 * Dates sort as text. A date that the installed runtime does not know yet would be refused, so it is capped.
 * @param {string | undefined} wanted from wrangler.toml
 * @param {string} supported the newest date of the installed runtime
 */
export function compatibilityDate(wanted, supported) {
  return wanted === undefined || wanted > supported ? supported : wanted;
}

/**
 * Miniflare's options for one Worker on the loopback interface. It fetches nothing by itself: no `cf` object, no telemetry.
 * @param {object} given
 * @param {object} given.wrangler the parsed wrangler.toml
 * @param {string} given.build folder with the built Worker, absolute
 * @param {number} given.port 0 for any
 * @param {Record<string, string>} given.bindings win over wrangler.toml's vars
 * @param {string} given.supportedDate the newest compatibility date of the installed runtime
 */
export function miniflareOptions({ wrangler, build, port, bindings, supportedDate }) {
  if (!isAbsolute(build)) throw new Error(`the build folder must be absolute: ${build}`);
  return {
    name: wrangler.name ?? "worker",
    host: "127.0.0.1",
    port,
    cf: false,
    telemetry: { enabled: false },
    logRequests: false,
    modulesRoot: build,
    modules: [
      { type: "ESModule", path: join(build, BUILT.script) },
      { type: "CompiledWasm", path: join(build, BUILT.wasm) },
    ],
    compatibilityDate: compatibilityDate(dateText(wrangler.compatibility_date), supportedDate),
    compatibilityFlags: wrangler.compatibility_flags ?? [],
    bindings: { ...wrangler.vars, ...bindings },
    kvNamespaces: kvBindings(wrangler),
    kvPersist: false,
    durableObjects: durableObjects(wrangler),
  };
}

/** The names under which the Worker sees its KV namespaces. */
export function kvBindings(wrangler) {
  return (wrangler.kv_namespaces ?? []).map(({ binding }) => binding);
}

function durableObjects(wrangler) {
  const sqlite = new Set((wrangler.migrations ?? []).flatMap((migration) => migration.new_sqlite_classes ?? []));
  const bindings = wrangler.durable_objects?.bindings ?? [];
  return Object.fromEntries(
    bindings.map(({ name, class_name: className }) => [name, { className, useSQLite: sqlite.has(className) }]),
  );
}

// TOML has dates of its own: `compatibility_date = 2026-04-01` without quotes is one.
function dateText(value) {
  return value instanceof Date ? value.toISOString().slice(0, 10) : value;
}
