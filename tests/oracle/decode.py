"""Bytes and a parsed layout TOML in; frames, rows and the damage report out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.rows import Flaws, TooShort, column_types, row
from oracle.walk import Frame, Lost, NotALog, Walker

__all__ = ["Decoded", "Frame", "Lost", "NotALog", "Report", "decode", "table_types"]

Key = str | int


@dataclass
class Report:
    """The damage report; its fields mean what satlog's do."""

    size: int = 0
    bytes_in_frames: int = 0
    bytes_lost: int = 0
    frames: int = 0
    lost: list[Lost] = field(default_factory=list)
    bad_checksums: int = 0
    unknown_types: dict[int, int] = field(default_factory=dict)
    short: dict[str, int] = field(default_factory=dict)
    extended: dict[str, int] = field(default_factory=dict)
    impossible_times: int = 0
    undecodable_text: int = 0
    cut_tail: int = 0


@dataclass
class Decoded:
    """All that a log holds.

    `rows` maps a record name to its rows; `raw` a record name or unknown type number to
    (frame ordinal, offset, whole frame); `short` lists the frames that are too short for a row.
    """

    frames: list[Frame]
    rows: dict[str, list[dict[str, Any]]]
    raw: dict[Key, list[tuple[int, int, bytes]]]
    short: list[Frame]
    report: Report

    @property
    def first_damage(self) -> int | None:
        """Offset of the first lost run or short record."""
        offsets = [run.offset for run in self.report.lost] + [f.offset for f in self.short]
        return min(offsets, default=None)


def decode(layout: Mapping[str, Any], log: bytes) -> Decoded:
    """Decode `log` by `layout`, the dict that its TOML parses to.

    Raises
    ------
    NotALog
        If the header is another one, or there is no frame.
    """
    walker = Walker(layout, log)
    frames, lost = walker.walk()
    decoded = Decoded(frames, {}, {}, [], framing_report(log, frames, lost))
    flaws = Flaws()
    for ordinal, frame in enumerate(frames):
        records = [r for r in layout["record"] if r["type"] == frame.type]
        key: Key = records[0]["name"] if records else frame.type
        decoded.raw.setdefault(key, []).append((ordinal, frame.offset, frame.data))
        if not records:
            count(decoded.report.unknown_types, frame.type)
            continue
        columns = frame_row(records, frame, walker.byte_order, flaws, decoded.report)
        if columns is None:
            decoded.short.append(frame)
            count(decoded.report.short, key)
            continue
        place = {"frame": ordinal, "offset": frame.offset}
        decoded.rows.setdefault(str(key), []).append(place | columns)
    decoded.report.impossible_times = flaws.impossible_times
    decoded.report.undecodable_text = flaws.undecodable_text
    return decoded


def frame_row(
    records: list[Any], frame: Frame, byte_order: str, flaws: Flaws, report: Report
) -> dict[str, Any] | None:
    """One row with the columns of all variants, or None for a short record."""
    for variant in fitting_variants(records, len(frame.payload)):
        try:
            columns = row(variant, frame.payload, byte_order, flaws)
        except TooShort:
            continue
        if variant.get("size", len(frame.payload)) < len(frame.payload):
            count(report.extended, variant["name"])
        empty = dict.fromkeys(merged_types(records))
        return empty | {name: columns[name] for name in columns if name in empty}
    return None


def fitting_variants(records: list[Any], size: int) -> Iterator[Any]:
    """The variants that a payload may be, best first.

    One of exactly its size; else the variable one, if its fields fit; else the longest that fits.
    """
    fixed = {record["size"]: record for record in records if "size" in record}
    if size in fixed:
        yield fixed[size]
        return
    yield from (record for record in records if "size" not in record)
    shorter = [each for each in fixed if each < size]
    if shorter:
        yield fixed[max(shorter)]


def merged_types(records: list[Any]) -> dict[str, str]:
    """Columns and types of all variants; ``payload`` only where no variant has fields."""
    with_fields = [record for record in records if record.get("field")] or records[:1]
    return {name: words for record in with_fields for name, words in column_types(record)}


def table_types(layout: Mapping[str, Any], name: str) -> dict[str, str]:
    """Columns and types of the table `name`, the framing's own two first."""
    records = [record for record in layout["record"] if record["name"] == name]
    return {"frame": "uint32", "offset": "uint64"} | merged_types(records)


def framing_report(log: bytes, frames: list[Frame], lost: list[Lost]) -> Report:
    """The part of the report that the walk alone decides."""
    tail = lost[-1] if lost and lost[-1].offset + lost[-1].size == len(log) else None
    return Report(
        size=len(log),
        bytes_in_frames=sum(len(frame.data) for frame in frames),
        bytes_lost=sum(run.size for run in lost),
        frames=len(frames),
        lost=lost,
        bad_checksums=sum(run.reason == "checksum" for run in lost),
        cut_tail=tail.size if tail is not None and tail.reason == "end" else 0,
    )


def count(counts: dict[Any, int], key: Any) -> None:
    counts[key] = counts.get(key, 0) + 1
