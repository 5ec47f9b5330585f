#!/usr/bin/env bash
# Every shell file of the project passes shellcheck. The parts of the keeper do as what they are, one script.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files -z -- '*.sh' .ci/run scripts/node24 ':!*/keeper/*' | xargs -0 shellcheck --severity=style
bash scripts/node24 --input-type=module --eval \
  "import { KEEPER_SCRIPT } from './src/server/keeper-script.ts'; process.stdout.write(KEEPER_SCRIPT)" |
  shellcheck --severity=style -
