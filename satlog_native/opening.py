"""From a path or bytes-like to bytes, with a clear word where there are none."""

from __future__ import annotations

import errno
import mmap
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from satlog_native._core.segment import MOST_BYTES
from satlog_native.errors import LogError, NotALog

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Without O_NONBLOCK a named pipe would wait for a writer, perhaps for ever; O_BINARY is Windows'.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_bytes(
    source: str | os.PathLike[str] | Buffer,
) -> tuple[memoryview | mmap.mmap, str]:
    """A log's bytes, and their name for people; a file is mapped, and the caller closes it.

    Raises
    ------
    NotALog
        For an empty file or empty bytes.
    LogError
        For a path that is missing, unreadable, or no regular file.
    TypeError
        For what is neither a path nor contiguous bytes.
    """
    if isinstance(source, (str, os.PathLike)):
        return _open_file(Path(source))
    try:
        view = memoryview(source)
    except TypeError:
        raise TypeError(f"a log is a path or bytes-like, not {type(source).__name__}") from None
    if not view.nbytes:
        raise NotALog("reading bytes as a log: there are none; an empty log holds nothing to read")
    if not view.c_contiguous:
        raise TypeError("a log's bytes are contiguous; copy these first")
    return view.cast("B"), f"<{view.nbytes:,} bytes>"


def _open_file(path: Path) -> tuple[mmap.mmap, str]:
    name = str(path)
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise LogError(f"reading {name}: it is {what}; name one .LOG file")
        if status.st_size == 0:
            raise NotALog(f"reading {name}: the file is empty; copy it from the unit again")
        if status.st_size > MOST_BYTES:
            raise LogError(
                f"reading {name}: it has {status.st_size:,} bytes, and a log at most "
                f"{MOST_BYTES:,}; split it"
            )
        mapped = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise _unreadable(name, error) from error
    finally:
        os.close(descriptor)
    return mapped, name


def _unreadable(name: str, error: OSError | ValueError) -> LogError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOENT:
        return LogError(f"reading {name}: there is no such file; check the path")
    if number in (errno.EACCES, errno.EPERM):
        return LogError(f"reading {name}: no permission to read it; check its owner and mode")
    if number == errno.EISDIR:
        return LogError(f"reading {name}: it is a folder; name one .LOG file")
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return LogError(f"reading {name}: {reason}")
