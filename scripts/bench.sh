#!/usr/bin/env bash
# Measures satlog and its rivals, and writes benchmarks/RESULTS.md. With --quick: small logs, to
# show that it works, and the result on stdout.
set -euo pipefail
cd "$(dirname "$0")/.."
exec "${VENV:-.venv}/bin/python" -m benchmarks.report "$@"
