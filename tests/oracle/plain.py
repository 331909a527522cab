"""The plainest layout for a case: one record, in the plainest frame unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oracle.encode import Record, encode

Table = Mapping[str, Any]

FRAMING: Table = {
    "sync": [0xA5, 0x5A],
    "length": {"at": 2, "type": "u16", "counts": "payload"},
    "type": {"at": 4, "type": "u8"},
    "payload_at": 5,
    "checksum": {"algorithm": "crc16"},
}


def plain_layout(
    *fields: Table, size: int | None = 16, framing: Table = FRAMING, byte_order: str = "little"
) -> dict[str, Any]:
    """A layout of one record, ``thing``, of type 1; a field's place is 0 unless it has one."""
    record: dict[str, Any] = {"type": 1, "name": "thing"}
    if size is not None:
        record["size"] = size
    if fields:
        record["field"] = [{"at": 0, **field} for field in fields]
    head = {"name": "plain", "version": "1", "byte_order": byte_order}
    return {"layout": head, "framing": framing, "record": [record]}


def plain_log(layout: Table, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A log with a ``thing`` for each of `rows`."""
    size = layout["record"][0].get("size")
    return encode(layout, [Record("thing", size, row) for row in rows])[0]
