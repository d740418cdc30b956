#!/usr/bin/env bash
# Runs every test and ends with one line, "N passed, N failed, N skipped". `make test` sets up first.
#   scripts/test.sh
set -uo pipefail
cd "$(dirname "$0")/.."
logs=$PWD/target/test-logs
mkdir -p "$logs"
rm -f "$logs"/* target/skips.txt
failed=0
say() { printf '\ntest: %s\n' "$*" >&2; }

# NAME COMMAND...: its output goes to the screen and to target/test-logs/NAME.log.
step() {
  local name=$1; shift
  say "$name"
  "$@" 2>&1 | tee "$logs/$name.log"
  local status=${PIPESTATUS[0]}
  [ "$status" = 0 ] || { failed=1; say "$name: exit code $status"; }
  return "$status"
}
in_folder() { (cd "$1" && shift && "$@"); }

# Process-wide settings of this shell must not reach the package managers that the tests drive.
unset PIP_FIND_LINKS PIP_INDEX_URL npm_config_registry

step build-plugins scripts/build-plugins.sh plugins target/debug/plugins
step build-fixtures scripts/build-plugins.sh tests/fixtures/plugins target/debug/hostile
step build-host cargo build --locked --workspace --exclude osa-proxy-bench --all-targets || { scripts/summary.sh "$logs" 1; exit 1; }

step plugins in_folder plugins cargo test --locked --no-fail-fast
step fixtures in_folder tests/fixtures/plugins cargo test --locked --no-fail-fast
if cargo nextest --version >/dev/null 2>&1; then
  step host cargo nextest run --locked --workspace --exclude osa-proxy-bench --no-fail-fast
else
  step host cargo test --locked --workspace --exclude osa-proxy-bench --no-fail-fast
fi

scripts/summary.sh "$logs" "$failed"
