"""The JSON Schema takes what the reader takes, and refuses what a schema can refuse."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from satlog_native import layouts
from satlog_native.layouts import fields, framing, reader
from satlog_native.layouts.model import WIRE_TYPES
from unit.layouts.mistakes import MISTAKES
from unit.layouts.pieces import Mistake

SCHEMA = layouts.json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
DEFS: dict[str, Any] = SCHEMA["$defs"]
LAYOUTS = sorted((Path(__file__).parents[2] / "layouts").glob("*.toml"))


def test_the_schema_is_one_of_draft_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "path", [layouts.available()["satloc_air"], *LAYOUTS], ids=lambda path: path.stem
)
def test_a_layout_is_valid(path: Path) -> None:
    VALIDATOR.validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "mistake", [mistake for mistake in MISTAKES if mistake.schema], ids=lambda m: m.name
)
def test_a_mistake_is_refused(mistake: Mistake) -> None:
    assert not VALIDATOR.is_valid(tomllib.loads(mistake.toml))


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        (SCHEMA, reader.TOP_KEYS),
        (DEFS["layout"], reader.LAYOUT_KEYS),
        (DEFS["record"], reader.RECORD_KEYS),
        (DEFS["field"], fields.FIELD_KEYS),
        (DEFS["framing"], framing.FRAMING_KEYS),
        (DEFS["framing"]["properties"]["type"], framing.TYPE_KEYS),
        (DEFS["length"], framing.LENGTH_KEYS),
        (DEFS["checksum"], framing.CHECKSUM_KEYS),
    ],
    ids=["top", "layout", "record", "field", "framing", "type", "length", "checksum"],
)
def test_schema_and_reader_know_the_same_keys(table: dict[str, Any], keys: tuple[str, ...]) -> None:
    assert set(table["properties"]) == set(keys)


def test_schema_and_reader_know_the_same_words() -> None:
    field = DEFS["field"]["properties"]

    assert set(DEFS["number"]["enum"]) == set(WIRE_TYPES)
    assert set(field["type"]["enum"]) == set(fields.FIELD_TYPES)
    assert set(field["encoding"]["enum"]) == set(fields.ENCODINGS)
    assert set(field["codec"]["enum"]) == {"packed", "unix", "gps", "msdos"}
    assert set(DEFS["checksum"]["properties"]["algorithm"]["enum"]) == set(framing.ALGORITHMS)
    assert set(DEFS["length"]["properties"]["counts"]["enum"]) == set(framing.LENGTH_COUNTS)
    assert set(DEFS["layout"]["properties"]["status"]["enum"]) == set(reader.STATUSES)


def test_every_key_is_described_for_who_edits() -> None:
    for name in ("layout", "framing", "length", "checksum", "record", "field"):
        for key, schema in DEFS[name]["properties"].items():
            inner = DEFS.get(key, {}) if "$ref" in schema else {}
            assert "description" in schema or "description" in inner or key == "byte_order", key
