// One read from KV and nothing else. The value is as long as KV_VALUE_BYTES says, so that it can match what the shop reads.
// As bytes, as the shop reads it: a text would be decoded and encoded again.
const KEY = "value";

export default {
  async fetch(_request, env) {
    let value = await env.CATALOG.get(KEY, "arrayBuffer");
    if (value === null) {
      await env.CATALOG.put(KEY, "x".repeat(Number(env.KV_VALUE_BYTES)));
      value = await env.CATALOG.get(KEY, "arrayBuffer");
    }
    return new Response(value);
  },
};
