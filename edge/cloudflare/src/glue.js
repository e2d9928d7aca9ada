// What crosses between JavaScript and WebAssembly crosses in as few calls as possible: each string costs tens of
// microseconds. A head is one text: the start line, then `name:value` lines. No rule of the shop is here.

/** The head of a request: method and URL, then the headers. */
export function request_head(request) {
  return `${request.method} ${request.url}${headerLines(request.headers)}`;
}

/** A response of a status and headers as in a head, and of a copy of the body: the view is into WebAssembly's memory. */
export function respond(status, lines, body) {
  return new Response(body.length === 0 ? null : body.slice(), { status, headers: pairs(lines) });
}

/** A response with the body of another one, which is read as it comes. */
export function stream(status, lines, source) {
  return new Response(source.body, { status, headers: pairs(lines) });
}

/** The first `limit` bytes of a message's body. */
export async function read(message, limit) {
  const chunks = [];
  let room = limit;
  for await (const chunk of message.body ?? []) {
    chunks.push(chunk.subarray(0, room));
    room -= chunk.length;
    if (room <= 0) break;
  }
  return chunks.length === 1 ? chunks[0] : new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Sends a request and resolves to its answer, whatever the status. */
export function send(method, url, lines, body) {
  const init = { method, headers: pairs(lines), redirect: "manual" };
  return fetch(url, body.length === 0 ? init : { ...init, body: body.slice() });
}

/** The head of an answer: status, then the headers. */
export function response_head(response) {
  return `${response.status}${headerLines(response.headers)}`;
}

export async function kv_get(env, key) {
  const value = await env.CATALOG.get(key, "arrayBuffer");
  return value === null ? undefined : new Uint8Array(value);
}

/** Workers KV refuses to expire a value within a minute. */
export function kv_put(env, key, value, seconds) {
  return env.CATALOG.put(key, value.slice(), { expirationTtl: Math.max(60, Number(seconds)) });
}

export function kv_delete(env, key) {
  return env.CATALOG.delete(key);
}

export function randomize(view) {
  crypto.getRandomValues(view);
}

/** A variable or a secret; undefined where it is neither. */
export function variable(env, name) {
  return typeof env[name] === "string" ? env[name] : undefined;
}

function headerLines(headers) {
  let lines = "";
  for (const [name, value] of headers) lines += `\n${name}:${value}`;
  return lines;
}

function pairs(lines) {
  return lines.split("\n").filter(Boolean).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1)];
  });
}
