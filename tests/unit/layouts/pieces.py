"""What the layouts with one mistake each are made of."""

from __future__ import annotations

from typing import NamedTuple

HEAD = '[layout]\nname = "test"\nversion = "1"\n'
FRAMING = """
[framing]
sync = [0xA5]
length = { at = 1, type = "u8" }
type = { at = 2, type = "u8" }
payload_at = 3
checksum = { algorithm = "sum8", from = 1 }
"""
RECORD = '\n[[record]]\ntype = 1\nname = "fix"\n'


class Mistake(NamedTuple):
    """A layout's TOML, where its first mistake stands, and parts of the sentence about it."""

    name: str
    toml: str
    parts: tuple[str, ...]
    record: str | None = None
    field: str | None = None
    schema: bool = True  # whether the JSON Schema can refuse it too


def document(name: str, toml: str, *parts: str, schema: bool = True) -> Mistake:
    """A mistake of the document or of [layout]."""
    return Mistake(name, toml, parts, schema=schema)


def head(name: str, lines: str, *parts: str) -> Mistake:
    """A mistake in [layout]."""
    return Mistake(name, f"[layout]\n{lines}\n{FRAMING}{RECORD}", parts)


def framing(
    name: str, lines: str, *parts: str, records: str = RECORD, schema: bool = True
) -> Mistake:
    """A mistake in [framing]."""
    return Mistake(name, f"{HEAD}[framing]\n{lines}\n{records}", parts, schema=schema)


def records(
    name: str, text: str, *parts: str, record: str | None = "fix", schema: bool = False
) -> Mistake:
    """A mistake in or between records; fields are separate cases."""
    return Mistake(name, HEAD + FRAMING + text, parts, record, schema=schema)


def field(name: str, lines: str, *parts: str, schema: bool = True) -> Mistake:
    """A mistake inside field x."""
    text = f'{RECORD}[[record.field]]\nname = "x"\nat = 0\n{lines}\n'
    return Mistake(name, HEAD + FRAMING + text, parts, "fix", "x", schema)


def fields(
    name: str, lines: str, *parts: str, at: str, schema: bool = False, record: str = "fix"
) -> Mistake:
    """A mistake between the fields of a record; `lines` follow its header."""
    return Mistake(name, HEAD + FRAMING + RECORD + lines, parts, record, at, schema)


def one(name: str, at: int, rest: str) -> str:
    """A field of a record."""
    return f'\n[[record.field]]\nname = "{name}"\nat = {at}\n{rest}\n'


TYPE = 'type = { at = 2, type = "u8" }\n'
PLACES = f"sync = [0xA5]\n{TYPE}payload_at = 3\n"
LENGTH = 'length = { at = 1, type = "u8" }\n'
NO_LENGTH = f"{HEAD}[framing]\n{PLACES}"
TIME = 'type = "timestamp"\n'
PACKED = f'{TIME}codec = "packed"\nsize = 4\n'
DATE = "day = [0, 5], month = [5, 4], year = [9, 7]"
SIZED = '\n[[record]]\ntype = 1\nname = "fix"\nsize = 8\n'
VARIANT = '\n[[record]]\ntype = 1\nname = "fix"\nsize = 12\n'
U8, U16, TEXT = 'type = "u8"', 'type = "u16"', 'type = "text"\n'


def variants(name: str, first: str, second: str, key: str) -> Mistake:
    """Two variants in which column x differs in one key."""
    text = SIZED + one("x", 0, first) + VARIANT + one("x", 4, second)
    parts = ("column `x`", f"another `{key}`", "variants share one table", "choose another name")
    return Mistake(name, HEAD + FRAMING + text, parts, "fix (size 12)", "x", schema=False)
