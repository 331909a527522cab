"""``satlog dump``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import click
from click.exceptions import Exit

from satlog_native.cli.common import layout_option, log_argument, note, printable
from satlog_native.cli.group import DAMAGED, examples
from satlog_native.dump import Part, Stretch, dump
from satlog_native.log import open_log

#: Bytes of a line, and lines of one field.
_LINE = 8
_LINES = 32


class Offset(click.ParamType[int]):
    """A byte position, decimal or hexadecimal."""

    name = "offset"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The number of a text."""
        if isinstance(value, int):
            return value
        try:
            return int(str(value), 0)
        except ValueError:
            self.fail(f"{value!r} is no byte position, such as 4096 or 0x1000", param, ctx)


@click.command(
    epilog=examples("satlog dump flight.LOG --count 2", "satlog dump flight.LOG --at 0x1F00")
)
@log_argument
@layout_option
@click.option("--at", type=Offset(), default=0, help="Byte position to start at.  [default: 0]")
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Number of frames and lost runs.",
)
def command(log: str, layout: str, at: int, count: int) -> None:
    """Show a log's bytes, and what they mean.

    For each frame its bytes in hexadecimal, with the fields that they are and the values that the
    table has for them; of bytes in no frame, what is wrong with them. The exit status is 1 if
    there are such bytes among those shown.
    """
    lost = False
    with open_log(log, layout=layout) as opened:
        for number, stretch in enumerate(islice(dump(opened, at), count)):
            if number == 0 and at > stretch.offset:
                note(
                    f"offset {at:,} lies within what starts at {stretch.offset:,}: shown from there"
                )
            lost = lost or stretch.lost
            click.echo("\n".join(_lines(stretch)) + "\n")
    if lost:
        raise Exit(DAMAGED)


def _lines(stretch: Stretch) -> Iterator[str]:
    yield printable(f"{stretch.offset:08X}  {stretch.title}, {stretch.size:,} bytes")
    width = max(len(part.name) for part in stretch.parts)
    for part in stretch.parts:
        yield from _part_lines(part, width)
    shown = sum(len(part.data) for part in stretch.parts)
    if shown < stretch.size:
        yield f"            … and {stretch.size - shown:,} more bytes"


def _part_lines(part: Part, width: int) -> Iterator[str]:
    for start in range(0, min(len(part.data), _LINE * _LINES), _LINE):
        data = part.data[start : start + _LINE].hex(" ").upper().ljust(3 * _LINE)
        words = "" if start else f"  {part.name:<{width}}  {printable(part.text)}"
        yield f"  {part.offset + start:08X}  {data}{words}".rstrip()
    if len(part.data) > _LINE * _LINES:
        yield f"            … and {len(part.data) - _LINE * _LINES:,} more bytes of it"
