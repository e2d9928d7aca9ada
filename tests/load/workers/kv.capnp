# A Worker that reads KV once, and the service that holds the value.
@0xa4f3b6e81c9d7052;

using Workerd = import "/workerd/workerd.capnp";
using Common = import "common.capnp";

const config :Workerd.Config = (
  services = [
    (name = "reader", worker = .reader),
    (name = "kv", worker = Common.kvService),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "reader")],
);

const reader :Workerd.Worker = (
  modules = [(name = "kv.js", esModule = embed "kv.js")],
  compatibilityDate = Common.compatibilityDate,
  bindings = [
    (name = "CATALOG", kvNamespace = "kv"),
    (name = "KV_VALUE_BYTES", fromEnvironment = "KV_VALUE_BYTES"),
  ],
);
