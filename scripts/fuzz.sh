#!/usr/bin/env bash
# Fuzzes the decoder and the layout reader on a build with sanitizers: fuzz.sh [SECONDS], by default
# 60 in all. Stops at the first failure; the input that made it is left in build/fuzz.
#   python -m fuzz.run log /tmp/none INPUT     runs one input again, see the printed environment
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
python=$(realpath --no-symlinks "${VENV:-.venv}")/bin/python
compiler=${CC:-gcc}
kept=$PWD/build/fuzz-corpus
# Branches and comparisons call out, so that libFuzzer sees them: tests/fuzz/counters.c.
CFLAGS=-fsanitize-coverage=trace-pc,trace-cmp SATLOG_SANITIZE=1 scripts/special_build.sh fuzz
cd build/fuzz
"$compiler" -O2 -shared -fPIC -o counters.so ../../tests/fuzz/counters.c

# As in sanitize.sh; the counters come last. atheris would also report leaks of CPython's.
preload="$("$compiler" -print-file-name=libasan.so) $("$compiler" -print-file-name=libstdc++.so)"
environment=(
    "LD_PRELOAD=$preload $PWD/counters.so"
    "PYTHONPATH=$PWD:$PWD/tests" PYTHONMALLOC=malloc ARROW_DEFAULT_MEMORY_POOL=system
    ASAN_OPTIONS=detect_leaks=0:handle_segv=1
    UBSAN_OPTIONS=print_stacktrace=1
)
fuzz() {
    local target=$1 time=$2
    shift 2
    printf '\nFuzzing %s for %d s ...\n' "$target" "$time"
    mkdir -p "$kept/$target"
    env "${environment[@]}" "$python" -m fuzz.run "$target" "$kept/$target" \
        -max_total_time="$time" -timeout=20 -rss_limit_mb=4096 -artifact_prefix="$target-" \
        -print_final_stats=1 "$@" > "$target.log" 2>&1 || {
        tail --lines 60 "$target.log"
        printf '\nThe environment it failed in:\n'
        printf '  %q' "${environment[@]}"
        printf '\n'
        exit 1
    }
    grep --extended-regexp '^(#[0-9]+.*DONE|stat::number_of_executed|stat::new_units)' "$target.log"
}
fuzz log $((seconds * 3 / 4)) -max_len=4096
fuzz layout $((seconds - seconds * 3 / 4)) -max_len=24000
