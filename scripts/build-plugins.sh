#!/usr/bin/env bash
# Builds a workspace of guests for wasm32-unknown-unknown and copies every .wasm to a folder.
#   scripts/build-plugins.sh WORKSPACE_DIR OUTPUT_DIR
# Takes rustup's target where rustup can fetch it; elsewhere Debian's rustc-web, whose library
# sources are built for the target, with rustup's rust-lld as the linker.
set -euo pipefail
workspace=$(realpath "$1"); out=$2
target=wasm32-unknown-unknown
say() { printf 'build-plugins: %s\n' "$*" >&2; }

# memchr and friends use vector instructions when the target has them; every host of ours does. Guests do not recurse
# over their input, so an eighth of the usual stack does; all of it counts as memory of each call.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+simd128,+bulk-memory -C link-arg=-zstack-size=131072"

has_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; }

if ! has_target && rustup target add "$target" >/dev/null 2>&1; then
  say "added $target with rustup"
fi

cd "$workspace"
if has_target; then
  say "building $workspace with rustup's $(rustc --version)"
  cargo build --locked --release --target "$target"
else
  sysroot=$(rustc --print sysroot)
  linker=$(find "$sysroot" -name rust-lld -type f | head -1)
  [ -n "$linker" ] || { say "no rust-lld under $sysroot: run 'rustup component add llvm-tools' or install rustup's default toolchain"; exit 1; }
  if ! [ -x /usr/bin/cargo ] || ! [ -d /usr/lib/rustlib/src/rust/library ] && ! [ -d /usr/src/rustc-"$(/usr/bin/rustc --version 2>/dev/null | cut -d' ' -f2)" ]; then
    say "rustup cannot fetch $target here: installing Debian's rustc-web, cargo-web and rust-web-src"
    sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get install -y -qq --no-install-recommends rustc-web cargo-web rust-web-src >/dev/null 2>&1 \
      || { $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends rustc-web cargo-web rust-web-src >/dev/null; }
  fi
  say "building $workspace with Debian's $(/usr/bin/rustc --version) and its library sources"
  env -u RUSTUP_TOOLCHAIN PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker" \
    /usr/bin/cargo build --locked --release --target "$target" -Zbuild-std=std,panic_abort
fi

mkdir -p "$OLDPWD/$out"; out=$(cd "$OLDPWD" && realpath "$out")
for wasm in target/"$target"/release/*.wasm; do
  # Written beside and moved over, so that a running host never reads half a file; untouched when equal.
  name=$(basename "$wasm" .wasm); name=${name#osa_plugin_}
  cmp -s "$wasm" "$out/$name.wasm" || { cp "$wasm" "$out/.$name.wasm.new"; mv "$out/.$name.wasm.new" "$out/$name.wasm"; say "$out/$name.wasm"; }
done
