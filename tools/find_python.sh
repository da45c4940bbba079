#!/bin/sh
# Prints the path of a Python 3.10 that can make virtual environments. When there is none, one line says how to get it.
# Looks at PATH, then pyenv, then uv. Run from the project's root, so that pyenv's shims see .python-version.
set -u

# Answers with the interpreter behind shims and virtual environments: .venv may be deleted while it is being remade.
# The imports are what distributions split off or a self-compiled Python lacks.
resolve() {
    "$1" -c '
import ensurepip, sqlite3, ssl, sys, venv
if sys.version_info[:2] != (3, 10):
    sys.exit(1)
inside_venv = sys.prefix != sys.base_prefix
print(sys.base_exec_prefix + "/bin/python3.10" if inside_venv else sys.executable)' 2>/dev/null
}

for name in python3.10 python3 python; do
    resolve "$name" && exit 0
done

pyenv_root=$(pyenv root 2>/dev/null) || pyenv_root=${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}
for candidate in "$pyenv_root"/versions/3.10*/bin/python3.10; do
    resolve "$candidate" && exit 0
done

# Asked from / because uv would otherwise answer with the project's own .venv.
ask_uv() {
    (cd / && env -u VIRTUAL_ENV uv python find 3.10 2>/dev/null)
}
PATH="$PATH:${HOME:-/nonexistent}/.local/bin"  # where uv's own installer and pipx put it
if command -v uv >/dev/null 2>&1; then
    resolve "$(ask_uv)" && exit 0
    uv python install 3.10 >&2 && resolve "$(ask_uv)" && exit 0
fi

echo "没有找到可用的 Python 3.10（Rasa 3.6 不支持更新的版本）。装上 uv 再运行一次，它会自己取来 3.10 / No usable Python 3.10 found (Rasa 3.6 takes no newer one); install uv and run this again, it fetches 3.10: Debian, Ubuntu: sudo apt install pipx && pipx install uv | macOS: brew install uv | 或/or: pyenv install 3.10" >&2
exit 1
