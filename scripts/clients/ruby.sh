# gem and Bundler, as the system has them.
with_apt ruby ruby bundler
# Bundler 2.5 and later verify the compact index in another way than those before. The system has one of them, so another is
# taken from a newer release.
with_release trixie ruby-bundler
[ -e "$clients/bundler/exe/bundle" ] || ln -sfn "$clients"/ruby-bundler/usr/share/rubygems-integration/all/gems/bundler-* "$clients/bundler"
