"""What commands share: the pipeline's parts opened, tables for people, times, who is asking."""

from __future__ import annotations

import getpass
import logging
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from partner_pipeline.errors import ValidationError
from satlog_native.cli.common import aligned, printable

if TYPE_CHECKING:
    from pydantic import SecretStr

    from partner_pipeline.settings import Settings
    from partner_pipeline.work.context import Context

_Command = TypeVar("_Command", bound=Callable[..., Any])

#: Columns of a page where there is no terminal.
_PAGE: Final = 100
#: Of an id, so much is shown; any unique beginning of it can be given.
_SHORT: Final = 12
#: Columns that a wrapped text gets at least.
_NARROWEST: Final = 12


def limit_option(command: _Command) -> _Command:
    """How many to list."""
    return click.option(
        "-n",
        "--limit",
        type=click.IntRange(1, 100_000),
        default=50,
        show_default=True,
        metavar="N",
        help="List at most so many.",
    )(command)


def yes_option(command: _Command) -> _Command:
    """Do not ask."""
    return click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")(command)


def confirmed(question: str, *, yes: bool) -> None:
    """Ask whether something that cannot be undone is meant; ends the command if it is not."""
    if not yes:
        click.confirm(question, abort=True, err=True)


# The pipeline's parts.


def command_settings() -> Settings:
    """The settings in force for a command that says itself what it does: it logs warnings only."""
    from partner_pipeline.observe.logs import configure_logging
    from partner_pipeline.settings import Settings

    settings = Settings.load()
    changed: dict[str, Any] = {"log_modules": {"pika": "CRITICAL", **settings.log_modules}}
    if "log_level" not in settings.model_fields_set:
        changed["log_level"] = "WARNING"
    settings = settings.model_copy(update=changed)
    configure_logging(settings)
    return settings


@contextmanager
def opened() -> Iterator[Context]:
    """Store, broker, partners and keys, as the settings say."""
    from partner_pipeline.workers.opening import open_context

    with open_context(command_settings()) as context:
        yield context


@contextmanager
def unlogged() -> Iterator[None]:
    """Nothing is logged: for commands that say of each failure what it means."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def operator() -> str:
    """Who runs this command, for the audit."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user may have no name
        return f"cli:{os.getuid()}"


def secret(variable: str, prompt: str, *, confirm: bool) -> SecretStr:
    """A password: from the environment, else asked for. Never from the command line, which others
    can read.

    Parameters
    ----------
    variable : str
        Of the environment.
    prompt : str
    confirm : bool
        Ask twice: nobody but the asked one knows it.

    Raises
    ------
    ValidationError
        Neither the variable nor a terminal is there.
    """
    from pydantic import SecretStr

    from partner_pipeline.model.redact import SECRETS

    found = os.environ.get(variable)
    if not found:
        if not sys.stdin.isatty():
            raise ValidationError(f"{prompt}: set {variable}, or run this in a terminal")
        found = click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
    SECRETS.add(found)
    return SecretStr(found)


# For people.


def width() -> int:
    """Columns of a line."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _PAGE


def short(identifier: str | None) -> str:
    """An id as lists show it."""
    return "" if identifier is None else printable(identifier)[:_SHORT]


def when(moment: datetime | None) -> str:
    """A time, UTC, to the second."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands set apart."""
    return "" if value is None else f"{value:,.{digits}f}"


def show_table(
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    narrow: Mapping[int, int] | None = None,
    none: str = "nothing",
) -> None:
    """Write a table whose first row is its head; the last column is wrapped to the page.

    Parameters
    ----------
    rows : sequence of sequence of str
        Whatever is in the cells, the terminal gets no control sequences of it.
    right : sequence of int
        Columns of numbers.
    narrow : mapping of int to int, optional
        Columns that are wrapped to so many characters.
    none : str
        Said (beside the data) where there is nothing but a head.
    """
    if len(rows) < 2:
        click.echo(none, err=True)
        return
    click.echo("\n".join(table_lines(rows, right, narrow or {}, width())))


def table_lines(
    rows: Sequence[Sequence[str]], right: Sequence[int], narrow: Mapping[int, int], most: int
) -> list[str]:
    """The lines of a table, none wider than `most` as far as its first columns allow."""
    cells = [[printable(cell) for cell in row] for row in rows]
    rooms = [
        min(max(map(len, column)), narrow.get(place, most)) for place, column in _columns(cells)
    ]
    rooms[-1] = max(most - sum(rooms[:-1]) - 2 * (len(rooms) - 1), _NARROWEST)
    lines: list[Sequence[str]] = []
    for row in cells:
        wrapped = [_wrapped(cell, room) for cell, room in zip(row, rooms, strict=True)]
        lines += zip_longest(*wrapped, fillvalue="")
    return aligned(lines, [column in right for column in range(len(rooms))])


def _columns(cells: Sequence[Sequence[str]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    return enumerate(zip(*cells, strict=True))


def show_facts(facts: Mapping[str, str]) -> None:
    """Write facts, each under its name; those without a value are left out."""
    told = {name: value for name, value in facts.items() if value}
    beside = max(map(len, told)) + 2
    for name, value in told.items():
        first, *more = _wrapped(printable(value), max(width() - beside, _NARROWEST), whole=True)
        click.echo(f"{name:{beside}}{first}")
        for line in more:
            click.echo(" " * beside + line)


def _wrapped(text: str, room: int, *, whole: bool = False) -> list[str]:
    """Lines of a text; `whole`: a word that is too long is left whole, so that it can be copied."""
    if len(text) <= room:
        return [text]
    if whole:
        return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    # Lists and paths have no blanks: they may also break here. No printable text has this one.
    marked = re.sub(r"(?<=[,/])(?=\S)", "\v", text)
    lines = textwrap.wrap(marked, room, break_on_hyphens=False, replace_whitespace=False)
    return [line.replace("\v", "") for line in lines]
