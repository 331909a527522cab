"""What a job file holds: polygons with holes, in degrees, latitude first.

The model knows no file format. Every reader (``.JOB``, GeoJSON, KML, …) builds its rings with
`ring`, so one set of checks stands between foreign data and the rest of satlog.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["JobFile", "JobPolygon", "Point", "Ring", "Tolerated", "clean_label", "ring"]

Point = tuple[float, float]
"""Latitude and longitude, degrees WGS 84."""

Ring = tuple[Point, ...]
"""A closed ring: the last point is the first one again."""

# Controls, halves of UTF-16 pairs, and line separators would break a line-based or an XML file.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True, slots=True)
class JobPolygon:
    """One inclusion boundary and its holes.

    Attributes
    ----------
    exterior : Ring
        The inclusion boundary, degrees, latitude first.
    holes : tuple of Ring
        Boundaries of what is left out.
    number : int
        The number of its ``.POL`` line. Polygons that follow each other with the same number and
        label are written under one ``.POL`` line.
    label : str
        The text after the number; empty where there is none.
    """

    exterior: Ring
    holes: tuple[Ring, ...] = ()
    number: int = 1
    label: str = ""


@dataclass(frozen=True, slots=True)
class Tolerated:
    """Something a reader accepted that a clean file would not hold.

    Attributes
    ----------
    what : str
        What was found and how it was read.
    line : int or None
        The line's number from 1; None where it concerns the whole file or a format without lines.
    text : str
        The line or item itself, at most its first 200 characters.
    """

    what: str
    line: int | None = None
    text: str = ""

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}: "
        return f"{place}{self.what}" + (f" ({self.text!r})" if self.text else "")


@dataclass(frozen=True, slots=True)
class JobFile:
    """A job: its number, its name and the polygons to spray.

    Attributes
    ----------
    number : str
        The job's number as text: partners use letters too.
    name : str
        The job's name; empty where there is none.
    version : int
        The version the file said it has (1 or 2); 2 is written.
    polygons : tuple of JobPolygon
        In the file's order.
    other_directives : tuple of str
        Directives that satlog does not know, each with the lines that belong to it, joined by
        newlines. Written after the polygons.
    report : tuple of Tolerated
        What the reader accepted silently. Not part of a comparison.
    """

    number: str
    name: str = ""
    version: int = 2
    polygons: tuple[JobPolygon, ...] = ()
    other_directives: tuple[str, ...] = ()
    report: tuple[Tolerated, ...] = field(default=(), compare=False)


def clean_label(text: str) -> str:
    """Make `text` fit for one line: no control characters, single blanks, none at the ends."""
    return " ".join(_UNWRITABLE.sub(" ", text).split())


def ring(points: Sequence[Point]) -> Ring:
    """Check the points of a boundary and close it.

    Parameters
    ----------
    points : sequence of (latitude, longitude)
        Degrees; open or closed.

    Returns
    -------
    Ring
        The same points, the first one repeated at the end where it was not.

    Raises
    ------
    ValueError
        A coordinate that is not finite or out of range, or fewer than three different points.
        The reader that knows the file and the line turns it into a `JobFileError`.
    """
    for latitude, longitude in points:
        # NaN fails every comparison, so this also refuses it.
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise ValueError(bad_point(latitude, longitude))
    if len(set(points)) < 3:
        raise ValueError(
            f"a boundary needs three different points, this one has {len(set(points))}"
        )
    closed = tuple(points)
    return closed if closed[0] == closed[-1] else (*closed, closed[0])


def reason(error: Exception) -> str:
    """Why a file cannot be used; without its path, which the message names already."""
    return getattr(error, "strerror", None) or str(error)


def bad_point(latitude: float, longitude: float) -> str:
    """Say what is wrong with a coordinate that `ring` would refuse."""
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return f"a coordinate must be finite, found {latitude} {longitude}"
    if abs(latitude) > 90:
        hint = "; are latitude and longitude swapped?" if abs(longitude) <= 90 else ""
        return f"latitude {latitude} is outside -90 to 90{hint}"
    return f"longitude {longitude} is outside -180 to 180"
