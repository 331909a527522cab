"""Peak memory of one call, in a process of its own.

``python -m benchmarks.memory decode flight.log`` prints bytes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.subjects import SUBJECTS

_ROOT = Path(__file__).parent.parent


def peak(key: str, path: Path) -> int:
    """Bytes that a process has at most while it opens a log and holds what a subject makes."""
    command = [sys.executable, "-m", "benchmarks.memory", key, str(path)]
    return int(subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.PIPE).stdout)


def _peak_of_this_process() -> int:
    # Not ru_maxrss: a child has that of the process that started it, where this is larger.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status tells no VmHWM, so peak memory cannot be measured here")


def main() -> None:
    key, path = sys.argv[1:]
    result = SUBJECTS[key].prepare(Path(path))()
    print(_peak_of_this_process())
    del result


if __name__ == "__main__":
    main()
