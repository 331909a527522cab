#!/usr/bin/env bash
# Flies a synthetic flight, converts it and shows what came out, in ./demo/.
set -euo pipefail
cd "$(dirname "$0")/.."

satlog=${VENV:-.venv}/bin/satlog
show() {
    printf '\n$ satlog %s\n' "$*"
    "$satlog" "$@"
}

rm -rf demo
mkdir demo
show synth demo/flight.log --seed 7
show info demo/flight.log
show convert demo/flight.log demo/tables/ --table all
show head demo/flight.log

printf '\nThe log is demo/flight.log; its tables, in Parquet, and the damage report are:\n'
ls -s -h demo/tables
printf 'Next: satlog -h, README.md, docs/layouts.md. The command is %s\n' "$satlog"
