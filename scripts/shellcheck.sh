#!/usr/bin/env bash
# Every shell file of the project passes shellcheck.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files -z -- '*.sh' .ci/run scripts/node24 | xargs -0 shellcheck --severity=style
