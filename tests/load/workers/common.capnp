# What the three configurations of the benchmark share.
@0xb2d9f0c5a7e14c31;

using Workerd = import "/workerd/workerd.capnp";

# As in wrangler.toml.
const compatibilityDate :Text = "2026-04-01";

const kvService :Workerd.Worker = (
  modules = [(name = "kv-service.js", esModule = embed "kv-service.js")],
  compatibilityDate = .compatibilityDate,
);
