#!/usr/bin/env bash
# npm run lab: what is missing is installed first.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ "$(id -u)" -ne 0 ]; then
  echo 'lab: needs root: it makes network namespaces, mounts and Docker engines' >&2
  exit 1
fi
"$root/lab/install.sh" engine
[ -e "$root/node_modules/.package-lock.json" ] || (cd "$root" && npm ci --no-audit --no-fund)
exec "$root/scripts/node24" "$root/lab/cli.ts" "$@"
