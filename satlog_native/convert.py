"""Logs to files of tables: :func:`convert`.

Each log is looked at once for its damage and its kinds, and then streamed, so that logs larger
than memory are converted too. All files of a conversion appear together, or none does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from satlog_native import layouts
from satlog_native import plan as plans
from satlog_native.decoding import unknown_kind
from satlog_native.errors import SatlogError, TableError
from satlog_native.export import open_writer
from satlog_native.export.atomic import Drafts
from satlog_native.export.target import ALL, Target, target_of
from satlog_native.layouts.model import Kind, Layout
from satlog_native.log import Errors, open_log
from satlog_native.report import DamageReport

if TYPE_CHECKING:
    import pyarrow as pa

    from satlog_native.export.rows import TableFile

LogPath = str | os.PathLike[str]
#: Called with the bytes done and the bytes in all.
Progress = Callable[[int, int], None]


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
    """

    files: dict[str, Path]
    rows: dict[str, int]
    reports: dict[str, DamageReport]

    @property
    def damaged(self) -> bool:
        """Whether any of the logs is damaged."""
        return any(report.damaged for report in self.reports.values())


def convert(
    logs: Sequence[LogPath],
    out: LogPath,
    *,
    layout: LogPath | Layout = "satloc_air",
    tables: Sequence[str] = ("position",),
    format: str | None = None,  # noqa: A002 - the word that everybody looks for
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
        Record names or type numbers; ``"all"`` for every kind that the logs hold.
    format : {"parquet", "arrow", "csv", "ndjson"}, optional
        Of the files in a folder; by default parquet.
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
        For a table that the layout does not know.
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
        names = job.kinds() if ALL in wanted else wanted
        if target.folder:
            drafts.make_folder(target.path)
        job.write(drafts, list(dict.fromkeys(names)), progress)
    return Conversion({name: target.file(name) for name in job.rows}, job.rows, job.reports)


class _Job:
    """One conversion as it goes on; ``paths`` are the logs by name."""

    def __init__(
        self, layout: Layout, paths: dict[str, Path], target: Target, threads: int | None
    ) -> None:
        self.layout = layout
        self.paths = paths
        self.target = target
        self.threads = threads
        self.reports: dict[str, DamageReport] = {}
        self.rows: dict[str, int] = {}
        self.present: set[str | int] = set()

    def survey(self, errors: Errors) -> None:
        """Look at every log before anything is written."""
        for name, path in self.paths.items():
            with open_log(path, layout=self.layout, errors=errors, threads=self.threads) as log:
                self.reports[name] = log.report
                self.present.update(log.kinds)

    def kinds(self) -> list[str]:
        """The tables that the logs can fill: in order of type, unknown types last."""
        known = [kind.name for kind in self.layout.kinds if kind.name in self.present]
        unknown = sorted(kind for kind in self.present if isinstance(kind, int))
        return known + [str(number) for number in unknown]

    def write(self, drafts: Drafts, names: list[str], progress: Progress | None) -> None:
        """Write these tables, and a folder's report."""
        with self._files(drafts, names) as files:
            done, total = 0, sum(report.size for report in self.reports.values())
            for number, (log, path) in enumerate(self.paths.items()):
                step = None if progress is None else _step(progress, done, total)
                self._write_log(path, number, files, step)
                done += self.reports[log].size
            for name, file in files.items():
                file.close()
                self.rows[name] = file.rows
        if self.target.folder:
            drafts.open(self.target.report).write(self._report_json())

    def _write_log(
        self,
        path: Path,
        number: int,
        files: dict[str, TableFile],
        step: Callable[[int], None] | None,
    ) -> None:
        from satlog_native.export.rows import ROWS

        # Damage was raised, if it was to be, when the log was surveyed.
        with open_log(path, layout=self.layout, threads=self.threads) as log:
            for kind, batch in log.stream(list(files), ROWS, progress=step):
                files[str(kind)].write(batch, number)

    @contextmanager
    def _files(self, drafts: Drafts, names: list[str]) -> Iterator[dict[str, TableFile]]:
        from satlog_native.export.rows import TableFile, with_log_column

        files: dict[str, TableFile] = {}
        logs = list(self.paths) if len(self.paths) > 1 else []
        try:
            for name in names:
                columns = plans.table_columns(self.layout, self.layout.by_name.get(name))
                schema = plans.schema_of(columns)
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

    def _metadata(self, table: str, schema: pa.Schema) -> dict[str, str]:
        units = {
            field.name: field.metadata[b"unit"].decode()
            for field in schema
            if field.metadata and b"unit" in field.metadata
        }
        damage = {name: _summary(report) for name, report in self.reports.items()}
        return {
            "satlog.layout": self.layout.name,
            "satlog.layout_version": self.layout.version,
            "satlog.layout_status": self.layout.status,
            "satlog.table": table,
            "satlog.units": json.dumps(units, ensure_ascii=False),
            "satlog.damage": json.dumps(damage, ensure_ascii=False),
        }

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


def _step(progress: Progress, done: int, total: int) -> Callable[[int], None]:
    return lambda position: progress(done + position, total)


def _table_name(layout: Layout, name: str) -> str:
    """The table of a record name or type number."""
    if name in layout.by_name:
        return name
    if name.isascii() and name.isdigit() and int(name) <= layout.framing.type.wire.maximum:
        known: Kind | None = layout.by_type.get(int(name))
        return str(int(name)) if known is None else known.name
    raise TableError(unknown_kind(layout, name))


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
