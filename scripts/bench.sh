#!/usr/bin/env bash
# Measures the sandbox and the proxy and prints the tables of docs/benchmarks.md.
#   scripts/bench.sh [documents|classify|verdicts|start|latency|scraping|serve|streams]...      all without any
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'bench: %s\n' "$*" >&2; }

missing=()
for tool in nginx:nginx-light wrk:wrk redis-server:redis-server; do
  PATH="$PATH:/usr/sbin" command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  sudo=; [ "$(id -u)" = 0 ] || sudo="sudo -n"
  say "installing ${missing[*]}"
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

scripts/build-plugins.sh plugins target/release/plugins
say "building with optimisation; the first time takes minutes"
cargo build --quiet --locked --release --package osa-proxy --package osa-proxy-bench
scripts/real-documents.sh target/real-documents

say "$(uname -srm), $(nproc) × $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
target/release/osa-proxy-bench target/real-documents "$@"
