"""``satlog synth``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from satlog_native.cli.common import counted, layout_option, note
from satlog_native.cli.group import examples

if TYPE_CHECKING:
    from satlog_native.jobs import JobFile
    from satlog_native.synth import FlightPlan

#: The kinds of damage, in the order in which they are dealt out.
_HARMS = ("bit_flips", "noise", "gaps", "duplicates")


@click.command(
    epilog=examples("satlog synth flight.log --seed 7", "satlog synth bad.log --damage 20")
)
@click.argument("out", type=click.Path(path_type=Path))
@layout_option
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of field, weather, noise and damage: the same seed gives the same bytes.",
)
@click.option(
    "--rate",
    type=click.Choice(["5", "10"]),
    default="5",
    show_default=True,
    help="Positions a second.",
)
@click.option("--all-kinds", is_flag=True, help="Write every kind of record that the layout has.")
@click.option(
    "--damage",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Damage the log in N places: bit flips, noise, gaps and duplicated bytes in turn.",
)
@click.option(
    "--cut", type=click.IntRange(min=0), default=0, metavar="BYTES", help="Cut off the log's end."
)
@click.option(
    "--job",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the job that is flown, with its field: .job, .geojson, .kml, .shp or .gpkg.",
)
@click.option("--overwrite", is_flag=True, help="Replace OUT and the job if they exist.")
def command(
    *,
    out: Path,
    layout: str,
    seed: int,
    rate: Literal["5", "10"],
    all_kinds: bool,
    damage: int,
    cut: int,
    job: Path | None,
    overwrite: bool,
) -> None:
    """Make the log of a simulated flight.

    A field is sprayed from the air, with turns, ferry, wind and noise; all is invented.
    """
    from satlog_native.export.atomic import Drafts
    from satlog_native.jobs import save_job
    from satlog_native.layouts import load
    from satlog_native.synth import demo_plan, fly

    used = load(layout)
    with Drafts(overwrite=overwrite) as drafts:
        drafts.check(out)
        if job is not None:
            drafts.check(job)
        plan = replace(demo_plan(seed), rate_hz=10 if rate == "10" else 5, all_kinds=all_kinds)
        flight = fly(plan, seed=seed, layout=used)
        if damage or cut:
            counts = {
                harm: (damage - turn + len(_HARMS) - 1) // len(_HARMS)
                for turn, harm in enumerate(_HARMS)
            }
            flight = flight.damaged(seed=seed, cut=cut, start=used.framing.header_size, **counts)
        drafts.open(out).write(flight.data)
        if job is not None:
            save_job(_job_of(plan), job)
    note(
        f"{out}: {len(flight.data):,} bytes, {flight.truth.frames:,} records, "
        f"{counted(len(flight.truth.passes), 'pass', 'passes')}"
    )
    if job is not None:
        note(f"{job}: the job and its field")


def _job_of(plan: FlightPlan) -> JobFile:
    """The job that a plan flies, as its aircraft would get it."""
    from satlog_native.jobs import JobFile, JobPolygon
    from satlog_native.jobs.model import ring

    number = str(plan.job_id)
    corners = ring([(latitude, longitude) for longitude, latitude in plan.field])
    name = plan.job_label.removeprefix(f"{number}_")
    return JobFile(number, name, polygons=(JobPolygon(corners, label="Field"),))
