"""Finding layouts: by name among the shipped ones and on ``$SATLOG_LAYOUT_PATH``, or by path."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from satlog_native.errors import LayoutError, LayoutNotFound
from satlog_native.layouts.model import Layout

#: Folders with layouts of one's own, separated as in ``$PATH``.
PATH_VARIABLE: Final = "SATLOG_LAYOUT_PATH"

#: A layout file larger than this is refused unread; the shipped one has some 25 kB.
LARGEST_FILE: Final = 1 << 20

_SHIPPED: Final = Path(__file__).parent


def load(name_or_path: str | os.PathLike[str] | Layout) -> Layout:
    """Load a layout and check it.

    Parameters
    ----------
    name_or_path : str, path-like or Layout
        A name is looked up in the folders of ``$SATLOG_LAYOUT_PATH`` and among the shipped
        layouts, see :func:`available`. A string with a path separator or ending in ``.toml``, and
        every path-like object, is the path of a TOML file. A layout is returned as it is.

    Returns
    -------
    Layout

    Raises
    ------
    LayoutNotFound
        No layout has that name, or no file is at that path.
    LayoutError
        The file cannot be read or the layout has a mistake; the first one is told.
    """
    if isinstance(name_or_path, Layout):
        return name_or_path
    path = _locate(name_or_path)
    status = _regular_file(path)
    return _load_unchanged(str(path), status.st_mtime_ns, status.st_size, status.st_ino)


def loads(text: str, source: str = "<string>") -> Layout:
    """Make a layout of TOML text.

    Parameters
    ----------
    text : str
        The TOML.
    source : str
        What error sentences call the text.

    Raises
    ------
    LayoutError
        The layout has a mistake; the first one is told.
    """
    layout, mistakes = _read(text, source)
    if layout is None:
        raise mistakes[0]
    return layout


def check(name_or_path: str | os.PathLike[str]) -> list[LayoutError]:
    """The mistakes of a layout that can be told at once, at most 100; empty if it loads.

    Raises
    ------
    LayoutNotFound
        No layout has that name, or no file is at that path.
    """
    path = _locate(name_or_path)
    try:
        text = _read_text(path)
    except LayoutNotFound:
        raise
    except LayoutError as mistake:
        return [mistake]
    return _read(text, str(path))[1]


def available() -> dict[str, Path]:
    """The layouts that can be loaded by name, sorted by name.

    A layout's name is here its file's name without ``.toml``. The folders of
    ``$SATLOG_LAYOUT_PATH`` come first, in their order, so a layout there shadows a shipped one of
    the same name. Folders that do not exist or cannot be read hold no layouts.
    """
    found: dict[str, Path] = {}
    for folder in (*_own_folders(), _SHIPPED):
        try:
            paths = sorted(folder.iterdir())
        except OSError:
            continue
        for path in paths:
            if path.suffix == ".toml" and path.is_file():
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a layout's TOML, with which editors complete and check."""
    import json

    schema: dict[str, Any] = json.loads((_SHIPPED / "layout.schema.json").read_bytes())
    return schema


def _read(text: str, source: str) -> tuple[Layout | None, list[LayoutError]]:
    # The reader imports tomllib, which `satlog --help` must not pay for.
    from satlog_native.layouts.reader import read_layout

    return read_layout(text, source)


def _own_folders() -> list[Path]:
    return [Path(f) for f in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if f]


def _locate(name_or_path: str | os.PathLike[str]) -> Path:
    name = os.fsdecode(name_or_path)
    separators = (os.sep, os.altsep or os.sep)
    if (
        not isinstance(name_or_path, str)
        or name.endswith(".toml")
        or any(separator in name for separator in separators)
    ):
        return Path(name)
    layouts = available()
    if name not in layouts:
        raise _not_found(name, layouts)
    return layouts[name]


def _not_found(name: str, layouts: dict[str, Path]) -> LayoutNotFound:
    from satlog_native.layouts.table import nearest

    near = nearest(name, layouts)
    hint = f'did you mean "{near}"? ' if near else ""
    unread = [str(folder) for folder in _own_folders() if not folder.is_dir()]
    missing = f" ({PATH_VARIABLE} names no folder at {', '.join(unread)})" if unread else ""
    return LayoutNotFound(
        f"no layout of this name; {hint}available: {', '.join(layouts)}{missing}. A layout file is "
        f"given by its path, with a {os.sep} or ending in .toml; folders of layouts are named in "
        f"{PATH_VARIABLE}",
        source=name[:200],
    )


def _regular_file(path: Path) -> os.stat_result:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise LayoutNotFound(
            "no such file: correct the path, or write a layout's name without .toml",
            source=str(path),
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _unreadable(path, error) from None
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise LayoutError(f"this is {what}: name a layout's TOML file", source=str(path))
    return status


def _read_text(path: Path) -> str:
    _regular_file(path)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(content) > LARGEST_FILE:
        raise LayoutError(
            f"the file is larger than {LARGEST_FILE >> 20} MiB, so it is hardly a layout: name a "
            f"layout's TOML file",
            source=str(path),
        )
    try:
        return content.decode("utf-8-sig")  # editors on Windows put a byte order mark first
    except UnicodeDecodeError as error:
        raise LayoutError(
            f"the file is not UTF-8 text (byte {error.start} is 0x{content[error.start]:02X}): "
            f"name a layout's TOML file, or save it as UTF-8",
            source=str(path),
        ) from None


def _unreadable(path: Path, error: Exception) -> LayoutError:
    reason = getattr(error, "strerror", None) or str(error)
    return LayoutError(
        f"the file cannot be read ({reason}): correct the path or its permissions",
        source=str(path),
    )


@lru_cache(maxsize=32)
def _load_unchanged(path: str, _mtime_ns: int, _size: int, _inode: int) -> Layout:
    """Opening many logs reads their layout once, and again when the file changes."""
    return loads(_read_text(Path(path)), path)
