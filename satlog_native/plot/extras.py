"""What the extra ``plot`` brings, asked for only where it is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from satlog_native.errors import SatlogError

#: Top-level modules that the extra installs.
_MODULES: Final = frozenset({"jinja2", "markupsafe", "matplotlib", "PIL", "reportlab", "yaml"})


@contextmanager
def plot_extra(doing: str) -> Iterator[None]:
    """Turn a missing module of the extra into a sentence; other import errors pass.

    Parameters
    ----------
    doing : str
        What needs the module, as the sentence begins: ``"drawing a map"``.

    Raises
    ------
    SatlogError
        If the module to import is one of the extra, and not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _MODULES:
            raise
        raise SatlogError(f"{doing} needs {missing}: pip install 'satlog[plot]'") from error
