"""Builds the compiled core, ``satlog_native/_core/*.pyx``. All else stands in pyproject.toml.

Three switches, read from the environment, ``1`` or ``0``:

- ``SATLOG_ABI3``: one wheel for every CPython from 3.11 on (limited API). Default 1.
- ``SATLOG_SANITIZE``: address and undefined-behaviour sanitizers, see scripts/sanitize.sh.
- ``SATLOG_COVERAGE``: line tracing of Cython code, see scripts/coverage.sh.
"""

import os
import sysconfig
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, setup


def switch(name: str, default: str = "0") -> bool:
    return os.environ.get(name, default) == "1"


SANITIZE = switch("SATLOG_SANITIZE")
COVERAGE = switch("SATLOG_COVERAGE")
# Tracing needs CPython's internals, and free-threaded CPython has no limited API before 3.15.
ABI3 = (
    switch("SATLOG_ABI3", default="1")
    and not COVERAGE
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
)

# A fused multiply-add would round scale and bias other than the layout says.
# Cython's conversions of enums have parameters that they do not use.
compile_args = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-ffp-contract=off"]
link_args: list[str] = []
macros: list[tuple[str, str | None]] = []
if SANITIZE:
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
    compile_args += ["-O1", "-g", "-fno-omit-frame-pointer", *sanitizers]
    link_args += sanitizers
elif COVERAGE:
    compile_args += ["-O1", "-g0"]
    macros += [("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1")]
else:
    compile_args += ["-O3", "-g0"]
if ABI3:
    macros += [("Py_LIMITED_API", "0x030B0000")]

extensions = [
    Extension(
        path.removesuffix(".pyx").replace("/", "."),
        [path],
        depends=glob("satlog_native/_core/*.h"),
        define_macros=macros,
        extra_compile_args=compile_args,
        extra_link_args=link_args,
        py_limited_api=ABI3,
    )
    for path in sorted(glob("satlog_native/_core/*.pyx"))
]

setup(
    ext_modules=cythonize(
        extensions,
        compiler_directives={
            "language_level": 3,
            "binding": True,
            # Integers divide as C does: no divisor in the core is zero, no dividend negative.
            "cdivision": True,
            "embedsignature": False,
            "freethreading_compatible": True,
            "linetrace": COVERAGE,
        },
        quiet=True,
    ),
    options={
        "bdist_wheel": {"py_limited_api": "cp311"} if ABI3 else {},
        "build_ext": {"parallel": os.cpu_count()},
    },
)
