#!/usr/bin/env bash
# Makes a fresh Debian or Ubuntu machine with rustup ready. Idempotent; what cannot be had is reported and costs only
# what needs it.
#   scripts/setup.sh build    what building and running take
#   scripts/setup.sh test     also the servers and package managers that the tests drive
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'setup: %s\n' "$*" >&2; }

command -v cargo >/dev/null || { say "no cargo on PATH: install the Rust tool chain with rustup first"; exit 1; }

# tool -> Debian package
declare -A tools=([cc]=build-essential)
if [ "${1:-test}" = test ]; then
  tools+=([redis-server]=redis-server [nginx]=nginx-light [wrk]=wrk [python3]=python3 [npm]=npm [curl]=curl [promtool]=prometheus)
fi
missing=()
for tool in "${!tools[@]}"; do
  PATH="$PATH:/usr/sbin" command -v "$tool" >/dev/null || missing+=("${tools[$tool]}")
done
if [ "${1:-test}" = test ] && command -v python3 >/dev/null && ! python3 -c 'import ensurepip' 2>/dev/null; then missing+=(python3-venv); fi
if [ ${#missing[@]} -gt 0 ]; then
  sudo=; [ "$(id -u)" = 0 ] || sudo="sudo -n"
  say "installing ${missing[*]}"
  install() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
  # Packages start their services by themselves; tests start their own.
  install 2>/dev/null || { $sudo apt-get update -qq && install; } ||
    say "could not install ${missing[*]}: tests that need them are skipped"
fi

[ "${1:-test}" != test ] || scripts/clients.sh
say "ready"
