#!/usr/bin/env bash
# npm run lab: brings the lab up, says how to look around in it, and takes it down at Ctrl-C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh engine
exec bash scripts/node24 lab/cli.ts "$@"
