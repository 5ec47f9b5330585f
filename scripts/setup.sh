#!/usr/bin/env bash
# Installs what the demo and the tests need and is missing: npm packages, then (as root) system packages.
# usage: scripts/setup.sh [what for]...   (the words of lab/install.sh; none: npm packages only)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p')
if [ -z "$major" ] || [ "$major" -lt 20 ]; then
  echo "Node 20 or later is needed; found: $(node --version 2>/dev/null || echo none)" >&2
  exit 1
fi
if ! [ -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "==> Installing npm packages"
  npm install --no-save --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
[ "$#" -eq 0 ] || bash lab/install.sh "$@"
