"""Many logs to one dataset: Parquet files by table, aircraft and date.

::

    OUT/manifest.json                                         what was read, and what became of it
    OUT/track/aircraft=N4711S/date=2025-07-14/<log>.parquet   one file a log and table

>>> write_dataset(["season/"], "tracks/")                                  # doctest: +SKIP
>>> pl.scan_parquet("tracks/track/**/*.parquet", hive_partitioning=True)   # doctest: +SKIP

::

    sources ─ run ─┬─ spread ─ work ─ names   (in other processes)
                   └─ manifest

A log is read by one process and written whole or not at all; what is done is kept in a journal
until the manifest is written. The same call goes on with a run that was stopped, by whatever.
"""

from __future__ import annotations

from satlog_native.dataset.manifest import Entry
from satlog_native.dataset.run import Dataset, write_dataset

__all__ = ["Dataset", "Entry", "write_dataset"]
