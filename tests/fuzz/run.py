"""One fuzz target under atheris: ``python -m fuzz.run log|layout CORPUS [libFuzzer option]...``.

The corpus folder is filled with seeds first. scripts/fuzz.sh sets all up, with sanitizers.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import atheris

# Of Python, only what reads layouts is watched: the decoder's branches are those of the core.
with atheris.instrument_imports(include=["satlog_native.layouts"]):
    from satlog_native import layouts  # noqa: F401

from fuzz import properties, seeds

_COMPARISONS = (*(f"{kind}{n}" for kind in ("cmp", "const_cmp") for n in (1, 2, 4, 8)), "switch")
_COUNTERS = 1 << 16


def fuzz_log(data: bytes) -> None:
    properties.check_log(*seeds.chosen(data))


def fuzz_layout(data: bytes) -> None:
    properties.check_layout(data.decode("utf-8", "replace"))


def watch_core() -> None:
    """Hand the counters of counters.c, where it is preloaded, to libFuzzer."""
    if "counters.so" not in os.environ.get("LD_PRELOAD", ""):
        return
    core = ctypes.CDLL(None)
    library = next(Path(atheris.__file__).parent.glob("core_with_libfuzzer*.so"))
    fuzzer = ctypes.CDLL(str(library))
    counters = ctypes.addressof((ctypes.c_uint8 * _COUNTERS).in_dll(core, "satlog_counters"))
    places = (ctypes.c_size_t * (2 * _COUNTERS)).in_dll(core, "satlog_places")
    start = ctypes.addressof(places)
    places[::2] = list(range(1, _COUNTERS + 1))
    for name, at, size in (
        ("__sanitizer_cov_8bit_counters_init", counters, _COUNTERS),
        ("__sanitizer_cov_pcs_init", start, ctypes.sizeof(places)),
    ):
        getattr(fuzzer, name)(ctypes.c_void_p(at), ctypes.c_void_p(at + size))
    for name in _COMPARISONS:
        slot = ctypes.c_void_p.in_dll(core, f"satlog_{name}")
        slot.value = ctypes.cast(
            getattr(fuzzer, f"__sanitizer_cov_trace_{name}"), ctypes.c_void_p
        ).value


def main() -> None:
    target, corpus, *options = sys.argv[1:]
    folder = Path(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds.logs() if target == "log" else seeds.layout_texts():
        (folder / f"seed-{name}").write_bytes(data)
    atheris.Setup([sys.argv[0], corpus, *options], fuzz_log if target == "log" else fuzz_layout)
    watch_core()
    atheris.Fuzz()


if __name__ == "__main__":
    main()
