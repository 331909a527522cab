"""What commands that draw or export a flight share: the flight itself, and the file it goes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click
from click.exceptions import Exit

from satlog_native.cli.common import note, note_damage, printable
from satlog_native.cli.group import DAMAGED
from satlog_native.errors import SatlogError
from satlog_native.log import open_log

if TYPE_CHECKING:
    import polars as pl

    from satlog_native.flight import Coverage, FlightSettings
    from satlog_native.layouts.model import Layout
    from satlog_native.report import DamageReport

_Command = TypeVar("_Command", bound=Callable[..., Any])


def overwrite_option(command: _Command) -> _Command:
    """Whether OUT may be replaced."""
    return click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")(command)


def time_zone_option(command: _Command) -> _Command:
    """The time zone that times are shown in."""
    return click.option(
        "--time-zone",
        default="UTC",
        show_default=True,
        metavar="ZONE",
        help="Time zone of the times shown, for example America/Chicago.",
    )(command)


@dataclass(frozen=True, eq=False)
class Analysed:
    """A log's flight, analysed.

    Attributes
    ----------
    log : str
        As it was typed.
    layout : Layout
    damage : DamageReport
    settings : FlightSettings
    boundary : shapely MultiPolygon or None
        The field.
    track, passes, summary : polars.DataFrame
    coverage : Coverage or None
    missing : str or None
        Why there is no coverage, though it was wanted.
    """

    log: str
    layout: Layout
    damage: DamageReport
    settings: FlightSettings
    boundary: Any
    track: pl.DataFrame
    passes: pl.DataFrame
    summary: pl.DataFrame
    coverage: Coverage | None
    missing: str | None

    @property
    def name(self) -> str:
        """The log's file name."""
        return Path(self.log).name

    @property
    def dry(self) -> bool:
        """Whether the material is dry."""
        return bool(self.summary["material"][0] == "dry")


def analyse(
    log: str, layout: str, settings: FlightSettings, boundary: Any = None, *, areas: bool = True
) -> Analysed:
    """Read a log and analyse its flight; without ``areas``, there is no coverage."""
    from satlog_native.flight_tables import Summarised, summarised

    with open_log(log, layout=layout) as opened:
        if areas:
            made = summarised(opened, settings, boundary)
        else:
            made = Summarised(opened.summary(settings), None, None)
        return Analysed(
            log=log,
            layout=opened.layout,
            damage=opened.report,
            settings=settings,
            boundary=boundary,
            track=opened.track(settings),
            passes=opened.passes(settings),
            summary=made.summary,
            coverage=made.coverage,
            missing=made.missing,
        )


def form_of(out: Path, known: Iterable[str]) -> str:
    """The format that a file's ending tells: one of those known."""
    ending = out.suffix.lower().removeprefix(".")
    if ending not in known:
        endings = ", ".join(f".{each}" for each in known)
        raise SatlogError(f"writing {out}: its ending tells no format; let it end in {endings}")
    return ending


def spare(out: Path, *inputs: str | None) -> None:
    """Refuse to write over what is read."""
    for each in inputs:
        if each is not None and out.exists() and Path(each).exists() and out.samefile(each):
            raise SatlogError(f"writing {out}: it is also read from; choose another name")


@contextmanager
def written(out: Path, *inputs: str | None, overwrite: bool) -> Iterator[BinaryIO]:
    """The file at ``out``, which appears whole at the end or not at all; the user is told where."""
    from satlog_native.export.atomic import Drafts

    spare(out, *inputs)
    with Drafts(overwrite=overwrite) as drafts:
        yield drafts.open(out)
    note(f"wrote {printable(str(out))}")


def end(flight: Analysed) -> None:
    """Tell what is missing from what was made of a flight; the exit status tells of damage."""
    if flight.missing:
        note(printable(f"{flight.log}: {flight.missing}"))
    if not flight.passes.height:
        note(printable(f"{flight.log}: nothing was sprayed"))
    note_damage(flight.log, flight.damage)
    if flight.damage.damaged:
        raise Exit(DAMAGED)
