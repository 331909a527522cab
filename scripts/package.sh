#!/usr/bin/env bash
# Builds the sdist and from it the wheel, and tests each, installed in a fresh environment, with the
# tests of the sdist that reach what is compiled or shipped as data, and no source tree near.
set -euo pipefail
cd "$(dirname "$0")/.."

tree=$PWD
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
# Some tests give up root, and must still find what is installed here.
chmod 755 "$room"
export PIP_CONSTRAINT=$tree/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1
rm -rf dist
"${VENV:-.venv}/bin/python" -m build --outdir dist . > "$room/log" 2>&1 || { cat "$room/log"; exit 1; }
tar --extract --gzip --file dist/*.tar.gz --directory "$room" --strip-components 1
rm -r "$room/satlog_native" "$room/partner_pipeline"
cd "$room"
for package in "$tree"/dist/*.whl "$tree"/dist/*.tar.gz; do
    echo "Testing $(basename "$package") ..."
    "${PYTHON:-python3.11}" -m venv --clear venv
    venv/bin/python -m pip install --quiet --upgrade pip
    venv/bin/python -m pip install --quiet --group test "$package[geo,plot,duckdb,dask,api]"
    # The sdist gives what the wheel was built from: that it builds and decodes is what is asked.
    tests=(tests/unit/core tests/unit/layouts tests/unit/test_*.py tests/cli/test_process.py)
    [[ $package == *.gz ]] || tests+=(tests/unit/plot tests/cli tests/property/test_roundtrip.py tests/damage
        tests/web/test_session.py)
    PATH=$room/venv/bin:$PATH venv/bin/python -m pytest -p no:benchmark --numprocesses auto \
        --hypothesis-profile=brief -m 'not slow' "${tests[@]}" "$@"
done
