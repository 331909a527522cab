"""Writing a dataset: what is to be done, by whom, and what came of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from satlog_native import flight_tables, layouts
from satlog_native.dataset.manifest import Entry, Manifest
from satlog_native.dataset.sources import LogPath, Source, find_sources
from satlog_native.dataset.spread import over_dask, over_processes
from satlog_native.dataset.work import Recipe, Task
from satlog_native.decoding import unknown_kind
from satlog_native.errors import TableError
from satlog_native.layouts.model import Layout

if TYPE_CHECKING:
    from satlog_native.flight import FlightSettings

#: Called with the bytes of the logs that are done and of those that were to be done.
Progress = Callable[[int, int], None]


class Dataset(NamedTuple):
    """What :func:`write_dataset` has done.

    Attributes
    ----------
    path : Path
    entries : dict of str to Entry
        What became of each log that was named, by the name that it was given.
    written : int
        Logs that were read and written, or found to be the same. All others were done before.
    """

    path: Path
    entries: dict[str, Entry]
    written: int

    @property
    def errors(self) -> dict[str, str]:
        """Why logs could not be read, by the logs' names."""
        return {name: entry.error for name, entry in self.entries.items() if entry.error}

    @property
    def damaged(self) -> list[str]:
        """The logs that are damaged."""
        return [name for name, entry in self.entries.items() if entry.damaged]


def write_dataset(
    logs: Sequence[LogPath],
    out: LogPath,
    *,
    layout: LogPath | Layout = "satloc_air",
    tables: Sequence[str] = ("track",),
    settings: FlightSettings | None = None,
    workers: int | None = None,
    dask: str | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Write many logs to one dataset of Parquet files, by table, aircraft and date.

    A log's rows of a table are one file, ``<table>/aircraft=<…>/date=<…>/<log>.parquet``; values
    of aircraft are percent-encoded, and ``unknown`` where a log does not tell. The date is the UTC
    date of the first usable position. Every table has a first column ``log``: the file's name, as
    the manifest has it; a column ``aircraft`` or ``date`` of its own is ``aircraft_`` or ``date_``.
    A log that lies in two folders under one name is written once, and is in the manifest twice. The
    same logs give the same bytes, whoever does the work.

    Run again, it does what is left: logs that are new, have changed, or could not be read. Logs are
    taken for unchanged by size and time, or else by their content. What is no more named stays.

    Parameters
    ----------
    logs : sequence of path
        Files, or folders, which are searched for ``*.log`` in any case, also in their subfolders.
    out : path
        The dataset's folder: new, or a dataset that was made in the same way.
    layout : str, path or Layout
    tables : sequence of str
        ``track``, ``passes``, ``summary`` or record names.
    settings : FlightSettings, optional
        Of the flight tables.
    workers : int, optional
        Processes that do the work; by default one a processor. They are spawned: a script that
        calls this guards itself by ``if __name__ == "__main__":``.
    dask : str, optional
        Address of a Dask scheduler, whose workers do the work in place of processes; they have
        satlog and see the same files. Extra ``dask``.
    progress : callable, optional
        Called with the bytes of logs that are done and of those to be done.

    Returns
    -------
    Dataset
        A damaged or unreadable log stops nothing; it tells of them.

    Raises
    ------
    TableError
        For a table that the layout does not know or cannot give.
    SatlogError
        If there is no log, or the dataset cannot be written. What is done is kept.

    Examples
    --------
    >>> write_dataset(["season/"], "tracks/", workers=4)                   # doctest: +SKIP
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers is 1 or more, not {workers}")
    if workers is not None and dask is not None:
        raise ValueError("workers are processes of this machine: they do nothing beside dask")
    from satlog_native.flight import FlightSettings

    folder = Path(os.path.abspath(out))  # noqa: PTH100 - links stay as they were named
    used = layouts.load(layout)
    names = _tables(used, tables)
    recipe = Recipe(str(folder), used, names, settings or FlightSettings())
    sources = find_sources(logs, folder)
    with Manifest(folder, _made(recipe)) as manifest:
        tasks = [
            Task(source, manifest.entries.get(source.name))
            for source in sources
            if not _unchanged(source, manifest.entries.get(source.name), folder)
        ]
        if tasks:
            _do_all(tasks, recipe, manifest, workers=workers, dask=dask, progress=progress)
        manifest.finish()
        entries = {source.shown: manifest.entries[source.name] for source in sources}
    return Dataset(folder, entries, len(tasks))


def _tables(layout: Layout, names: Sequence[str]) -> tuple[str, ...]:
    """The tables, once each, and all known to the layout."""
    if not names:
        raise TableError("writing a dataset: no table is named; name one or more")
    for name in names:
        if name not in layout.by_name and not flight_tables.is_flight_table(layout, name):
            flights = ", ".join(flight_tables.FLIGHT_TABLES)
            raise TableError(f"{unknown_kind(layout, name)}; flight tables are {flights}")
    return tuple(dict.fromkeys(names))


def _made(recipe: Recipe) -> dict[str, Any]:
    """How a dataset is made: what must be the same for all of its logs."""
    layout, source = recipe.layout, Path(recipe.layout.source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest() if source.is_file() else None
    return {
        "tables": list(recipe.tables),
        "layout": {"name": layout.name, "version": layout.version, "sha256": digest},
        "settings": asdict(recipe.settings),
    }


def _unchanged(source: Source, entry: Entry | None, out: Path) -> bool:
    if entry is None or entry.error is not None or not entry.is_written(out):
        return False
    try:
        status = Path(source.path).stat()
    except (OSError, ValueError):
        return False
    return (entry.size, entry.mtime_ns) == (status.st_size, status.st_mtime_ns)


def _do_all(
    tasks: Sequence[Task],
    recipe: Recipe,
    manifest: Manifest,
    *,
    workers: int | None,
    dask: str | None,
    progress: Progress | None,
) -> None:
    sizes = {task.source.name: _size(task.source.path) for task in tasks}
    done, total = 0, sum(sizes.values())
    if dask is None:
        count = min(workers or len(os.sched_getaffinity(0)), len(tasks))
        results = over_processes(tasks, recipe, count)
    else:
        results = over_dask(tasks, recipe, dask)
    with closing(results):
        for entry in results:
            manifest.add(_kept(entry, manifest.entries.get(entry.source)))
            done += sizes[entry.source]
            if progress is not None:
                progress(done, total)


def _kept(entry: Entry, older: Entry | None) -> Entry:
    """What of a log can be kept where its file cannot be read at the moment."""
    if entry.sha256 is None and older is not None:
        return replace(older, error=entry.error)
    return entry


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return 0
