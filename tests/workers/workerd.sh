#!/bin/sh
# Starts the Workers runtime so that it ends with the process that started it, however that one ends: a test that kills
# serve.mjs would leave it behind otherwise. Miniflare runs this in place of the binary that WORKERD names.
if command -v setpriv >/dev/null 2>&1; then
  exec setpriv --pdeathsig KILL "$WORKERD" "$@"
fi
exec "$WORKERD" "$@"
