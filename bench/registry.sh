#!/usr/bin/env bash
# Puts Debian's docker-registry into a folder, for the bench only. Usage: bench/registry.sh DIR
set -euo pipefail
# shellcheck source=lab/apt.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/apt.sh"

[ $# -eq 1 ] || { echo 'usage: bench/registry.sh DIR' >&2; exit 1; }
[ ! -d "$1" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
download_from "$release" "$work/debs" docker-registry
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
mkdir -p "$(dirname "$1")"
mv "$work/root" "$1"
