// A small server on the loopback interface with which tests look into KV and change it: to write an entry that has
// expired, to damage one, or to clear a namespace.
//
//   GET    /kv/{namespace}         {"keys": [...]}, at most 1,000
//   DELETE /kv/{namespace}         removes every key
//   GET    /kv/{namespace}/{key}   the value, or 404
//   PUT    /kv/{namespace}/{key}   stores the body
//   DELETE /kv/{namespace}/{key}   removes it
//
// Namespaces go by their binding's name; keys are percent-encoded.

import { createServer } from "node:http";

/** Workers KV takes no larger value. */
const MAX_VALUE_BYTES = 25 * 1024 * 1024;

/**
 * @param {import("miniflare").Miniflare} miniflare
 * @param {string[]} namespaces the binding names that exist
 * @returns {import("node:http").Server} not listening yet
 */
export function kvAdmin(miniflare, namespaces) {
  return createServer((request, response) => {
    answer(miniflare, namespaces, request)
      .catch((error) => [error.status ?? 500, error.message])
      .then(([status, body]) => response.writeHead(status).end(body));
  });
}

async function answer(miniflare, namespaces, request) {
  const [root, namespace, ...rest] = new URL(request.url, "http://localhost").pathname.slice(1).split("/");
  if (root !== "kv" || !namespaces.includes(namespace)) return [404, `no such namespace: one of ${namespaces.join(", ")}`];
  const kv = await miniflare.getKVNamespace(namespace);
  const key = decodeURIComponent(rest.join("/"));
  return key === "" ? answerNamespace(kv, request.method) : answerKey(kv, key, request);
}

async function answerNamespace(kv, method) {
  if (method === "GET") {
    const { keys } = await kv.list();
    return [200, JSON.stringify({ keys: keys.map(({ name }) => name) })];
  }
  if (method !== "DELETE") return [405, "GET or DELETE"];
  for (let done = false; !done; ) {
    const { keys } = await kv.list();
    await Promise.all(keys.map(({ name }) => kv.delete(name)));
    done = keys.length === 0;
  }
  return [204];
}

async function answerKey(kv, key, request) {
  switch (request.method) {
    case "GET": {
      const value = await kv.get(key, "arrayBuffer");
      return value === null ? [404, "no such key"] : [200, Buffer.from(value)];
    }
    case "PUT":
      await kv.put(key, await bodyOf(request));
      return [204];
    case "DELETE":
      await kv.delete(key);
      return [204];
    default:
      return [405, "GET, PUT or DELETE"];
  }
}

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_VALUE_BYTES) throw Object.assign(new Error("value too large"), { status: 413 });
    chunks.push(chunk);
  }
  // Miniflare hands over plain ArrayBuffers, not Node's pooled Buffers.
  return new Uint8Array(Buffer.concat(chunks)).buffer;
}
