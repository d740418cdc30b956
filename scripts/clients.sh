#!/usr/bin/env bash
# Installs the package managers that the tests drive, from the registries this machine is configured for: system packages,
# and the rest into target/clients. What cannot be had is written to target/clients/missing.txt with the reason, and its
# tests are skipped. Which clients there are stands in scripts/clients/, a file for each ecosystem.
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
  command -v npm >/dev/null || { missing "$1" "no npm on PATH"; return; }
  say "installing $3"
  npm install --silent --no-audit --no-fund --prefix "$clients/$1" "$3" >"$clients/$1.log" 2>&1 ||
    missing "$1" "npm could not install $3, see target/clients/$1.log"
}

# NAME PACKAGE...: a client that pip installs to the virtual environment target/clients/NAME.
with_pip() {
  local name=$1; shift
  [ -e "$clients/$name/ready" ] && return
  command -v python3 >/dev/null || { missing "$name" "no python3 on PATH"; return; }
  say "installing $*"
  { python3 -m venv "$clients/$name" && "$clients/$name/bin/pip" install --quiet --disable-pip-version-check --upgrade "$@" \
    && touch "$clients/$name/ready"; } >"$clients/$name.log" 2>&1 ||
    missing "$name" "pip could not install $*, see target/clients/$name.log"
}

# NAME PACKAGE...: a client of the system's packages.
with_apt() {
  local name=$1; shift
  dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null | sort -u | diff -q - <(echo installed) >/dev/null && return
  command -v apt-get >/dev/null || { missing "$name" "no apt-get on PATH"; return; }
  say "installing $*"
  local sudo=; [ "$(id -u)" = 0 ] || sudo="sudo -n"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=600)
  { $sudo "${install[@]}" "$@" || { $sudo apt-get update -qq && $sudo "${install[@]}" "$@"; }; } >"$clients/$name.log" 2>&1 ||
    missing "$name" "apt-get could not install $*, see target/clients/$name.log"
}

# RELEASE PACKAGE...: unpacks packages of another release of the same distribution to target/clients/PACKAGE, each with what
# it has below /usr/bin or elsewhere, but none of what it depends on.
with_release() {
  local release=$1 package home=$clients/apt-$1 uri wanted=(); shift
  for package in "$@"; do [ -e "$clients/$package/ready" ] || wanted+=("$package"); done
  [ ${#wanted[@]} -gt 0 ] || return 0
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | head -1) || true
  if [ -n "$uri" ]; then
    say "unpacking ${wanted[*]} of $release"
    mkdir -p "$home/lists/partial" "$home/cache/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release main" >"$home/sources.list"
    printf '%s\n' "Dir::Etc::sourcelist \"$home/sources.list\";" 'Dir::Etc::sourceparts "/dev/null";' \
      "Dir::State::lists \"$home/lists\";" "Dir::Cache \"$home/cache\";" 'Acquire::Languages "none";' >"$home/apt.conf"
    (export APT_CONFIG=$home/apt.conf && cd "$home" && apt-get update -qq && apt-get download "${wanted[@]}") >"$home.log" 2>&1 || true
  else
    echo "there are no apt sources to take it from" >"$home.log"
  fi
  for package in "${wanted[@]}"; do
    dpkg-deb -x "$home/${package}"_*.deb "$clients/$package" >>"$home.log" 2>&1 && touch "$clients/$package/ready" ||
      missing "$package" "it could not be unpacked, see target/clients/apt-$release.log"
  done
  rm -rf "$home"
}

for ecosystem in scripts/clients/*.sh; do
  # shellcheck source=/dev/null
  . "$ecosystem"
done
