"""On what was measured."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PACKAGES = (
    *("satlog", "numpy", "pyarrow", "polars", "shapely"),
    *("construct", "kaitaistruct", "pandas", "geopandas"),
)


def description() -> dict[str, str]:
    """The machine, its system and the packages, and how busy it was."""
    usable = len(os.sched_getaffinity(0))
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _line("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": f"{usable} of {os.cpu_count()} usable",
        "memory": f"{_kib('MemTotal') / 1e6:.1f} GB",
        "transparent huge pages": _huge_pages(),
        "load average at the start": ", ".join(f"{load:.2f}" for load in os.getloadavg()),
        "system": f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    }


def _line(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return ""


def _kib(key: str) -> float:
    return float(_line("/proc/meminfo", key).split()[0]) * 1.024


def _huge_pages() -> str:
    path = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not path.exists():
        return "none"
    return path.read_text().partition("[")[2].partition("]")[0]
