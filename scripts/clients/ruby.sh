# gem and Bundler, as the system has them.
with_apt ruby ruby bundler

# Bundler 2.5 and later verify the compact index in another way than those before. The system has one of them, so another is
# unpacked from a newer release of the same distribution, where there is one.
newer_bundler() {
  local home=$clients/bundler-apt uri
  [ -e "$clients/bundler/exe/bundle" ] && return
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | head -1) || true
  [ -n "$uri" ] || { missing bundler "no apt sources to take a newer one from"; return; }
  say "unpacking Bundler of trixie"
  mkdir -p "$home/lists/partial" "$home/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri trixie main" >"$home/sources.list"
  printf '%s\n' "Dir::Etc::sourcelist \"$home/sources.list\";" 'Dir::Etc::sourceparts "/dev/null";' \
    "Dir::State::lists \"$home/lists\";" "Dir::Cache \"$home/cache\";" 'Acquire::Languages "none";' >"$home/apt.conf"
  (
    APT_CONFIG=$home/apt.conf apt-get update -qq && cd "$home" && APT_CONFIG=$home/apt.conf apt-get download ruby-bundler \
      && dpkg-deb -x ruby-bundler_*.deb unpacked && mv unpacked/usr/share/rubygems-integration/all/gems/bundler-* "$clients/bundler"
  ) >"$clients/bundler.log" 2>&1 || missing bundler "it could not be unpacked, see target/clients/bundler.log"
  rm -rf "$home"
}
newer_bundler
