#!/usr/bin/env bash
# Runs the tests; arguments go to pytest, for instance: scripts/test.sh -k checksum
set -euo pipefail
cd "$(dirname "$0")/.."
exec "${VENV:-.venv}/bin/python" -m pytest -p no:benchmark --numprocesses auto "$@"
