#!/usr/bin/env bash
# Coverage of Python and Cython lines together; fails under 95 %. The whole suite runs on the ordinary
# build for the Python lines; on a build that traces Cython lines, which makes each many times slower,
# those tests run that reach the core by small logs.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(realpath --no-symlinks "${VENV:-.venv}")/bin/python
data=$PWD/build
pytest=("$python" -m pytest -p no:benchmark --numprocesses auto --hypothesis-profile=brief
    --cov --cov-report= -m "not slow")
scripts/special_build.sh coverage
# What kills processes, goes through many of them, or looks at pages covers no line that others
# leave out.
COVERAGE_FILE=$data/python.coverage "${pytest[@]}" \
    --ignore tests/pipeline/crash --ignore tests/pipeline/e2e --ignore tests/pipeline/monitoring \
    --ignore-glob "tests/web/test_[!s]*" "$@"
cd build/coverage
export PYTHONPATH=$PWD
COVERAGE_FILE=$data/cython.coverage "${pytest[@]}" tests/unit/core/test_{memory,source,text,times}.py \
    tests/unit/test_{log,records,scan}.py tests/property/test_{fields,framing,roundtrip}.py
COVERAGE_FILE=$data/cython.coverage "${pytest[@]}" --cov-append tests/damage -k any_damage
export COVERAGE_FILE=$data/all.coverage
"$python" -m coverage combine --quiet --keep "$data/python.coverage" "$data/cython.coverage"
"$python" -m coverage html --quiet --directory "$data/htmlcov"
"$python" -m coverage report --fail-under=95
