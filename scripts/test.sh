#!/usr/bin/env bash
# Runs the tests; arguments go to pytest, for instance: scripts/test.sh -k checksum
# The pipeline's tests need RabbitMQ, a MongoDB-compatible server and Redis: those whose URLs are
# set, else those of scripts/services, which are stopped afterwards unless they ran before. Tests of
# pages and monitoring need Chromium and Prometheus, which scripts/services installs. Tests whose
# service or program cannot be had are skipped, with the reason; SATLOG_REQUIRE_SERVICES=1: they
# fail.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! scripts/services status rabbitmq mongodb redis > /dev/null 2>&1; then
    trap 'scripts/services down' EXIT
fi
"${VENV:-.venv}/bin/python" -m pytest -p no:benchmark --numprocesses auto "$@"
