#!/usr/bin/env bash
# For machines where `rustup target add` cannot download: makes a Rust toolchain that has both WebAssembly targets, from the
# packages of Debian or Ubuntu, and links it in rustup under the name given as the first argument.
# `cargo xtask setup` runs it when it has to. Needs root, a rustup toolchain (for its linkers), and about three minutes.
set -euo pipefail

name=${1:?usage: wasm-toolchain.sh TOOLCHAIN-NAME}
prefix=/usr
targets=(wasm32-unknown-unknown wasm32-wasip2)

if [ "$(id -u)" != 0 ]; then
  echo "the WebAssembly targets are missing and rustup could not add them: run this once as root: $0 $name" >&2
  exit 1
fi

host=$(rustc -vV | sed -n 's/^host: //p')
sysroot=$(rustc --print sysroot)

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # Debian 12 ships a current compiler beside its own, under the names that end in -web.
  local compiler=(rustc-web cargo-web rust-web-src)
  apt-cache show rustc-web >/dev/null 2>&1 || compiler=(rustc cargo rust-src)
  apt-get install -y -qq --no-install-recommends "${compiler[@]}" wasi-libc
}

# The packaged compiler has no linker for WebAssembly: lend it those of the rustup toolchain.
lend_linkers() {
  local from to=$prefix/lib/rustlib/$host/bin
  from=$(find "$sysroot" -path "*$host/bin/rust-lld" -print -quit)
  if [ -z "$from" ]; then
    echo "no rust-lld under $sysroot" >&2
    exit 1
  fi
  from=$(dirname "$from")
  mkdir -p "$to"
  ln -sfn "$from/rust-lld" "$to/rust-lld"
  ln -sfn "$from/wasm-component-ld" "$to/wasm-component-ld"
  ln -sfn "$from/gcc-ld" "$to/gcc-ld"
}

# Compiles std by building an empty crate against the packaged sources. Bitcode is embedded because release builds with link
# time optimisation read it from the standard library, too.
build_std() {
  local target=$1 work=$2 lib=$prefix/lib/rustlib/$1/lib
  (
    cd "$work"
    env -u RUSTUP_TOOLCHAIN -u CARGO_TARGET_DIR RUSTC_BOOTSTRAP=1 RUSTC="$prefix/bin/rustc" RUSTFLAGS=-Cembed-bitcode=yes \
      "$prefix/bin/cargo" build --quiet --release --target "$target" -Zbuild-std=std,panic_abort --target-dir "$work/out"
  )
  rm -rf "$lib"
  mkdir -p "$lib"
  find "$work/out/$target/release/deps" -name '*.rlib' ! -name 'libempty-*' -exec cp {} "$lib/" \;
}

# A component starts with the C library's objects, which the linker looks for beside the standard library.
place_wasi_objects() {
  local folder=$prefix/lib/rustlib/wasm32-wasip2/lib/self-contained
  mkdir -p "$folder"
  cp "$prefix"/lib/wasm32-wasi/{crt1-command.o,crt1-reactor.o,libc.a} "$folder/"
}

install_packages
lend_linkers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
touch "$work/src/lib.rs"
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n' >"$work/Cargo.toml"
for target in "${targets[@]}"; do
  build_std "$target" "$work"
done
place_wasi_objects
rustup toolchain link "$name" "$prefix"
echo "toolchain $name is ready"
