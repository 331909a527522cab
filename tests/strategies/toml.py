"""Writing a layout as TOML."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def to_toml(layout: Mapping[str, Any]) -> str:
    """The TOML text of a layout dict; ``tomllib.loads`` gives the dict back."""
    lines = ["[layout]", *pairs(layout["layout"]), "", "[framing]", *pairs(layout["framing"])]
    for record in layout["record"]:
        lines += ["", "[[record]]", *pairs({k: v for k, v in record.items() if k != "field"})]
        for field in record.get("field", ()):
            lines += ["", "  [[record.field]]", *(f"  {line}" for line in pairs(field))]
    return "\n".join(lines) + "\n"


def pairs(table: Mapping[str, Any]) -> list[str]:
    """One line for each key of a table."""
    return [f"{key} = {literal(value)}" for key, value in table.items()]


def literal(value: Any) -> str:
    """A TOML value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        # JSON's escapes are TOML's, but TOML wants DEL escaped too.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(literal(each) for each in value)}]"
    inner = (f"{json.dumps(key)} = {literal(each)}" for key, each in value.items())
    return f"{{ {', '.join(inner)} }}"
