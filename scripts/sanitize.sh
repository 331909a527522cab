#!/usr/bin/env bash
# Runs the tests on a build with address and undefined-behaviour sanitizers: those that reach the
# core. What takes tables only (flight, jobs, export, plot) would test other people's libraries.
# Leaks are not asked of it (CPython and its libraries keep memory on purpose): the tests count
# the core's own blocks.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(realpath --no-symlinks "${VENV:-.venv}")/bin/python
compiler=${CC:-gcc}
scripts/special_build.sh sanitize
cd build/sanitize
export PYTHONPATH=$PWD PYTHONMALLOC=malloc ARROW_DEFAULT_MEMORY_POOL=system
export ASAN_OPTIONS=detect_leaks=0:log_path=$PWD/sanitizer
export UBSAN_OPTIONS=print_stacktrace=1:log_path=$PWD/sanitizer
# libstdc++ beside libasan: else the latter misses the exceptions of C++ libraries loaded later.
preload="$("$compiler" -print-file-name=libasan.so) $("$compiler" -print-file-name=libstdc++.so)"
LD_PRELOAD=$preload "$python" -m pytest -p no:benchmark --numprocesses auto --hypothesis-profile=brief -m 'not slow' \
    tests/unit/core tests/unit/test_*.py tests/fuzz tests/property tests/damage \
    tests/cli/test_{any_layout,atomic,bad_input,convert,process,show}.py "$@" || {
    cat sanitizer.* >&2 2> /dev/null || true
    exit 1
}
