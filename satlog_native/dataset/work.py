"""One log to its files of a dataset; what runs in the processes that do the work.

polars must not be imported with this module: a worker first tells it how many threads to use.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from satlog_native import flight_tables
from satlog_native.dataset.manifest import Entry
from satlog_native.dataset.names import log_id, table_file
from satlog_native.dataset.sources import Source
from satlog_native.errors import LogError, SatlogError
from satlog_native.export import open_writer
from satlog_native.export.atomic import Drafts
from satlog_native.layouts.model import Layout
from satlog_native.log import Log, open_log

if TYPE_CHECKING:
    import pyarrow as pa

    from satlog_native.flight import FlightSettings


@dataclass(frozen=True)
class Recipe:
    """What is made of every log, and where."""

    out: str
    layout: Layout
    tables: tuple[str, ...]
    settings: FlightSettings


class Task(NamedTuple):
    """A log to be done, and what is known of it from an earlier run."""

    source: Source
    known: Entry | None


class _Made(NamedTuple):
    schema: pa.Schema
    batches: Sequence[pa.RecordBatch]


def one_thread() -> None:
    """Let polars use one thread, as far as it is not imported yet.

    Workers would fight for the processors; and sums over parts, as more threads make them, may
    differ in their last bit.
    """
    os.environ["POLARS_MAX_THREADS"] = "1"


def do(task: Task, recipe: Recipe) -> Entry:
    """Read a log and write its files.

    Returns
    -------
    Entry
        With ``error`` set where the log cannot be read; it has no files then.

    Raises
    ------
    SatlogError
        If the files cannot be written.
    """
    source, known = task
    entry = Entry(source.name)
    try:
        before = _status(source.path)
        with Path(source.path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        entry = replace(entry, size=before.st_size, mtime_ns=before.st_mtime_ns, sha256=digest)
        if known is not None and known.sha256 == digest and known.is_written(recipe.out):
            return replace(known, mtime_ns=before.st_mtime_ns, error=None)
        entry, made = _read(source, recipe, entry)
        if not _same(before, _status(source.path)):
            # What was read is neither the log that was there nor the one that is coming.
            entry = Entry(source.name)
            raise LogError(f"reading {source.path}: it changed meanwhile; run this again")
    except SatlogError as error:
        return replace(entry, error=str(error).replace(source.path, source.shown))
    except OSError as error:
        return replace(entry, error=f"reading {source.shown}: {error.strerror or error}")
    except Exception as error:
        # Whatever a log holds, it must not stop the others.
        return replace(entry, error=f"reading {source.shown}: {type(error).__name__}: {error}")
    return _write(made, recipe, entry)


def _status(path: str) -> os.stat_result:
    status = Path(path).stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
        raise LogError(f"reading {path}: it is no regular file; name a .LOG file")
    return status


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _read(source: Source, recipe: Recipe, entry: Entry) -> tuple[Entry, dict[str, _Made]]:
    """Everything that is to be written of a log, and its entry so far."""
    with open_log(source.path, layout=recipe.layout, threads=1) as log:
        notes: list[str] = []
        made = {table: _table(log, table, recipe.settings, notes) for table in recipe.tables}
        damage = log.report.to_dict()
        entry = replace(
            entry,
            log=log_id(Path(source.name).name, entry.sha256 or ""),
            aircraft=_aircraft(log),
            date=_day(log, recipe.settings),
            damage={**damage, "lost": len(damage["lost"])},
            notes=notes,
        )
    return entry, made


def _table(log: Log, name: str, settings: FlightSettings, notes: list[str]) -> _Made:
    from satlog_native.export.rows import ROWS

    if flight_tables.is_flight_table(log.layout, name):
        flight = flight_tables.flight_table(log, name, settings)
        notes += [flight.note] if flight.note else []
        return _Made(flight.schema, list(flight.batches(ROWS)))
    table = log.table(name)
    return _Made(table.schema, table.to_batches(max_chunksize=ROWS))


def _aircraft(log: Log) -> str | None:
    from satlog_native.flight import flight_facts
    from satlog_native.info import FACTS

    kind, _ = FACTS["aircraft"]
    known = kind in log.layout.by_name
    aircraft: str | None = flight_facts(log.tables([kind]) if known else {})["aircraft"]
    return aircraft


def _day(log: Log, settings: FlightSettings) -> date | None:
    """UTC date of the first usable position."""
    if not flight_tables.flight_tables_of(log.layout):
        return None
    from satlog_native.matching import usable_times

    times = usable_times(log.track(settings))
    return times[0].date() if len(times) else None


def _write(made: dict[str, _Made], recipe: Recipe, entry: Entry) -> Entry:
    """Write all files of a log; they appear together."""
    log = entry.log or ""
    files = {table: table_file(table, entry.aircraft, entry.date, log) for table in made}
    with Drafts(overwrite=True) as drafts:
        for table, content in made.items():
            path = Path(recipe.out, files[table])
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SatlogError(f"making {path.parent}: {error.strerror}") from error
            _write_table(drafts.open(path), content, _metadata(table, recipe), log)
    rows = {table: sum(b.num_rows for b in content.batches) for table, content in made.items()}
    return replace(entry, rows=rows, files=files)


def _write_table(file: BinaryIO, content: _Made, metadata: dict[str, str], log: str) -> None:
    from satlog_native.export.rows import TableFile, with_log_column

    schema = with_log_column(_beside_partitions(content.schema)).with_metadata(metadata)
    table_file = TableFile(open_writer("parquet", file, schema, "zstd"), schema, [log])
    try:
        for batch in content.batches:
            table_file.write(batch)
        table_file.close()
    except BaseException:
        table_file.abandon()
        raise


def _beside_partitions(schema: pa.Schema) -> pa.Schema:
    """Columns that have the name of one that every file of a dataset has, under another."""
    for place, field in enumerate(schema):
        if field.name in ("log", "aircraft", "date"):
            schema = schema.set(place, field.with_name(f"{field.name}_"))
    return schema


def _metadata(table: str, recipe: Recipe) -> dict[str, str]:
    return {
        "satlog.layout": recipe.layout.name,
        "satlog.layout_version": recipe.layout.version,
        "satlog.layout_status": recipe.layout.status,
        "satlog.table": table,
    }
