#!/usr/bin/env bash
# Puts the programs of another Debian release's engine into a folder, for `startServer({ binaries: DIR })`.
# Usage: lab/engine-binaries.sh SUITE DIR     for example trixie (engine 26.1); does nothing when DIR is there already
set -euo pipefail
# shellcheck source=lab/apt.sh
. "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

if [ $# -ne 2 ]; then
  sed -n '2,3s/^# \{0,1\}//p' "$0" >&2
  exit 1
fi
suite=$1
target=$2
[ ! -d "$target" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say "fetching the engine of $suite"
download_from "$suite" "$work/debs" docker.io containerd runc
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
mkdir -p "$(dirname "$target")" "$work/flat"
for program in dockerd docker-proxy containerd containerd-shim-runc-v2 runc; do
  found=$(find "$work/root/usr" -type f -name "$program" -perm -u+x -print -quit)
  # Only what is installed here can be covered by its namesake, and only what this machine's libraries can run (the
  # installed runc serves newer engines too).
  if [ -n "$found" ] && command -v "$program" >/dev/null && ! ldd "$found" 2>&1 | grep -q 'not found'; then
    mv "$found" "$work/flat/"
  fi
done
# In one step: a folder that is there is complete. Who comes second finds it there.
mv -T "$work/flat" "$target" 2>/dev/null || [ -d "$target" ]
