#!/usr/bin/env bash
# npm run demo: installs what is missing, brings the lab up, and plays the story of a release through the bundled action.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh engine browser
exec bash scripts/node24 lab/demo.ts "$@"
