#!/usr/bin/env bash
# Fetches documents that `make bench` measures with, as the registries serve them that npm and pip on this machine are
# configured for, and through these clients. They stay below target/; what cannot be had is said and left out.
#   scripts/real-documents.sh FOLDER
set -euo pipefail
folder=$1
packuments=(next typescript webpack express lodash is-number)
pages=(botocore numpy)
mkdir -p "$folder"
say() { printf 'real-documents: %s\n' "$*" >&2; }
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT

for name in "${packuments[@]}"; do
  [ -e "$folder/$name.packument.json" ] && continue
  say "npm view $name"
  if ! npm view "$name" name --json --cache "$cache" --fetch-retries 1 >/dev/null 2>"$cache/error"; then
    say "skipped: the packument of $name, npm says $(head -1 "$cache/error")"; continue
  fi
  # npm keeps what it fetched under its digest; an index names them.
  node - "$cache/_cacache" "$name" "$folder/$name.packument.json" <<'JS' || say "skipped: the packument of $name is not in npm's cache"
const fs = require('fs'), path = require('path');
const [cache, name, out] = process.argv.slice(2);
const files = dir => fs.readdirSync(dir, { withFileTypes: true })
  .flatMap(entry => entry.isDirectory() ? files(path.join(dir, entry.name)) : [path.join(dir, entry.name)]);
const entries = files(path.join(cache, 'index-v5'))
  .flatMap(file => fs.readFileSync(file, 'utf8').split('\n'))
  .filter(line => line).map(line => JSON.parse(line.slice(line.indexOf('\t') + 1)));
const entry = entries.find(entry => entry.integrity && entry.key.endsWith('/' + name));
if (!entry) process.exit(1);
const [algorithm, digest] = entry.integrity.split('-');
const hex = Buffer.from(digest, 'base64').toString('hex');
fs.copyFileSync(path.join(cache, 'content-v2', algorithm, hex.slice(0, 2), hex.slice(2, 4), hex.slice(4)), out);
JS
done

for name in "${pages[@]}"; do
  [ -e "$folder/$name.page.json" ] && [ -e "$folder/$name.page.html" ] && continue
  say "the index page of $name"
  # pip does not cache index pages, so its own session fetches them, with its index, proxy and certificates.
  python3 - "$name" "$folder" 2>"$cache/error" <<'PYTHON' || say "skipped: the index page of $name, pip says $(tail -1 "$cache/error")"
import pathlib, sys
from pip._internal.commands import create_command

name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
command = create_command("install")
options, _ = command.parse_args(["--retries", "1"])
session = command._build_session(options)
for accept, suffix in ("application/vnd.pypi.simple.v1+json", "json"), ("text/html", "html"):
    answer = session.get(f"{options.index_url.rstrip('/')}/{name}/", headers={"Accept": accept})
    answer.raise_for_status()
    if answer.headers["content-type"].split(";")[0] == accept:
        (folder / f"{name}.page.{suffix}").write_bytes(answer.content)
PYTHON
done
