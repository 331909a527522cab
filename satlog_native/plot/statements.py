"""What a report says of the log it was made from: spray, damage, and how sure its layout is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from satlog_native.layouts.model import Layout
from satlog_native.report import DamageReport

Tone = Literal["good", "note"]

_STATUS: Final[dict[str, str]] = {
    "assumed": (
        "Assumed. The log was read with a layout that is an assumption, made without the "
        "manufacturer's document and not verified against it. Check the figures against the "
        "guidance unit's own report before relying on them."
    ),
    "documented": "Documented. The log was read with a layout taken from the unit's document.",
    "verified": "Verified. The log was read with a layout that was verified against real logs.",
}


@dataclass(frozen=True)
class Statement:
    """A heading, what is to be said, and whether it asks for attention (``note``)."""

    heading: str
    text: str
    tone: Tone


NOTHING_SPRAYED: Final = Statement(
    "Nothing was sprayed", "The log has no position with spray on.", "note"
)


def damage_statement(damage: DamageReport) -> Statement:
    """What could be read of a log."""
    size = f"{damage.frames:,} records, {damage.size:,} bytes"
    notes = _notes(damage)
    if not damage.damaged:
        text = f"The log is complete: no bytes were lost ({size})."
        return Statement("Log data", " ".join([text, *notes]), "good")
    lost = (
        f"The log is damaged: {damage.bytes_lost:,} of {damage.size:,} bytes "
        f"({_percent(damage.bytes_lost, damage.size)}) in {_count(len(damage.lost), 'place')} "
        f"could not be read. {damage.frames:,} records were read and are the basis of this report; "
        "what was lost is missing from its figures."
    )
    short = sum(damage.short.values())
    if not damage.bytes_lost:
        lost = f"No bytes were lost ({size}), but some records came too short to be read."
    if damage.cut_tail:
        notes.insert(0, "The end of the log is cut off.")
    if short:
        notes.append(f"{_count(short, 'record')} came too short to be read.")
    return Statement("Log data", " ".join([lost, *notes]), "note")


def layout_statement(layout: Layout) -> Statement:
    """How sure the layout is that a log was read with."""
    heading = f"Log layout {layout.name} {layout.version}"
    return Statement(
        heading, _STATUS[layout.status], "note" if layout.status == "assumed" else "good"
    )


def _notes(damage: DamageReport) -> list[str]:
    if not damage.impossible_times:
        return []
    return [f"{_count(damage.impossible_times, 'impossible time')} left out."]


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}" + ("" if number == 1 else "s")


def _percent(part: int, whole: int) -> str:
    share = 100.0 * part / whole
    return "under 0.1 %" if share < 0.1 else f"{share:.1f} %"
