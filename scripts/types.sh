#!/usr/bin/env bash
# Types: mypy over all Python code, stubtest for the stubs of the compiled core.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${VENV:-.venv}/bin/python
"$python" -m mypy
"$python" -m mypy.stubtest --concise --mypy-config-file pyproject.toml \
    --allowlist scripts/stubtest_allowlist.txt satlog_native._core
