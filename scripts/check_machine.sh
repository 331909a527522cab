#!/usr/bin/env bash
# Says in one sentence what this machine lacks to build satlog; silent when it has all.
set -euo pipefail

python=${PYTHON:-python3.11}
compiler=${CC:-gcc}

lacks() {
    echo "satlog: $1" >&2
    exit 1
}

command -v "$python" > /dev/null ||
    lacks "$python is not installed: install Python 3.11 or later, or name one: make PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    lacks "$python is older than 3.11: name a later one: make PYTHON=python3.12"
"$python" -c 'import ensurepip, venv' 2> /dev/null ||
    lacks "$python cannot make environments: install its venv package (Debian: python3-venv)"
command -v "$compiler" > /dev/null ||
    lacks "$compiler is not installed: install gcc, or name another C compiler: make CC=clang"
"$python" - << 'EOF' || lacks "$python has no Python.h: install its headers (Debian: python3-dev)"
import pathlib, sys, sysconfig
sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())
EOF
