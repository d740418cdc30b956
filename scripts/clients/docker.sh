# skopeo, podman, buildah, Docker's daemon and its command, and a registry for them to pull from, as the system has them.
with_apt docker-registry docker-registry
with_apt skopeo skopeo
with_apt podman podman
with_apt buildah buildah
# Docker's own packages conflict with the distribution's, and do as well.
PATH="$PATH:/usr/sbin" command -v dockerd >/dev/null || with_apt dockerd docker.io
command -v docker >/dev/null || with_apt docker docker-cli

# crane and oras are single programs of a newer release.
with_release sid crane oras
