#!/usr/bin/env bash
# Runs the tests on a build that traces Cython lines too; fails under 95 % of all lines.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(realpath --no-symlinks "${VENV:-.venv}")/bin/python
scripts/special_build.sh coverage
cd build/coverage
export PYTHONPATH=$PWD
"$python" -m pytest -p no:benchmark --numprocesses auto --hypothesis-profile=brief \
    --cov --cov-report=term --cov-report=html --cov-fail-under=95 "$@"
