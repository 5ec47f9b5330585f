#!/usr/bin/env bash
# Unpacks Debian packages into a folder instead of installing them.
# Usage: lab/packages.sh SUITE DIR PACKAGE...   SUITE `own` is this machine's release; does nothing when DIR is there already
set -euo pipefail
# shellcheck source=lab/apt.sh
. "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

if [ $# -lt 3 ]; then
  sed -n '2,3s/^# \{0,1\}//p' "$0" >&2
  exit 1
fi
suite=$1
target=$2
shift 2
[ ! -d "$target" ] || exit 0
# shellcheck source=/dev/null
[ "$suite" != own ] || suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say "fetching $* of $suite"
download_from "$suite" "$work/debs" "$@"
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
mkdir -p "$(dirname "$target")"
# In one step: a folder that is there is complete. Who comes second finds it there.
mv -T "$work/root" "$target" 2>/dev/null || [ -d "$target" ]
