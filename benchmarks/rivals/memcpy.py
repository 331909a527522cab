"""No decoder at all: a copy of the same bytes, the least that reading and writing them costs.

*Warm* copies to memory that was written before. *Fresh* copies to memory that the kernel has yet
to give, as a decoder's columns are: in pages of 4 KiB, or in huge pages, which numpy and satlog ask
for where a block is large.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Octets = npt.NDArray[np.uint8]


def warm(data: bytes) -> Callable[[], Octets]:
    """A copy to the same place each time."""
    source = np.frombuffer(data, np.uint8)
    target = source.copy()

    def copy() -> Octets:
        np.copyto(target, source)
        return target

    return copy


def fresh(data: bytes) -> Callable[[], Octets]:
    """A copy to new pages of the kernel's default size."""
    return _fresh(data, None)


def fresh_huge(data: bytes) -> Callable[[], Octets]:
    """A copy to new pages, huge ones where the kernel has them."""
    return _fresh(data, getattr(mmap, "MADV_HUGEPAGE", None))


def _fresh(data: bytes, advice: int | None) -> Callable[[], Octets]:
    source = np.frombuffer(data, np.uint8)
    flags: Any = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS

    def copy() -> Octets:
        memory = mmap.mmap(-1, len(source), flags)
        if advice is not None:
            memory.madvise(advice)
        target = np.frombuffer(memory, np.uint8)
        np.copyto(target, source)
        return target

    return copy
