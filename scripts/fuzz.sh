#!/usr/bin/env bash
# Fuzzes each target of plugins/fuzz for a while; a find ends it with an error and names the input.
#   scripts/fuzz.sh [SECONDS_EACH] [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}; shift || true
tools=$PWD/target/tools
export PATH=$tools/bin:$PATH
cargo fuzz --version >/dev/null 2>&1 || {
  echo "fuzz: installing cargo-fuzz to target/tools" >&2
  cargo install --quiet --locked --root "$tools" cargo-fuzz
}
# Coverage needs flags of the nightly compiler, which the stable one has as well; memory is safe without the sanitizer.
export RUSTC_BOOTSTRAP=1
cd plugins
if [ $# -eq 0 ]; then mapfile -t targets < <(cargo fuzz list); else targets=("$@"); fi
for target in "${targets[@]}"; do
  echo "fuzz: $target for $seconds s" >&2
  cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
done
