"""What a log says of itself, gathered from its set-up records and its first and last times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from satlog_native.log import Log

#: Facts of a flight, and the record and column that tell each; the last record that does counts.
FACTS: Final = {
    "aircraft": ("system_setup", "aircraft_id"),
    "pilot": ("system_setup", "pilot_name"),
    "software": ("system_setup", "software_version"),
    "controller": ("controller_type", "controller_name"),
    "job_id": ("swathing_setup", "job_id"),
    "job_label": ("swathing_setup", "job_label"),
    "swath_width_m": ("swathing_setup", "swath_width"),
    "pattern": ("swathing_setup", "pattern"),
}


def log_info(log: Log) -> dict[str, Any]:
    """Facts of a log in one flat dictionary; what it does not tell is None.

    Returns
    -------
    dict
        ``source, layout, layout_version, layout_status, size, frames, kinds, start_time, end_time,
        duration_s, aircraft, pilot, software, controller, job_id, job_label, swath_width_m,
        pattern, damaged, bytes_lost``.
    """
    report = log.report
    start, end = _times(log)
    return {
        "source": log.source,
        "layout": log.layout.name,
        "layout_version": log.layout.version,
        "layout_status": log.layout.status,
        "size": log.size,
        "frames": report.frames,
        "kinds": log.kinds,
        "start_time": start,
        "end_time": end,
        "duration_s": None if start is None or end is None else (end - start).total_seconds(),
        **{fact: _last(log, *place) for fact, place in FACTS.items()},
        "damaged": report.damaged,
        "bytes_lost": report.bytes_lost,
    }


def _times(log: Log) -> tuple[Any, Any]:
    """First and last time of the positions, in file order, or of any kind that has a time."""
    from satlog_native.layouts.columns import columns_of

    kinds = sorted(log.layout.kinds, key=lambda kind: kind.name != "position")
    for kind in kinds:
        name = next((c.name for c in columns_of(kind) if c.type == "timestamp"), None)
        if name is None or kind.name not in log.kinds:
            continue
        times = log.table(kind.name, [name]).column(name).drop_null()
        if len(times):
            return times[0].as_py(), times[-1].as_py()
    return None, None


def _last(log: Log, record: str, column: str) -> Any:
    """The last value of a column that is not empty, or None."""
    from satlog_native.layouts.columns import columns_of

    kind = log.layout.by_name.get(record)
    if kind is None or column not in {c.name for c in columns_of(kind)}:
        return None
    values = log.table(record, [column]).column(column).to_pylist()
    return next((value for value in reversed(values) if value not in (None, "")), None)
