"""Features to files: one module a format, all behind :func:`export`.

==============  =====================  ==================  ===========================
format          endings                needs               holds
==============  =====================  ==================  ===========================
``geoparquet``  .parquet .geoparquet   shapely             one layer
``arrow``       .arrow .feather        shapely             one layer
``csv``         .csv                                       one layer, no geometry
``geojson``     .geojson .json         shapely             one layer
``geojsonseq``  .geojsons              shapely             one layer
``kml``         .kml                   shapely             layers as folders
``kmz``         .kmz                   shapely             layers as folders
``gpx``         .gpx                   shapely             points or pass lines
``shapefile``   .shp                   shapely, pyogrio    one layer
``geopackage``  .gpkg                  shapely, pyogrio    layers
``duckdb``      .duckdb                shapely, duckdb     layers as tables
==============  =====================  ==================  ===========================

Coordinates are exact in binary formats, and have 9 decimals (0.1 mm) in text.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from satlog_native.errors import SatlogError
from satlog_native.export.atomic import Drafts

if TYPE_CHECKING:
    from satlog_native.export.features import Features


class MapFormat(NamedTuple):
    """A format of features.

    Attributes
    ----------
    module : str
        Has the function ``write_<format>``, which gets the layers and the open file, or with
        ``by_path`` the path of the file to make.
    endings : tuple of str
        The usual one first.
    layers : bool
        Whether a file holds several.
    by_path : bool
        Whether its library opens files itself.
    leftovers : tuple of str
        Files of an older data set of the same name that would spoil a new one.
    """

    module: str
    endings: tuple[str, ...]
    layers: bool = False
    by_path: bool = False
    leftovers: tuple[str, ...] = ()


MAP_FORMATS: Final = {
    "geoparquet": MapFormat("geoparquet", (".parquet", ".geoparquet")),
    "arrow": MapFormat("geoarrow", (".arrow", ".feather")),
    "csv": MapFormat("people_csv", (".csv",)),
    "geojson": MapFormat("geojson", (".geojson", ".json")),
    "geojsonseq": MapFormat("geojson", (".geojsons",)),
    "kml": MapFormat("kml", (".kml",), layers=True),
    "kmz": MapFormat("kml", (".kmz",), layers=True),
    "gpx": MapFormat("gpx", (".gpx",)),
    "shapefile": MapFormat(
        "vector",
        (".shp",),
        by_path=True,
        leftovers=("{stem}.qix", "{stem}.sbn", "{stem}.sbx", "{stem}.shp.xml"),
    ),
    "geopackage": MapFormat(
        "vector",
        (".gpkg",),
        layers=True,
        by_path=True,
        leftovers=("{name}-wal", "{name}-shm", "{name}-journal"),
    ),
    "duckdb": MapFormat(
        "duckdb", (".duckdb",), layers=True, by_path=True, leftovers=("{name}.wal",)
    ),
}


def export(
    features: Features | Sequence[Features],
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write features to a file, whole or not at all.

    Parameters
    ----------
    features : Features, or several of different kinds
        Several only where the format holds layers.
    path : path
        Its ending tells the format.
    format : str, optional
        One of ``MAP_FORMATS``, for a path that ends in something else.
    overwrite : bool
        Whether an existing file may be replaced.

    Returns
    -------
    pathlib.Path
        The file; of a Shapefile, its ``.shp``.

    Raises
    ------
    SatlogError
        Where the file cannot be written or must not be replaced, where the format cannot hold the
        features, or where its library is not installed.
    """
    target = Path(path)
    layers = [*features] if isinstance(features, Sequence) else [features]
    name = map_format(target, format)
    chosen = MAP_FORMATS[name]
    _check_layers(layers, name, target)
    write: Callable[..., None] = getattr(
        import_module(f"satlog_native.export.{chosen.module}"), f"write_{name}"
    )
    with Drafts(overwrite=overwrite) as drafts:
        leftovers = [
            target.with_name(each.format(stem=target.stem, name=target.name))
            for each in chosen.leftovers
        ]
        for leftover in leftovers:
            drafts.check(leftover)
        file = drafts.open(target)
        if chosen.by_path:
            _write_aside(partial(write, layers), target, chosen.endings[0], drafts, file)
        else:
            write(layers, file)
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
    return target


def map_format(path: Path, format_name: str | None = None) -> str:
    """The name of the format that a file is to have.

    Raises
    ------
    SatlogError
        Where neither its ending nor ``format_name`` tells, or they disagree.
    """
    ending = path.suffix.lower()
    told = next((name for name, each in MAP_FORMATS.items() if ending in each.endings), None)
    if format_name is not None and format_name not in MAP_FORMATS:
        raise SatlogError(
            f"writing {path}: there is no format {format_name}; choose one of "
            f"{', '.join(MAP_FORMATS)}"
        )
    if told is not None and format_name not in (None, told):
        raise SatlogError(
            f"writing {path}: its ending says {told}, but the format {format_name} is asked for; "
            "leave the format out, or change the ending"
        )
    if told is None and format_name is None:
        endings = ", ".join(each.endings[0] for each in MAP_FORMATS.values())
        raise SatlogError(
            f"writing {path}: its ending tells no format; let it end in one of {endings}"
        )
    return told or str(format_name)


def _check_layers(layers: Sequence[Features], name: str, path: Path) -> None:
    kinds = [layer.kind for layer in layers]
    if not kinds or len(set(kinds)) < len(kinds):
        raise SatlogError(
            f"writing {path}: expected features of one kind or of different kinds, found "
            f"{', '.join(kinds) or 'none'}"
        )
    if len(kinds) > 1 and not MAP_FORMATS[name].layers:
        several = ", ".join(each for each, known in MAP_FORMATS.items() if known.layers)
        raise SatlogError(
            f"writing {path}: {name} files hold one layer, found {', '.join(kinds)}; write a file "
            f"for each, or choose one of {several}"
        )


def _write_aside(
    write: Callable[[Path], None],
    target: Path,
    ending: str,
    drafts: Drafts,
    file: BinaryIO,
) -> None:
    """Let a library make its file, or files, in a folder of its own; copy them to drafts."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".satlog-") as folder:
        made = Path(folder) / f"{target.stem}{ending}"
        write(made)
        for part in sorted(Path(folder).iterdir()):
            place = file if part == made else drafts.open(target.with_suffix(part.suffix))
            with part.open("rb") as source:
                shutil.copyfileobj(source, place, 1 << 20)


def optional_module(name: str, formats: str, extra: str) -> Any:
    """Import a library that satlog can do without, or say which extra is missing."""
    try:
        return import_module(name)
    except ImportError as error:
        raise SatlogError(f"{formats} needs {name}: pip install 'satlog[{extra}]'") from error
