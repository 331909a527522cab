"""One TOML table being read: keys taken by type, every mistake one sentence.

The sentences are written for the person who edits the TOML: values appear as they would be
written there, and each sentence ends with what to write instead.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from satlog_native.errors import LayoutError
from satlog_native.layouts.model import WIRE_TYPES, WireType

#: Largest offset, size or count in a layout; keeps every sum in the core far from overflow.
LARGEST: Final = 1 << 30

#: More mistakes of one layout are not told.
MOST_MISTAKES: Final = 100

#: What a record's or column's name must be.
WORD: Final = "one word of at most 100 letters (a to z), digits and _ that begins with no digit"

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_SHOWN: Final = 60  # characters of a value repeated in a sentence


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which layout something stands."""

    source: str
    record: str | None = None
    field: str | None = None

    def error(self, problem: str) -> LayoutError:
        """The mistake ``problem``, found here."""
        return LayoutError(problem, source=self.source, record=self.record, field=self.field)


class Enough(Exception):
    """So many mistakes that nobody would read more."""


class Mistakes:
    """The mistakes found so far.

    As a context manager it notes a layout error raised inside its block, so that reading goes on
    behind it. It raises :class:`Enough` at the hundredth mistake: the work that a layout can cause
    stays bounded, however hostile it is.
    """

    def __init__(self) -> None:
        self.told: list[LayoutError] = []

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, LayoutError):
            return False
        self.note([error])
        return True

    def note(self, found: Iterable[LayoutError]) -> None:
        """Note mistakes as a check yields them."""
        for mistake in found:
            self.told.append(mistake)
            if len(self.told) == MOST_MISTAKES:
                raise Enough


class Table:
    """A TOML table whose keys are all known.

    Parameters
    ----------
    values : object
        What the TOML holds at this place.
    place : Place
        Where it stands, for the error sentences.
    keys : collection of str
        The keys that the table may have.
    path : str
        The table as written in the TOML, such as ``framing.length``; empty for a field's own keys.

    Raises
    ------
    LayoutError
        Here for a value that is no table or has an unknown key, and from every method for a
        missing key or a value of the wrong type or range.
    """

    __slots__ = ("path", "place", "values")

    def __init__(self, values: object, place: Place, keys: Collection[str], path: str = "") -> None:
        self.place = place
        self.path = path
        if not isinstance(values, dict):
            raise place.error(f"`{path}` is {show(values)}, but must be a table of keys and values")
        self.values: dict[str, Any] = values
        for key in values:
            if key not in keys:
                raise self._unknown_key(key, keys)

    def _unknown_key(self, key: str, keys: Collection[str]) -> LayoutError:
        near = nearest(key, keys)
        remedy = f"write `{near}`" if near else f"use one of {', '.join(f'`{k}`' for k in keys)}"
        inside = f" in `{self.path}`" if self.path else ""
        return self.place.error(f"unknown key {show(key)}{inside}: {remedy}, or remove it")

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def label(self, key: str) -> str:
        """The key as a sentence names it."""
        return f"`{self.path}.{key}`" if self.path else f"`{key}`"

    def wrong(self, key: str, must: str, example: str) -> LayoutError:
        """The mistake of a value that is not what it must be."""
        found = show(self.values[key])
        return self.place.error(
            f"{self.label(key)} is {found}, but must be {must}: write for example {example}"
        )

    def take(self, key: str, example: str) -> Any:
        """The value of a key that must be there."""
        if key not in self.values:
            raise self.place.error(f"{self.label(key)} is missing: add for example {example}")
        return self.values[key]

    def integer(
        self, key: str, low: int, high: int, example: str, default: int | None = None
    ) -> int:
        """A whole number from ``low`` to ``high``; without a default the key is required."""
        if default is not None and key not in self.values:
            return default
        value = self.take(key, example)
        if not is_integer(value) or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low} to {high}", example)
        return int(value)

    def number(self, key: str, example: str, *, zero: bool) -> float | None:
        """A finite number, or None where the key is missing; ``zero`` says whether 0 will do."""
        if key not in self.values:
            return None
        number = as_float(self.values[key])
        if number is None or not math.isfinite(number) or (number == 0.0 and not zero):
            must = "a finite number" if zero else "a finite number other than 0"
            raise self.wrong(key, must, example)
        return number

    def boolean(self, key: str, default: bool) -> bool:
        """``true`` or ``false``."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", f"{key} = true")
        return value

    def text(self, key: str, example: str, default: str | None = None) -> str:
        """A text; without a default the key is required and its text not empty."""
        if default is not None and key not in self.values:
            return default
        value = self.take(key, example)
        if not isinstance(value, str):
            raise self.wrong(key, "a text in quotes", example)
        if default is None and not value:
            raise self.wrong(key, "a text that is not empty", example)
        return value

    def name(self, key: str, example: str) -> str:
        """A word that can name a table or a column."""
        value = self.text(key, example)
        if not _NAME.fullmatch(value):
            raise self.wrong(key, WORD, example)
        return value

    def choice(
        self, key: str, options: Collection[str], example: str, default: str | None = None
    ) -> str:
        """One of some words; without a default the key is required."""
        if default is not None and key not in self.values:
            return default
        value = self.take(key, example)
        if isinstance(value, str) and value in options:
            return value
        near = nearest(value, options) if isinstance(value, str) else None
        must = f"one of {', '.join(show(option) for option in options)}"
        raise self.wrong(key, must, f"{key} = {show(near)}" if near else example)

    def wire(
        self, key: str, kinds: Collection[str], example: str, default: str | None = None
    ) -> WireType:
        """A wire type of one of the kinds (``unsigned``, ``signed``, ``float``)."""
        options = [wire.name for wire in WIRE_TYPES.values() if wire.kind in kinds]
        return WIRE_TYPES[self.choice(key, options, example, default)]

    def table(self, key: str, keys: Collection[str], example: str) -> Table:
        """A table inside this one."""
        path = f"{self.path}.{key}" if self.path else key
        if not isinstance(self.take(key, example), dict):
            raise self.wrong(key, "a table", example)
        return Table(self.values[key], self.place, keys, path)


def is_name(value: str) -> bool:
    """Whether a text can name a table or a column."""
    return _NAME.fullmatch(value) is not None


def is_integer(value: object) -> bool:
    """Whether a TOML value is a whole number (in Python, ``true`` would pass for 1)."""
    return isinstance(value, int) and not isinstance(value, bool)


def as_float(value: object) -> float | None:
    """A TOML number as a float; None for what is no number or too large for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def nearest(word: str, options: Collection[str]) -> str | None:
    """The option that a misspelt word most likely meant."""
    # A hostile layout may hold many thousand long names; a hint is not worth seconds.
    if len(word) > _SHOWN:
        return None
    near = difflib.get_close_matches(word, list(islice(options, 500)), n=1)
    return near[0] if near else None


def span(at: int, size: int) -> str:
    """The bytes that something takes."""
    return f"bytes {at} to {at + size - 1}" if size > 1 else f"byte {at}"


def show(value: object) -> str:
    """A value as the TOML would have it, cut to a length that fits a sentence."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            # Python refuses to print integers of more than 4,300 digits.
            return str(value) if value.bit_length() <= 128 else "a number beyond all bounds"
        case float():
            return repr(value)
        case str():
            cut = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
            shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
            return '"' + shown.replace('"', '\\"') + '"'
        case list():
            shown = ", ".join("[…]" if isinstance(v, list) else show(v) for v in value[:4])
            return f"[{shown}{', …' if len(value) > 4 else ''}]"
        case dict():
            return "a table" if value else "an empty table"
        case _:
            return "a date or time"
