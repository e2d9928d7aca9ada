// The service behind a KV binding: the runtime turns get, put and delete into HTTP requests with the percent-encoded key as
// the path. Values live in memory and never expire; listing, metadata and expiry are not here, because nothing measured uses
// them. As small as can be: its cost is in the figure of every Worker that reads KV.
const MAX_ENTRIES = 10_000;
const values = new Map();

export default {
  async fetch(request) {
    const key = new URL(request.url).pathname;
    switch (request.method) {
      case "GET": {
        const value = values.get(key);
        return value === undefined ? new Response(null, { status: 404 }) : new Response(value);
      }
      case "PUT":
        if (values.size >= MAX_ENTRIES && !values.has(key)) return new Response("full", { status: 507 });
        values.set(key, await request.arrayBuffer());
        return new Response(null);
      case "DELETE":
        values.delete(key);
        return new Response(null);
      default:
        return new Response(null, { status: 405 });
    }
  },
};
