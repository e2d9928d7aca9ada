#!/bin/sh
# wasm-ld for Rust's component linker (`--wasm-ld-path`): links the module, then has binaryen's wasm-opt make it smaller, before the
# component is made of it. A component cannot be optimised as a whole. `cargo xtask build` says in WASM_OPT_BIN where wasm-opt is.
set -eu

host=$(rustc -vV | sed -n 's/^host: //p')
"$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld" -flavor wasm "$@"

module=
previous=
for argument in "$@"; do
  [ "$previous" = -o ] && module=$argument
  previous=$argument
done
# What rustc compiles for wasm32-wasip2 uses these; the section that would say so is gone where names are stripped.
"$WASM_OPT_BIN" -Oz --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int \
  --enable-reference-types --enable-sign-ext "$module" -o "$module.smaller"
mv "$module.smaller" "$module"
