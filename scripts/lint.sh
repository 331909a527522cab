#!/usr/bin/env bash
# Style and likely mistakes: Python, Cython, shell; lines of the pages.
set -euo pipefail
cd "$(dirname "$0")/.."

# cython-lint calls pycodestyle by name.
PATH=$(realpath --no-symlinks "${VENV:-.venv}")/bin:$PATH
ruff check --quiet --output-format concise .
ruff format --check --quiet --diff .
cython-lint satlog_native
for script in scripts/*.sh scripts/services .ci/run; do
    bash -n "$script"
done
if LC_ALL=C.UTF-8 grep -rnE '.{111}' partner_pipeline/web/static/{js,css}; then
    echo "these lines are longer than 110 characters: break them" >&2
    exit 1
fi
