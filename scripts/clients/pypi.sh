with_pip pip pip
with_pip uv uv
