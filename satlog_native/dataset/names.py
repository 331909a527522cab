"""Names of a dataset's folders and files, made of what logs say: any text, also hostile."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

#: What a partition is called where the log does not tell.
UNKNOWN: Final = "unknown"

#: Longest encoded value of a partition, in bytes; a file's name may have 255.
_LONGEST: Final = 120
#: Longest part of a log's own name in its id, in characters of up to four bytes.
_LONGEST_STEM: Final = 40
_ODD: Final = re.compile(r"[^\w.-]+")


def log_id(name: str, sha256: str) -> str:
    """What a dataset calls a log: its file's name without ending, and the start of its hash.

    Two logs of one name are told apart, and one log that lies in two folders is the same.

    Examples
    --------
    >>> log_id("JOB146 HK4704.log", "3f2a9c1b77e0d5aa...")
    'JOB146_HK4704-3f2a9c1b77e0'
    """
    # Readers of datasets pass over files whose names start with a dot or an underscore.
    stem = _ODD.sub("_", PurePosixPath(name).stem).lstrip("._-")[:_LONGEST_STEM]
    return f"{stem or 'log'}-{sha256[:12]}"


def table_file(table: str, aircraft: str | None, day: date | None, log: str) -> str:
    """Where a log's rows of a table stand in the dataset, with slashes."""
    when = UNKNOWN if day is None else day.isoformat()
    return f"{table}/aircraft={partition_value(aircraft)}/date={when}/{log}.parquet"


def partition_value(text: str | None) -> str:
    """Text as the value of a partition: percent-encoded, as readers of hive paths decode it.

    Examples
    --------
    >>> partition_value("../N 1")
    '..%2FN%201'
    """
    text = (text or "").strip()
    if not text:
        return UNKNOWN
    encoded = quote(text, safe="")
    if len(encoded) <= _LONGEST:
        return encoded
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    kept = text[:_LONGEST]
    while len(quote(kept, safe="")) > _LONGEST - len(mark) - 1:
        kept = kept[:-1]
    return f"{quote(kept, safe='')}~{mark}"
