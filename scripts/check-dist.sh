#!/usr/bin/env bash
# dist/ is committed, because that is what a workflow runs: this proves that it is the bundle of src/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
bash scripts/node24 build.mjs "$fresh"
if ! diff --recursive --brief dist "$fresh"; then
  echo "dist/ is not the bundle of src/: run 'npm run build' and commit dist/" >&2
  exit 1
fi
