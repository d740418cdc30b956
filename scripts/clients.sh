#!/usr/bin/env bash
# Installs the package managers that the tests drive into target/clients, from the registries this machine is configured
# for. What cannot be had is written to target/clients/missing.txt with the reason, and its tests are skipped.
#   scripts/clients.sh
set -euo pipefail
cd "$(dirname "$0")/.."
clients=$PWD/target/clients
mkdir -p "$clients"
: >"$clients/missing.txt"
say() { printf 'clients: %s\n' "$*" >&2; }
missing() { printf '%s: %s\n' "$1" "$2" >>"$clients/missing.txt"; say "$1 is not to be had: $2"; }
# Local wheels would hide what is fetched.
unset PIP_FIND_LINKS

# NAME FILE PACKAGE: a client that npm installs to target/clients/NAME.
with_npm() {
  [ -e "$clients/$1/node_modules/$2" ] && return
  say "installing $3"
  npm install --silent --no-audit --no-fund --prefix "$clients/$1" "$3" >"$clients/$1.log" 2>&1 ||
    missing "$1" "npm could not install $3, see target/clients/$1.log"
}

# NAME PACKAGE...: a client that pip installs to the virtual environment target/clients/NAME.
with_pip() {
  local name=$1; shift
  [ -e "$clients/$name/ready" ] && return
  say "installing $*"
  { python3 -m venv "$clients/$name" && "$clients/$name/bin/pip" install --quiet --disable-pip-version-check --upgrade "$@" \
    && touch "$clients/$name/ready"; } >"$clients/$name.log" 2>&1 ||
    missing "$name" "pip could not install $*, see target/clients/$name.log"
}

if command -v npm >/dev/null; then
  with_npm pnpm .bin/pnpm pnpm
  with_npm yarn1 .bin/yarn yarn@1
  with_npm yarn4 @yarnpkg/cli-dist/bin/yarn.js @yarnpkg/cli-dist
else
  for client in npm pnpm yarn1 yarn4; do missing $client "no npm on PATH"; done
fi
if command -v python3 >/dev/null; then
  with_pip pip pip
  with_pip uv uv
else
  for client in pip uv; do missing $client "no python3 on PATH"; done
fi
