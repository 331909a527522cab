"""Layouts with one mistake each, and what a person must be told about it."""

from __future__ import annotations

from unit.layouts.field_mistakes import BETWEEN_FIELDS, FIELDS
from unit.layouts.framing_mistakes import DOCUMENTS, FRAMINGS
from unit.layouts.record_mistakes import RECORDS, VARIANTS

MISTAKES = [*DOCUMENTS, *FRAMINGS, *RECORDS, *FIELDS, *BETWEEN_FIELDS, *VARIANTS]
