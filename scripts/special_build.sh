#!/usr/bin/env bash
# Copies the tree to build/NAME and compiles it there with the switch SATLOG_NAME of setup.py:
# special_build.sh sanitize | coverage
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(realpath --no-symlinks "${VENV:-.venv}")/bin/python
room=build/$1
rm -rf "$room"
mkdir -p "$room"
cp -r pyproject.toml setup.py README.md CHANGELOG.md LICENSE constraints.txt \
    satlog_native partner_pipeline tests benchmarks scripts docs "$room"
find "$room" \( -name '*.so' -o -name '*.c' -o -name __pycache__ \) -prune -exec rm -r {} +
cd "$room"
export "SATLOG_${1^^}=1"
"$python" setup.py --quiet build_ext --inplace
