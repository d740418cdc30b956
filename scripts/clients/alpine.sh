# Only Alpine has apk; elsewhere its requests are replayed.
command -v apk >/dev/null || missing apk "it is not packaged here"
