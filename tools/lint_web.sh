#!/bin/sh
# The types of what a browser loads (bot/web), checked by the TypeScript that tools/web pins. Where node is not installed this
# says so and passes, but not in CI.
set -u
cd "$(dirname "$0")/web" || exit 1

if ! command -v npm >/dev/null; then
    echo "lint-web: node and npm are not installed, so the types of bot/web were not checked" >&2
    [ -z "${CI:-}" ]
    exit
fi
if [ -z "$(find node_modules/.package-lock.json -newer package-lock.json 2>/dev/null)" ]; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || exit 1
fi
exec node_modules/.bin/tsc --project tsconfig.json
