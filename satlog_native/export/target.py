"""Where tables are to be written: one file, or a folder with a file a table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from satlog_native.errors import SatlogError
from satlog_native.export import FORMATS

#: The word for every table that logs can give.
ALL: Final = "all"
#: The damage report beside a folder's tables.
REPORT_NAME: Final = "report.json"


class Target(NamedTuple):
    """Where tables are to be written.

    Attributes
    ----------
    path : Path
        The one file, or the folder.
    folder : bool
    format : str
        One of ``FORMATS``.
    compression : str
        One of the format's.
    """

    path: Path
    folder: bool
    format: str
    compression: str

    def file(self, table: str) -> Path:
        """The file of a table."""
        return self.path / f"{table}.{self.format}" if self.folder else self.path

    @property
    def report(self) -> Path:
        """The damage report of a folder."""
        return self.path / REPORT_NAME


def target_of(
    out: str | os.PathLike[str],
    tables: Sequence[str],
    format_name: str | None = None,
    compression: str | None = None,
) -> Target:
    """Find out what a path means as the place for these tables.

    A folder is what ends in a separator, exists as a folder, or has to hold more than one table.
    Any other path is a file, and its ending tells the format.

    Parameters
    ----------
    out : path
    tables : sequence of str
        ``"all"`` is more than one.
    format_name : str, optional
        Of the files in a folder; by default parquet.
    compression : str, optional
        By default the format's own.

    Raises
    ------
    SatlogError
        Where path, tables, format and compression do not go together.
    """
    name, path = os.fspath(out), Path(out)
    ending = path.suffix.lower().removeprefix(".")
    several = len(tables) > 1 or ALL in tables
    folder = name.endswith((os.sep, os.altsep or os.sep)) or path.is_dir()
    if several and not folder:
        if ending in FORMATS or path.exists():
            raise SatlogError(
                f"writing {name}: a file holds one table, and {', '.join(tables)} are more; name a "
                f"folder, for example {path.with_suffix('')}{os.sep}"
            )
        folder = True
    if not folder:
        if ending not in FORMATS:
            raise SatlogError(
                f"writing {name}: its ending tells no format; let it end in "
                f"{', '.join(f'.{known}' for known in FORMATS)}, or in {os.sep} for a folder"
            )
        if format_name not in (None, ending):
            raise SatlogError(
                f"writing {name}: its ending says {ending}, but the format {format_name} is asked "
                f"for; leave the format out, or change the ending"
            )
        format_name = ending
    format_name = format_name or "parquet"
    return Target(path, folder, format_name, _compression(name, format_name, compression))


def _compression(name: str, format_name: str, compression: str | None) -> str:
    if format_name not in FORMATS:
        raise SatlogError(
            f"writing {name}: there is no format {format_name}; choose one of {', '.join(FORMATS)}"
        )
    known = FORMATS[format_name].compressions
    if compression is None:
        return known[0]
    if compression not in known:
        raise SatlogError(
            f"writing {name}: {format_name} files have no compression {compression}; choose one of "
            f"{', '.join(known)}"
        )
    return compression
