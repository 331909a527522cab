#!/usr/bin/env bash
# Runs every notebook from its first cell to its last, and checks that none is kept with outputs.
# Arguments go to pytest, for instance: scripts/notebooks.sh -k damaged
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${VENV:-.venv}
"$venv/bin/nbstripout" --verify notebooks/*.ipynb || {
    echo "Notebooks are kept without outputs: $venv/bin/nbstripout notebooks/*.ipynb" >&2
    exit 1
}
exec "$venv/bin/python" -m pytest -p no:benchmark -p no:cacheprovider --numprocesses auto \
    --nbmake --nbmake-timeout=300 notebooks "$@"
