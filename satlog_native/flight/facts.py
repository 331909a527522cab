"""Facts of a flight that its set-up records tell: who flew, with what, for which job."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
import pyarrow as pa

from satlog_native.flight.sources import Tables
from satlog_native.info import FACTS

_TOLD: Final = ("aircraft", "pilot", "controller", "job_id", "job_label")
_MATERIAL: Final = (("flow_setup", "dry_material"), ("target_application_rate", "material"))
_MATERIALS: Final = {True: "dry", False: "wet", "dry": "dry", "liquid": "wet"}

#: Every kind that facts are taken from.
FACT_KINDS: Final = tuple(
    dict.fromkeys([*(FACTS[fact][0] for fact in _TOLD), *(kind for kind, _ in _MATERIAL)])
)


def flight_facts(tables: Tables) -> dict[str, Any]:
    """What a log says of its flight; the last record that tells a fact counts.

    Parameters
    ----------
    tables : mapping of str to table
        As ``Log.tables()`` gives them; those of :data:`FACT_KINDS` are looked at.

    Returns
    -------
    dict
        ``aircraft, pilot, controller, job_id, job_label, material`` (``wet`` or ``dry``); None
        where the log does not tell.
    """
    material = next(
        (value for place in _MATERIAL if (value := _last(tables, *place)) is not None), None
    )
    return {
        **{fact: _last(tables, *FACTS[fact]) for fact in _TOLD},
        "material": _MATERIALS.get(material),
    }


def _last(tables: Tables, kind: str, column: str) -> Any:
    """The last value of a column that is not empty, or None."""
    table: pa.Table | pl.DataFrame | None = tables.get(kind)
    if table is None:
        return None
    frame = table if isinstance(table, pl.DataFrame) else pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame) or column not in frame.columns:
        return None
    return next((value for value in reversed(frame[column]) if value not in (None, "")), None)
