"""A log as a notebook shows it."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from satlog_native.log import Log


def log_html(log: Log) -> str:
    """A small table: the log's facts, its kinds, and its damage."""
    facts = log.info()
    layout = f"{facts['layout']} {facts['layout_version']} ({facts['layout_status']})"
    rows = [
        ("layout", layout),
        ("size", f"{facts['size']:,} bytes"),
        ("time", _span(facts["start_time"], facts["end_time"])),
        ("aircraft", facts["aircraft"]),
        ("pilot", facts["pilot"]),
        ("job", facts["job_label"]),
        ("records", ", ".join(f"{kind} {count:,}" for kind, count in facts["kinds"].items())),
        ("damage", f"{facts['bytes_lost']:,} bytes lost" if facts["damaged"] else "none"),
    ]
    body = "".join(
        f"<tr><th style='text-align:left'>{name}</th>"
        f"<td style='text-align:left'>{escape(str(value))}</td></tr>"
        for name, value in rows
        if value is not None
    )
    return f"<table><caption>{escape(log.source)}</caption>{body}</table>"


def _span(start: datetime | None, end: datetime | None) -> str | None:
    if start is None or end is None:
        return None
    return f"{start:%Y-%m-%d %H:%M:%S} – {end:%Y-%m-%d %H:%M:%S} UTC"
