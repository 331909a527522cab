"""The damage report: what of a log could be read, what was lost, and where."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

REASONS: Final = {
    "sync": "no sync where a frame should start",
    "length": "a length that cannot be",
    "checksum": "wrong checksum",
    "end": "runs past the end of the file",
    "type": "a type that the layout does not know, so of unknown size",
}


@dataclass(frozen=True, slots=True)
class LostRun:
    """Bytes that belong to no frame; ``reason`` is what is wrong at the first of them.

    ``reason`` is one of ``sync``, ``length``, ``checksum``, ``end`` and ``type``.
    """

    offset: int
    size: int
    reason: str


@dataclass(frozen=True, slots=True)
class DamageReport:
    """What decoding a log found.

    Attributes
    ----------
    layout : str
        Name of the layout that the log was read with.
    size, header_size, bytes_in_frames, bytes_lost : int
        Bytes; the last three add up to the first.
    frames : int
        Good frames.
    lost : tuple of LostRun
        Every run of bytes in no frame, in order.
    bad_checksums : int
        Lost runs that start with a frame whose only fault is its checksum.
    unknown_types : dict of int to int
        Good frames of types that the layout does not know, by type number.
    short, extended : dict of str to int
        By record name: frames too short for any variant (kept raw, no row), and frames longer
        than the variant by which they were decoded.
    impossible_times : int
        Timestamps that cannot be, null in their table.
    undecodable_text : int
        Characters put in place of bytes that do not decode.
    cut_tail : int
        Bytes of a last frame that the file's end cuts off.
    """

    layout: str
    size: int
    header_size: int
    bytes_in_frames: int
    bytes_lost: int
    frames: int
    lost: tuple[LostRun, ...]
    bad_checksums: int
    unknown_types: dict[int, int]
    short: dict[str, int]
    extended: dict[str, int]
    impossible_times: int
    undecodable_text: int
    cut_tail: int

    @property
    def damaged(self) -> bool:
        """Whether bytes were lost, or a record came too short to be decoded."""
        return bool(self.lost or self.short)

    @property
    def share(self) -> float:
        """Share of the bytes after the header that are frames of the layout, 0 to 1."""
        body = self.size - self.header_size
        return self.bytes_in_frames / body if body else 0.0

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        plain = asdict(self)
        plain["unknown_types"] = {str(n): count for n, count in self.unknown_types.items()}
        return {"damaged": self.damaged, **plain}

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """How IPython and notebooks show it."""
        printer.text(str(self))

    def lines(self, most_runs: int = 10) -> list[str]:
        """The report for people, a line a fact.

        Parameters
        ----------
        most_runs : int
            Lost runs that are listed one by one.
        """
        lines = [
            f"{_percent(self.share)} of the bytes are frames of layout {self.layout}"
            f" ({self.frames:,} frames, {self.bytes_in_frames:,} of {self.size:,} bytes)"
        ]
        if self.bytes_lost:
            lines.append(f"{self.bytes_lost:,} bytes lost in {len(self.lost):,} runs:")
            lines += [
                f"  at {run.offset:,}: {run.size:,} bytes, {REASONS[run.reason]}"
                for run in self.lost[:most_runs]
            ]
            if len(self.lost) > most_runs:
                lines.append(f"  … and {len(self.lost) - most_runs:,} more")
        lines += [text for count, text in self._notes() if count]
        if len(lines) == 1:
            lines.append("no damage")
        return lines

    def _notes(self) -> list[tuple[int, str]]:
        def listed(counts: dict[str, int] | dict[int, int]) -> str:
            return ", ".join(f"{key} × {count:,}" for key, count in counts.items())

        return [
            (self.bad_checksums, f"wrong checksums: {self.bad_checksums:,}"),
            (self.cut_tail, f"last frame cut off: {self.cut_tail:,} bytes of it are there"),
            (len(self.short), f"records too short, kept raw: {listed(self.short)}"),
            (len(self.extended), f"records longer than known: {listed(self.extended)}"),
            (len(self.unknown_types), f"unknown types, kept raw: {listed(self.unknown_types)}"),
            (self.impossible_times, f"impossible times, now null: {self.impossible_times:,}"),
            (self.undecodable_text, f"undecodable characters: {self.undecodable_text:,}"),
        ]


def _percent(share: float) -> str:
    """A share in percent, never rounded up to all or down to none."""
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    percent = 100 * share
    return "under 0.1 %" if percent < 0.1 else f"{min(percent, 99.9):.1f} %"
