# A bare Worker. The port is given on the command line: --socket-addr http=127.0.0.1:PORT.
@0xe7a8c1d24f6b3a95;

using Workerd = import "/workerd/workerd.capnp";
using Common = import "common.capnp";

const config :Workerd.Config = (
  services = [(name = "hello", worker = .hello)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "hello")],
);

const hello :Workerd.Worker = (
  modules = [(name = "hello.js", esModule = embed "hello.js")],
  compatibilityDate = Common.compatibilityDate,
);
