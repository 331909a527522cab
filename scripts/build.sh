#!/usr/bin/env bash
# Compiles the core in place, and installs satlog in the environment so that edits take effect.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${VENV:-.venv}
log=build/build.log
mkdir -p build
echo "Building ..."
if [ "$venv/bin/satlog" -nt pyproject.toml ]; then
    build=("$venv/bin/python" setup.py --quiet build_ext --inplace)
else
    build=("$venv/bin/python" -m pip install --quiet --no-build-isolation
        --constraint constraints.txt --editable '.[geo,plot,duckdb,dask,api]')
fi
if ! "${build[@]}" > "$log" 2>&1; then
    tail --lines 40 "$log" >&2
    echo "satlog: the build failed; the compiler's last words are above, all are in $log" >&2
    exit 1
fi
! grep --extended-regexp 'warning:' "$log" >&2 || echo "satlog: compiler warnings, see $log" >&2
