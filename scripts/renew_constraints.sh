#!/usr/bin/env bash
# Resolves the ranges of pyproject.toml afresh and writes what came out to constraints.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3.11}" -m venv "$room"
"$room/bin/pip" install --quiet --upgrade pip setuptools
"$room/bin/pip" install --quiet --group dev '.[geo,plot,duckdb,dask,api]'
header=$(grep '^#' constraints.txt)
{ echo "$header"; "$room/bin/pip" freeze --all --exclude satlog; } > "$room/constraints.txt"
cp "$room/constraints.txt" constraints.txt
