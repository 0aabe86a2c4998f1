#!/bin/sh
# Compiles every guest of this folder to a small .wasm beside its source. `npm test` never needs it.
#
# usage: build.sh [file ...]     all sources without arguments
#
# Debian: apt-get install clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32 rustc libstd-rust-dev-wasm32 wabt
# Go 1.21 or later for the Go guest. The variables below name the compilers.
set -eu
cd "$(dirname "$0")"
: "${CLANG:=clang-14}" "${RUSTC:=/usr/bin/rustc}" "${RUST_LINKER:=wasm-ld-14}" "${GO:=go}"

# A source may ask for more in a line such as "// build: -nostdlib".
extra() { sed -n 's,^// build: ,,p' "$1"; }

build() {
  out="${1%.*}.wasm"
  case "$1" in
    # shellcheck disable=SC2046
    *.c)
      "$CLANG" --target=wasm32-wasi --sysroot=/usr -std=gnu11 -O2 -Wall -Wextra -Werror \
        -Wl,--strip-all -Wl,--gc-sections -Ic -o "$out" "$1" $(extra "$1")
      ;;
    *.rs)
      "$RUSTC" --edition 2021 --target wasm32-wasi -C linker="$RUST_LINKER" -C opt-level=s -C lto=fat \
        -C codegen-units=1 -C panic=abort -C strip=symbols -D warnings \
        --remap-path-prefix "$PWD"=. $(extra "$1") -o "$out" "$1"
      ;;
    *.go)
      GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 "$GO" build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' \
        -o "$out" "$1"
      ;;
    # shellcheck disable=SC2046
    *.wat) wat2wasm $(sed -n 's,^;; build: ,,p' "$1") -o "$out" "$1" ;;
  esac
  chmod 644 "$out"
  echo "$out $(wc -c <"$out")"
}

if [ $# -eq 0 ]; then
  set -- $(find c rust go hostile http -name '*.c' -o -name '*.rs' -o -name '*.go' -o -name '*.wat' | LC_ALL=C sort)
fi
for source in "$@"; do build "$source"; done
