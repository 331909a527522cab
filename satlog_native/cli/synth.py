"""``satlog synth``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import click

from satlog_native.cli.common import layout_option, note
from satlog_native.cli.group import examples

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
@click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")
def command(
    *,
    out: Path,
    layout: str,
    seed: int,
    rate: Literal["5", "10"],
    all_kinds: bool,
    damage: int,
    cut: int,
    overwrite: bool,
) -> None:
    """Make the log of a simulated flight.

    A field is sprayed from the air, with turns, ferry, wind and noise; all is invented.
    """
    from satlog_native.export.atomic import Drafts
    from satlog_native.layouts import load
    from satlog_native.synth import demo_plan, fly

    used = load(layout)
    with Drafts(overwrite=overwrite) as drafts:
        drafts.check(out)
        plan = replace(demo_plan(seed), rate_hz=10 if rate == "10" else 5, all_kinds=all_kinds)
        flight = fly(plan, seed=seed, layout=used)
        if damage or cut:
            counts = {
                harm: (damage - turn + len(_HARMS) - 1) // len(_HARMS)
                for turn, harm in enumerate(_HARMS)
            }
            flight = flight.damaged(seed=seed, cut=cut, start=used.framing.header_size, **counts)
        drafts.open(out).write(flight.data)
    note(
        f"{out}: {len(flight.data):,} bytes, {flight.truth.frames:,} records, "
        f"{len(flight.truth.passes)} passes"
    )
