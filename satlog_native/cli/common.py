"""What commands share: options, the progress bar, and text for people and for programs."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import click

from satlog_native.report import DamageReport

_Command = TypeVar("_Command", bound=Callable[..., Any])

#: A path as it was typed; whether it can be read is the reader's to say.
LOG = click.Path()

#: Below this share of bytes in frames, the layout rather than the log may be wrong.
_FITTING: Final = 0.5


def log_argument(command: _Command) -> _Command:
    """One log."""
    return click.argument("log", type=LOG)(command)


def logs_argument(command: _Command) -> _Command:
    """One or more logs."""
    return click.argument("logs", metavar="LOG...", type=LOG, nargs=-1, required=True)(command)


def layout_option(command: _Command) -> _Command:
    """The layout to read or write with."""
    return click.option(
        "--layout",
        default="satloc_air",
        show_default=True,
        metavar="NAME|FILE",
        help="Layout of the log: a name (see satlog layout list) or a TOML file.",
    )(command)


def json_option(command: _Command) -> _Command:
    """Output for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON.")(command)


def to_json(value: Any) -> str:
    """One line of JSON; times in ISO 8601, NaN and infinities null."""
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def printable(text: str) -> str:
    """Text as it may go to a terminal: a log must not send control sequences."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def counted(count: int, one: str, many: str | None = None) -> str:
    """How many there are of something; ``many`` where it is not the word with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> list[str]:
    """Lines with the cells of each column one below the other.

    Parameters
    ----------
    rows : sequence of sequence of str
        All equally long.
    right : sequence of bool
        The columns that are aligned to the right; those not told are not.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [*right, *[False] * (len(widths) - len(right))]
    return [
        "  ".join(
            cell.rjust(width) if side else cell.ljust(width)
            for cell, width, side in zip(row, widths, sides, strict=True)
        ).rstrip()
        for row in rows
    ]


def blocks(widths: Sequence[int], beside: int = 0) -> list[tuple[int, int]]:
    """Columns in blocks as wide as the terminal; one block where there is none.

    Parameters
    ----------
    widths : sequence of int
        Of the columns.
    beside : int
        What else stands in each line.

    Returns
    -------
    list of (int, int)
        First column of each block, and that after its last.
    """
    most = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    found, first, used = [], 0, beside
    for place, width in enumerate(widths):
        if place > first and used + width > most:
            found.append((first, place))
            first, used = place, beside
        used += width + 2
    return [*found, (first, len(widths))]


def report_lines(report: DamageReport) -> list[str]:
    """A damage report for people, with a hint where the layout may be the cause."""
    lines = report.lines()
    if report.share < _FITTING:
        lines.insert(
            1,
            f"layout {report.layout} may not fit this log: choose another with --layout "
            f"(satlog layout list)",
        )
    return lines


def note(text: str) -> None:
    """A word to the user, beside the data."""
    click.echo(text, err=True)


def note_damage(log: str, report: DamageReport) -> None:
    """Tell of a log's damage, and of values that could not be, if there are any."""
    if report.damaged or report.impossible_times or report.undecodable_text:
        note(f"{printable(log)}:")
        for line in report_lines(report):
            note(f"  {line}")


class Progress:
    """A bar on standard error by bytes done, if that is a terminal and the work takes long.

    Parameters
    ----------
    label : str
    """

    _AFTER: Final = 0.5  # seconds
    _EVERY: Final = 0.1
    _WIDTH: Final = 40

    def __init__(self, label: str) -> None:
        self._label = label
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._started = time.monotonic()
        self._next = self._started + self._AFTER
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._drawn:
            # Carriage return, and erase the line: what follows starts where the bar stood.
            click.echo("\r\x1b[K", err=True, nl=False)

    def __call__(self, done: int, total: int) -> None:
        """Show that so many of all bytes are done."""
        now = time.monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + self._EVERY
        self._drawn = True
        share = min(done / total, 1.0) if total else 1.0
        bar = ("█" * round(share * self._WIDTH)).ljust(self._WIDTH, "░")
        text = f"\r{self._label} {bar} {share:4.0%} {done / 1e6:,.0f} of {total / 1e6:,.0f} MB"
        if share > 0:
            left = round((now - self._started) * (1 - share) / share)
            text += f", {left // 60:,}:{left % 60:02} left"
        # Nothing stays of a line that was longer.
        click.echo(f"{text}\x1b[K", err=True, nl=False)
