"""Logs to files of tables: :func:`convert`.

Each log is looked at once for its damage and its kinds. Its records are then streamed, so that
logs larger than memory are converted too; a flight table needs the whole log in memory. All files
of a conversion appear together, or none does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from satlog_native import flight_tables, layouts
from satlog_native import plan as plans
from satlog_native.decoding import unknown_kind
from satlog_native.errors import SatlogError, TableError
from satlog_native.export import open_writer
from satlog_native.export.atomic import Drafts
from satlog_native.export.target import ALL, Target, target_of
from satlog_native.flight_tables import FLIGHT_TABLES
from satlog_native.layouts.model import Kind, Layout
from satlog_native.log import Errors, Log, open_log
from satlog_native.report import DamageReport

if TYPE_CHECKING:
    import pyarrow as pa

    from satlog_native.export.rows import TableFile
    from satlog_native.flight import FlightSettings

LogPath = str | os.PathLike[str]
#: Called with the bytes done and the bytes in all.
Progress = Callable[[int, int], None]
#: Called with the share of a log that is done, 0 to 1.
_Step = Callable[[float], None]


class Conversion(NamedTuple):
    """What :func:`convert` has written.

    Attributes
    ----------
    files : dict of str to Path
        By table.
    rows : dict of str to int
        By table.
    reports : dict of str to DamageReport
        By log, under the name that the column ``log`` has for it.
    notes : tuple of str
        What flight tables lack, and why.
    """

    files: dict[str, Path]
    rows: dict[str, int]
    reports: dict[str, DamageReport]
    notes: tuple[str, ...] = ()

    @property
    def damaged(self) -> bool:
        """Whether any of the logs is damaged."""
        return any(report.damaged for report in self.reports.values())


def convert(
    logs: Sequence[LogPath],
    out: LogPath,
    *,
    layout: LogPath | Layout = "satloc_air",
    tables: Sequence[str] = ("track",),
    format: str | None = None,
    settings: FlightSettings | None = None,
    errors: Errors = "skip",
    compression: str | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Conversion:
    """Write tables of one or more logs to files.

    Parameters
    ----------
    logs : sequence of path
        The tables of several have a first column ``log`` with the file's name (its path, where
        two names are the same), and their rows in the order of the logs.
    out : path
        A file that ends in ``.parquet``, ``.arrow``, ``.csv`` or ``.ndjson``, for one table. Or a
        folder (ends in a separator, exists as one, or there is more than one table), which gets
        ``<table>.<format>`` and the damage reports as ``report.json``.
    layout : str, path or Layout
    tables : sequence of str
        Record names or type numbers; the flight tables ``"track"`` (the default), ``"passes"`` and
        ``"summary"``, see :mod:`satlog_native.flight`; ``"all"`` for every kind that the logs hold
        and, where the layout has positions with time and place, the flight tables. A record that
        the layout names like a flight table goes before it. Records are streamed; for a flight
        table a whole log is held in memory. The summary has net and overlap areas where the extra
        ``geo`` is installed and every sprayed step has a swath width; else they are null, and
        ``notes`` tell why.
    format : {"parquet", "arrow", "csv", "ndjson"}, optional
        Of the files in a folder; by default parquet.
    settings : FlightSettings, optional
        Of the flight tables; they are kept in the files' metadata.
    errors : {"skip", "raise"}
    compression : str, optional
        Parquet: ``zstd`` (the default), ``snappy``, ``lz4``, ``gzip``, ``none``. Arrow: ``none``
        (the default), ``zstd``, ``lz4``.
    threads : int, optional
        See :func:`~satlog_native.open_log`.
    overwrite : bool
        Whether existing files may be replaced.
    progress : callable, optional
        Called with the bytes converted and the bytes of all logs.

    Returns
    -------
    Conversion

    Raises
    ------
    LogError
        Where a log cannot be read; nothing is written then.
    DamageError
        With ``errors="raise"``, at the first damage; nothing is written then.
    TableError
        For a table that the layout does not know or cannot give.
    SatlogError
        Where the output cannot be written, or must not be replaced.

    Examples
    --------
    >>> convert(["flight.LOG"], "flight.parquet")                        # doctest: +SKIP
    >>> convert(["a.LOG", "b.LOG"], "week/", tables=["all"])             # doctest: +SKIP
    """
    used = layouts.load(layout)
    wanted = [name if name == ALL else _table_name(used, name) for name in dict.fromkeys(tables)]
    target = target_of(out, wanted, format, compression)
    paths = _named(logs, target)
    with Drafts(overwrite=overwrite) as drafts:
        drafts.check(target.report if target.folder else target.path)
        job = _Job(used, paths, target, threads)
        job.survey(errors)
        names = list(dict.fromkeys(job.all_tables() if ALL in wanted else wanted))
        job.prepare(names, settings)
        if target.folder:
            drafts.make_folder(target.path)
        job.write(drafts, names, progress)
    files = {name: target.file(name) for name in job.rows}
    return Conversion(files, job.rows, job.reports, tuple(job.notes))


class _Job:
    """One conversion as it goes on; ``paths`` are the logs by name."""

    def __init__(
        self, layout: Layout, paths: dict[str, Path], target: Target, threads: int | None
    ) -> None:
        self.layout = layout
        self.paths = paths
        self.target = target
        self.threads = threads
        self.settings: FlightSettings | None = None
        self.dry = False
        self.reports: dict[str, DamageReport] = {}
        self.rows: dict[str, int] = {}
        self.notes: list[str] = []
        self.present: set[str | int] = set()

    def survey(self, errors: Errors) -> None:
        """Look at every log before anything is written."""
        for name, path in self.paths.items():
            with open_log(path, layout=self.layout, errors=errors, threads=self.threads) as log:
                self.reports[name] = log.report
                self.present.update(log.kinds)

    def all_tables(self) -> list[str]:
        """The tables that the logs can fill: flights, records by type, unknown types."""
        known = [kind.name for kind in self.layout.kinds if kind.name in self.present]
        unknown = sorted(kind for kind in self.present if isinstance(kind, int))
        flights = flight_tables.flight_tables_of(self.layout)
        return [*flights, *known, *(str(number) for number in unknown)]

    def prepare(self, names: Sequence[str], settings: FlightSettings | None) -> None:
        """Find out what flight tables among these have to be made with."""
        if not any(map(self._is_flight, names)):
            return
        from satlog_native.flight import FlightSettings

        self.settings = settings or FlightSettings()
        materials = set()
        for path in self.paths.values():
            with open_log(path, layout=self.layout, threads=self.threads) as log:
                materials.add(flight_tables.is_dry(log))
        self.dry = materials == {True}
        if len(materials) > 1:
            self.notes.append(
                "some logs are of dry material, and others of liquid: where a unit has L, kg "
                "stands for it in the rows of the dry ones"
            )

    def _is_flight(self, name: str) -> bool:
        return flight_tables.is_flight_table(self.layout, name)

    def write(self, drafts: Drafts, names: list[str], progress: Progress | None) -> None:
        """Write these tables, and a folder's report."""
        with self._files(drafts, names) as files:
            done, total = 0, sum(report.size for report in self.reports.values())
            for number, name in enumerate(self.paths):
                size = self.reports[name].size
                self._write_log(name, number, files, _step(progress, done, size, total))
                done += size
            for name, file in files.items():
                file.close()
                self.rows[name] = file.rows
        if self.target.folder:
            drafts.open(self.target.report).write(self._report_json())

    def _write_log(self, name: str, number: int, files: dict[str, TableFile], step: _Step) -> None:
        from satlog_native.export.rows import ROWS

        flights = [table for table in files if self._is_flight(table)]
        records = [table for table in files if table not in flights]
        size = self.reports[name].size
        # Each is taken for half of the work, where there are both.
        half = 0.5 if flights and records else 1.0
        # Damage was raised, if it was to be, when the log was surveyed.
        with open_log(self.paths[name], layout=self.layout, threads=self.threads) as log:
            if records:
                streamed = log.stream(records, ROWS, progress=lambda at: step(half * at / size))
                for kind, batch in streamed:
                    files[str(kind)].write(batch, number)
            made = {table: self._flight_table(log, name, table) for table in flights}
        rows, written = sum(table.content.num_rows for table in made.values()), 0
        for table, flight in made.items():
            for batch in flight.batches(ROWS):
                files[table].write(batch, number)
                written += batch.num_rows
                step(1.0 - half + half * written / rows)
        step(1.0)

    def _flight_table(self, log: Log, name: str, table: str) -> flight_tables.FlightTable:
        made = flight_tables.flight_table(log, table, self.settings)
        if made.note:
            self.notes.append(f"{name}: {made.note}")
        return made

    @contextmanager
    def _files(self, drafts: Drafts, names: list[str]) -> Iterator[dict[str, TableFile]]:
        from satlog_native.export.rows import TableFile, with_log_column

        files: dict[str, TableFile] = {}
        logs = list(self.paths) if len(self.paths) > 1 else []
        try:
            for name in names:
                schema = self._schema(name)
                if logs:
                    schema = with_log_column(schema)
                schema = schema.with_metadata(self._metadata(name, schema))
                file = drafts.open(self.target.file(name))
                writer = open_writer(self.target.format, file, schema, self.target.compression)
                files[name] = TableFile(writer, schema, logs)
            yield files
        except BaseException:
            for table_file in files.values():
                table_file.abandon()
            raise

    def _schema(self, table: str) -> pa.Schema:
        if self._is_flight(table):
            units = "si" if self.settings is None else self.settings.units
            return flight_tables.flight_schema(self.layout, table, units, dry=self.dry)
        return plans.schema_of(plans.table_columns(self.layout, self.layout.by_name.get(table)))

    def _metadata(self, table: str, schema: pa.Schema) -> dict[str, str]:
        units = {
            field.name: field.metadata[b"unit"].decode()
            for field in schema
            if field.metadata and b"unit" in field.metadata
        }
        damage = {name: _summary(report) for name, report in self.reports.items()}
        metadata = {
            "satlog.layout": self.layout.name,
            "satlog.layout_version": self.layout.version,
            "satlog.layout_status": self.layout.status,
            "satlog.table": table,
            "satlog.units": json.dumps(units, ensure_ascii=False),
            "satlog.damage": json.dumps(damage, ensure_ascii=False),
        }
        if self.settings is not None and self._is_flight(table):
            metadata["satlog.flight_settings"] = json.dumps(asdict(self.settings))
        return metadata

    def _report_json(self) -> bytes:
        content = {
            "layout": {
                "name": self.layout.name,
                "version": self.layout.version,
                "status": self.layout.status,
            },
            "tables": {
                name: {"file": self.target.file(name).name, "rows": rows}
                for name, rows in self.rows.items()
            },
            "damaged": any(report.damaged for report in self.reports.values()),
            "logs": [{"log": name, **report.to_dict()} for name, report in self.reports.items()],
        }
        return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _summary(report: DamageReport) -> dict[str, Any]:
    """A report without its list of lost runs, which may be long."""
    summary = report.to_dict()
    summary["lost"] = len(report.lost)
    return summary


def _step(progress: Progress | None, done: int, size: int, total: int) -> _Step:
    """Tell of a log that begins after ``done`` bytes and has ``size``."""
    if progress is None:
        return lambda _share: None
    return lambda share: progress(done + round(share * size), total)


def _table_name(layout: Layout, name: str) -> str:
    """The table of a record name or type number, or a flight table."""
    if name in layout.by_name or flight_tables.is_flight_table(layout, name):
        return name
    if name.isascii() and name.isdigit() and int(name) <= layout.framing.type.wire.maximum:
        known: Kind | None = layout.by_type.get(int(name))
        return str(int(name)) if known is None else known.name
    raise TableError(f"{unknown_kind(layout, name)}; flight tables are {', '.join(FLIGHT_TABLES)}")


def _named(logs: Sequence[LogPath], target: Target) -> dict[str, Path]:
    """The logs by the names that tables and reports have for them."""
    if not logs:
        raise SatlogError("converting logs: none is named; name one or more .LOG files")
    paths = [Path(log) for log in logs]
    places = [os.path.realpath(path) for path in paths]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise SatlogError(f"converting {paths[number]}: it is named twice; name it once")
        if place == os.path.realpath(target.path):
            raise SatlogError(
                f"writing {target.path}: this is one of the logs to convert; choose another name"
            )
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    # What is no UTF-8 in a file's name could not be written to a table.
    names = [os.fsencode(name).decode("utf-8", "replace") for name in names]
    return dict(zip(names, paths, strict=True))
