#!/usr/bin/env bash
# Makes the environment: a venv with every tool, in the exact versions of constraints.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/check_machine.sh

venv=${VENV:-.venv}
export PIP_DISABLE_PIP_VERSION_CHECK=1
echo "Making the environment in $venv ..."
[ -x "$venv/bin/python" ] || "${PYTHON:-python3.11}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --upgrade --constraint constraints.txt pip
"$venv/bin/python" -m pip install --quiet --constraint constraints.txt --group dev
