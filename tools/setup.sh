#!/bin/sh
# tools/setup.sh run|dev: brings .venv in line with that lock file; at once when it already is.
set -u
cd "$(dirname "$0")/.." || exit 1

.venv/bin/python tools/setup_env.py --check "$1" 2>/dev/null && exit 0
python=$(sh tools/find_python.sh) || exit 1
exec "$python" tools/setup_env.py "$1"
