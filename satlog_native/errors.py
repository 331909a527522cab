"""The one exception tree of satlog.

::

    SatlogError
    ├── LayoutError(ValueError)          a layout that cannot be used: file, record, field, remedy
    │   └── LayoutNotFound(LookupError)  no layout of that name or at that path
    ├── LogError(ValueError)             bytes that cannot be read as a log
    │   ├── NotALog                      empty, no frame at all, or a header that does not match
    │   └── DamageError                  damage found while ``errors="raise"``
    ├── TableError(KeyError)             a table or column that the log or its layout does not have
    ├── EncodeError(ValueError)          values that a layout cannot hold
    ├── AnalysisError(ValueError)        tables or settings that a flight cannot be analysed with
    └── JobFileError(ValueError)         a job file or list of assignments that cannot be used

Every error says what was being done, to what, what was expected and found, and what to do.
Each class also inherits the built-in exception that a caller would guess, so ``except ValueError``
works for people who do not know this tree.
"""

from __future__ import annotations

__all__ = [
    "AnalysisError",
    "DamageError",
    "EncodeError",
    "JobFileError",
    "LayoutError",
    "LayoutNotFound",
    "LogError",
    "NotALog",
    "SatlogError",
    "TableError",
]


class SatlogError(Exception):
    """Base of every error that satlog raises on purpose."""


class LayoutError(SatlogError, ValueError):
    """A layout that cannot be used.

    Parameters
    ----------
    problem : str
        One sentence: what is wrong, and what to do.
    source : str
        The file or name of the layout.
    record, field : str, optional
        Where in the layout the mistake is.
    """

    def __init__(
        self, problem: str, *, source: str, record: str | None = None, field: str | None = None
    ) -> None:
        self.problem = problem
        self.source = source
        self.record = record
        self.field = field
        place = source
        if record is not None:
            place += f", record {record}"
        if field is not None:
            place += f", field {field}"
        super().__init__(f"{place}: {problem}")


class LayoutNotFound(LayoutError, LookupError):
    """No layout of that name is shipped or on the search path, and no file is at that path."""


class LogError(SatlogError, ValueError):
    """Bytes that cannot be read as a log."""


class NotALog(LogError):
    """The bytes hold no frame of the layout at all, or their header does not match it."""


class DamageError(LogError):
    """Damage found while decoding with ``errors="raise"``.

    Parameters
    ----------
    message : str
        What was being read, what was expected and what was found.
    offset : int
        Byte position in the log where the damage starts.
    """

    def __init__(self, message: str, *, offset: int) -> None:
        self.offset = offset
        super().__init__(message)


class TableError(SatlogError, KeyError):
    """A table or column that the log or its layout does not have."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument; people should see the sentence.
        return str(self.args[0]) if self.args else ""


class EncodeError(SatlogError, ValueError):
    """Values that a layout cannot hold."""


class AnalysisError(SatlogError, ValueError):
    """Tables, settings or a field boundary that a flight cannot be analysed with."""


class JobFileError(SatlogError, ValueError):
    """A job file, field boundary or list of assignments that cannot be read or written.

    Parameters
    ----------
    problem : str
        What is wrong, what was expected, and what to do.
    source : str
        The file, or what stood in for one.
    line : int, optional
        The broken line's number, from 1.
    text : str, optional
        The broken line's or item's text.
    """

    def __init__(
        self, problem: str, *, source: str, line: int | None = None, text: str | None = None
    ) -> None:
        self.problem = problem
        self.source = source
        self.line = line
        self.text = text
        place = source if line is None else f"{source}, line {line}"
        shown = ""
        if text is not None:
            # A hostile line may be megabytes long; the whole of it stays in `text`.
            shown = f" ({text[:80]!r}{'...' if len(text) > 80 else ''})"
        super().__init__(f"{place}: {problem}{shown}")
