#!/usr/bin/env bash
# Adds up what cargo test and cargo nextest reported. A test that wrote to target/skips.txt did not run: it counts as
# skipped, not as passed. Fails when a test or a step failed, or when no test ran at all.
#   scripts/summary.sh LOG_DIR FAILED_STEPS
set -euo pipefail
cd "$(dirname "$0")/.."
plain() { sed 's/\x1b\[[0-9;]*m//g' "$1"/*.log; }
# PATTERN: the sum of the number in front of it (or behind it), over the summary lines of both runners.
sum() { plain "$logs" | grep -E "^test result:|^ +Summary \[" | { grep -oE "$1" || true; } | { grep -oE '[0-9]+' || true; } | awk '{ n += $1 } END { print n + 0 }'; }
logs=$1
passed=$(sum '[0-9]+ passed')
failed=$(sum '[0-9]+ (failed|timed out)')
ignored=$(sum '[0-9]+ (ignored|skipped)')
skips=target/skips.txt
touch "$skips"
sort -u -o "$skips" "$skips"
reported=$(wc -l <"$skips")

echo
if [ "$reported" -gt 0 ]; then
  echo "skipped, and why:"
  sed 's/^/  /' "$skips"
fi
if [ "$failed" -gt 0 ]; then
  echo "failed:"
  plain "$logs" | { grep -E '^ +(FAIL|TIMEOUT|SIGABRT|SIGSEGV) \[|^test .* FAILED$' || true; } | sort -u | sed 's/^ */  /'
fi
[ "$2" = 0 ] || echo "a step ended with an error: see target/test-logs"
echo "$((passed - reported)) passed, $failed failed, $((ignored + reported)) skipped"
[ "$failed" = 0 ] && [ "$2" = 0 ] && [ "$passed" -gt 0 ]
