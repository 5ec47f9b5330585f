#!/usr/bin/env bash
# npm test: installs what is missing, then lint, types, unit tests, simulation, and end-to-end and chaos tests on real parts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Started by npm, everything below would inherit npm's own settings (its cache, its registry) in the environment.
for name in $(compgen -e npm_ || true); do unset "$name"; done
bash scripts/setup.sh engine tools browser proxies

step() {
  printf '\n==> %s\n' "$1"
  shift
  local started=$SECONDS
  "$@"
  printf '    (%s s)\n' "$((SECONDS - started))"
}
jest=(bash scripts/node24 --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js)

step 'Lint' npm run --silent lint
step 'Shell scripts' bash scripts/shellcheck.sh
step 'Types' npm run --silent types
step 'Generated documentation is current' bash scripts/node24 scripts/docs.ts --check
step 'dist is the bundle of src' bash scripts/check-dist.sh
step 'Unit tests' "${jest[@]}" --selectProjects unit
step 'Simulation: random deployments and every effect hit' "${jest[@]}" --selectProjects simulation
# Mostly waiting for containers: two worlds beside each other keep two cores busy.
step 'End-to-end tests' "${jest[@]}" --selectProjects e2e --maxWorkers=2
step 'Chaos: faults in the middle of deployments' "${jest[@]}" --selectProjects chaos --maxWorkers=2
