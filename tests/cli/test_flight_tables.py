"""Flight tables from ``convert`` and ``head``: a file holds what the log's analysis gives."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from cli.conftest import SATLOG
from cli.tools import Process, Satlog, files, read, table_of
from satlog_native import layouts, open_log, synth
from satlog_native.convert import convert
from satlog_native.errors import TableError
from satlog_native.export import open_writer
from satlog_native.flight import FlightSettings, unit_of
from satlog_native.flight_tables import FLIGHT_TABLES, flight_schema

SATLOC = layouts.load("satloc_air")
FORMATS = ("parquet", "arrow", "csv", "ndjson")
NAMES = pl.Categorical()


def expected_of(log: Path, table: str, settings: FlightSettings | None = None) -> pl.DataFrame:
    """A flight table straight from its log."""
    with open_log(log) as opened:
        if table == "summary":
            return opened.summary(settings, opened.coverage(settings))
        frame: pl.DataFrame = getattr(opened, table)(settings)
        return frame


def frame_of(path: Path, like: pl.DataFrame) -> pl.DataFrame:
    """A written file, read by other means than satlog's; text formats get the types of ``like``."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    if path.suffix == ".arrow":
        frame = pl.from_arrow(pa.ipc.open_file(path).read_all())
        assert isinstance(frame, pl.DataFrame)
        return frame
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            header, *lines = csv.reader(file)
        rows = [dict(zip(header, line, strict=True)) for line in lines]
    else:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        header = list(rows[0])
    assert header == like.columns
    data = {name: [typed(row[name], like.schema[name]) for row in rows] for name in header}
    return pl.DataFrame(data, schema=like.schema)


def typed(value: Any, dtype: pl.DataType) -> Any:
    """A cell of CSV or NDJSON as a value of this type."""
    if value is None or (value == "" and dtype != pl.String):
        return None
    if isinstance(dtype, pl.Datetime):
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if dtype == pl.Boolean:
        return {"true": True, "false": False, True: True, False: False}[value]
    if dtype.is_float():
        return float(value)
    return int(value) if dtype.is_integer() else value


def null_text(frame: pl.DataFrame) -> pl.DataFrame:
    """CSV read by Python's module does not tell an empty text from none; a log has no empty one."""
    return frame.with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name))
        for name, dtype in frame.schema.items()
        if dtype == pl.String
    )


# -- what is written ------------------------------------------------------------------------


@pytest.mark.parametrize("table", FLIGHT_TABLES)
@pytest.mark.parametrize("ending", FORMATS)
def test_every_format(ending: str, table: str, log: Path, satlog: Satlog) -> None:
    out = log.with_name(f"out.{ending}")
    result = satlog("convert", log, out, "--table", table)
    assert (result.exit_code, result.stdout) == (0, "")
    expected = expected_of(log, table)
    assert expected.height > 0
    written = frame_of(out, expected)
    if ending == "csv":
        written, expected = null_text(written), null_text(expected)
    assert_frame_equal(written, expected, check_exact=True, categorical_as_str=True)


def test_the_track_is_the_default(log: Path, satlog: Satlog) -> None:
    assert satlog("convert", log, log.with_name("out.parquet")).exit_code == 0
    convert([log], log.with_name("again.parquet"))
    expected = expected_of(log, "track")
    for name in ("out.parquet", "again.parquet"):
        assert_frame_equal(pl.read_parquet(log.with_name(name)), expected, categorical_as_str=True)
    # Of every position there is a row, whatever became of it.
    assert expected.height == table_of(log).num_rows


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_types_and_units(ending: str, log: Path, satlog: Satlog) -> None:
    out = log.with_name("tables")
    satlog("convert", log, out, "--table", "all", "--format", ending)
    for table in FLIGHT_TABLES:
        schema = read(out / f"{table}.{ending}").schema
        for field in schema:
            unit = (field.metadata or {}).get(b"unit", b"").decode() or None
            assert unit == unit_of(field.name), field.name
        assert (
            json.loads(schema.metadata[b"satlog.units"]).items()
            >= {name: unit for name in schema.names if (unit := unit_of(name))}.items()
        )
        assert schema.metadata[b"satlog.table"].decode() == table
        assert schema.metadata[b"satlog.layout"] == b"satloc_air"
    # What the positions tell has the very columns that their own table has.
    track, position = read(out / f"track.{ending}").schema, table_of(log).schema
    for field in position:
        assert track.field(field.name).type in (field.type, pa.float64()), field.name
        assert track.field(field.name).metadata == field.metadata


def test_settings_are_used_and_told(log: Path, satlog: Satlog) -> None:
    out = log.with_name("out.parquet")
    words = ("--table", "passes", "--swath-width", 12, "--merge-gap", 0, "--max-gap", 5)
    assert satlog("convert", log, out, *words).exit_code == 0
    settings = FlightSettings(swath_width=12.0, merge_gap=0.0, max_gap=5.0)
    assert_frame_equal(pl.read_parquet(out), expected_of(log, "passes", settings))
    told = json.loads(read(out).schema.metadata[b"satlog.flight_settings"])
    assert FlightSettings(**told) == settings
    position = log.with_name("position.parquet")
    satlog("convert", log, position, "--table", "position")
    assert b"satlog.flight_settings" not in read(position).schema.metadata


def test_summary_in_us_units(log: Path) -> None:
    si, us = log.with_name("si.parquet"), log.with_name("us.parquet")
    convert([log], si, tables=["summary"])
    convert([log], us, tables=["summary"], settings=FlightSettings(units="us"))
    one, other = pl.read_parquet(si).row(0, named=True), pl.read_parquet(us).row(0, named=True)
    assert other["net_area"] == pytest.approx(one["net_area"] * 10_000 / (66 * 660 * 0.3048**2))
    assert other["mean_speed"] == pytest.approx(one["mean_speed"] * 2.2369362920544)
    schema = read(us).schema
    assert schema.field("net_area").metadata[b"unit"] == b"ac"
    assert json.loads(schema.metadata[b"satlog.units"])["applied_rate"] == "gal/ac"


def test_several_logs(log: Path, damaged: Path, satlog: Satlog) -> None:
    out = log.with_name("tables")
    words = [word for table in FLIGHT_TABLES for word in ("--table", table)]
    result = satlog("convert", log, damaged, out, *words, "--table", "wind")
    assert result.exit_code == 1
    assert "damaged.LOG:\n" in result.stderr
    assert files(out) == sorted(
        [*(f"{t}.parquet" for t in (*FLIGHT_TABLES, "wind")), "report.json"]
    )
    for table in FLIGHT_TABLES:
        written = pl.read_parquet(out / f"{table}.parquet")
        assert written.columns[0] == "log"
        for path in (log, damaged):
            own = written.filter(pl.col("log").cast(pl.String) == path.name).drop("log")
            assert_frame_equal(own, expected_of(path, table), categorical_as_str=True)
    summary = pl.read_parquet(out / "summary.parquet")
    assert summary["damaged"].to_list() == [False, True]


@pytest.mark.parametrize("ending", FORMATS)
def test_same_log_same_bytes(ending: str, log: Path, damaged: Path, satlog: Satlog) -> None:
    # What the process has read before must not show, either.
    written = []
    for name in ("a", "b"):
        out = log.with_name(f"{name}.{ending}")
        assert satlog("convert", log, out).exit_code == 0
        written.append(out.read_bytes())
        with open_log(damaged) as opened:
            opened.track()
            pl.Series([str(number) for number in range(50)], dtype=NAMES)
    assert written[0] == written[1]


def test_progress_goes_to_the_end(log: Path, damaged: Path) -> None:
    seen: list[tuple[int, int]] = []
    convert(
        [log, damaged],
        log.with_name("tables"),
        tables=["position", "track", "passes"],
        progress=lambda *step: seen.append(step),
    )
    total = log.stat().st_size + damaged.stat().st_size
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)
    assert len({done for done, _ in seen}) > 4


# -- text that is hard to write -------------------------------------------------------------


def test_text_of_a_flight_is_quoted(tmp_path: Path, satlog: Satlog) -> None:
    names = {"pilot_name": ['O\'Hara, "Bob"'], "aircraft_id": ["two\nlines"]}
    columns = {"latitude": [35.0, 35.001], "longitude": [-90.0, -90.0], "spray_on": [True, True]}
    records = [synth.Records("system_setup", names), synth.Records("position", columns)]
    path = tmp_path / "a.LOG"
    path.write_bytes(synth.encode(SATLOC, records))
    for ending in ("csv", "ndjson"):
        assert (
            satlog("convert", path, tmp_path / f"s.{ending}", "--table", "summary").exit_code == 0
        )
    with (tmp_path / "s.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    other = json.loads((tmp_path / "s.ndjson").read_text("utf-8"))
    for told in (row, other):
        assert (told["pilot"], told["aircraft"]) == ('O\'Hara, "Bob"', "two\nlines")
    assert (row["job_label"], other["job_label"]) == ("", None)


def test_writers_take_the_large_types_of_polars() -> None:
    table = pa.table(
        {
            "text": pa.array(['a "b", c', None, ""], pa.large_string()),
            "data": pa.array([b"\x00,", None, b""], pa.large_binary()),
        }
    )
    found = {}
    for name in ("csv", "ndjson"):
        file = io.BytesIO()
        open_writer(name, file, table.schema, "none").write(table.to_batches()[0])
        found[name] = file.getvalue().decode()
    assert found["csv"] == 'text,data\n"a ""b"", c",002c\n,\n"",""\n'
    rows = [json.loads(line) for line in found["ndjson"].splitlines()]
    assert rows == [
        {"text": 'a "b", c', "data": "002c"},
        {"text": None, "data": None},
        {"text": "", "data": ""},
    ]


# -- what a log or layout lacks -------------------------------------------------------------


def test_log_without_positions(tmp_path: Path, satlog: Satlog) -> None:
    path, out = tmp_path / "a.LOG", tmp_path / "tables"
    marker = synth.Records("marker", {"marker_type": [31]})
    path.write_bytes(synth.encode(SATLOC, [marker]))
    result = satlog("convert", path, out, "--table", "all")
    assert result.exit_code == 0
    assert f"{out / 'summary.parquet'}: summary, 1 row\n" in result.stderr
    assert files(out) == sorted(
        [*(f"{table}.parquet" for table in (*FLIGHT_TABLES, "marker")), "report.json"]
    )
    for table in FLIGHT_TABLES:
        written = read(out / f"{table}.parquet")
        assert written.num_rows == (1 if table == "summary" else 0)
        assert written.schema.names == flight_schema(SATLOC, table).names
    row = pl.read_parquet(out / "summary.parquet").row(0, named=True)
    assert (row["passes"], row["distance"], row["start_time"]) == (0, 0.0, None)
    result = satlog("head", path, "--table", "track")
    assert result.exit_code == 0
    assert "no rows of table track" in result.stderr


def own_layout(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = Path(SATLOC.source).read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "change",
    [
        ('name = "position"', 'name = "place"'),
        ('name = "longitude"', 'name = "lon"'),
        ('name = "time"', 'name = "clock"'),
    ],
)
def test_layout_without_positions(change: tuple[str, str], log: Path, satlog: Satlog) -> None:
    own = own_layout(log.parent, change)
    result = satlog("convert", log, log.with_name("out.parquet"), "--layout", own)
    assert result.exit_code == 2
    assert "cannot give table track" in result.stderr
    assert "choose a table of its records" in result.stderr
    with pytest.raises(TableError, match="cannot give table passes"):
        convert([log], log.with_name("out.parquet"), layout=own, tables=["passes"])
    out = log.with_name("tables")
    assert satlog("convert", log, out, "--layout", own, "--table", "all").exit_code == 0
    assert not {f"{table}.parquet" for table in FLIGHT_TABLES} & set(files(out))
    tables = json.loads(satlog("schema", "--layout", own, "--json").stdout)
    assert not set(FLIGHT_TABLES) & {table["table"] for table in tables}


def test_a_record_of_that_name_goes_before(log: Path, satlog: Satlog) -> None:
    own = own_layout(log.parent, ('name = "wind"', 'name = "track"'))
    out = log.with_name("tables")
    words = ("--layout", own)
    assert satlog("convert", log, out, *words, "--table", "all").exit_code == 0
    assert read(out / "track.parquet").equals(table_of(log, "track", layout=own))
    assert {"passes.parquet", "summary.parquet"} <= set(files(out))
    shown = satlog("head", log, *words, "--table", "track", "-n", 1)
    assert "wind_speed" in shown.stdout
    assert "latitude" not in shown.stdout


def test_missing_swath_width(log: Path, satlog: Satlog) -> None:
    own = own_layout(log.parent, ('name = "swath_width"', 'name = "width"'))
    out = log.with_name("out.parquet")
    result = satlog("convert", log, out, "--layout", own, "--table", "summary")
    assert result.exit_code == 0
    assert "flight.LOG: areas that need geometry are left out" in result.stderr
    assert "--swath-width" in result.stderr
    row = pl.read_parquet(out).row(0, named=True)
    assert row["net_area"] is None
    assert row["gross_area"] is None
    assert row["volume"] > 0
    done = convert([log], out, layout=own, tables=["summary"], overwrite=True)
    assert len(done.notes) == 1
    assert "no swath width" in done.notes[0]
    words = ("--layout", own, "--table", "summary", "--swath-width", 15, "--overwrite")
    again = satlog("convert", log, out, *words)
    assert "left out" not in again.stderr
    assert pl.read_parquet(out)["net_area"].item() > 0


@pytest.mark.parametrize("missing", ["shapely", "pyproj"])
def test_without_the_extra_geo(missing: str, log: Path, process: Process) -> None:
    out = log.with_name("out.ndjson")
    (log.parent / "block").mkdir()
    (log.parent / "block" / f"{missing}.py").write_text("raise ImportError('not here')\n")
    env = {"PYTHONPATH": str(log.parent / "block"), "PATH": str(SATLOG.parent)}
    done = process("convert", log, out, "--table", "summary", env=env)
    assert done.returncode == 0
    assert "pip install 'satlog[geo]'" in done.stderr
    row = json.loads(out.read_text("utf-8"))
    assert (row["net_area"], row["overlap_area"]) == (None, None)
    assert row["gross_area"] > 0


def test_dry_material_is_in_kg(tmp_path: Path) -> None:
    logs = []
    for name, dry in (("dry", 1), ("wet", 0)):
        columns = {"latitude": [35.0, 35.001], "longitude": [-90.0, -90.0]}
        setup = {"dry_material": [bool(dry)]}
        path = tmp_path / f"{name}.LOG"
        path.write_bytes(
            synth.encode(
                SATLOC, [synth.Records("flow_setup", setup), synth.Records("position", columns)]
            )
        )
        logs.append(path)
    units = {}
    for name, chosen in (("dry", logs[:1]), ("wet", logs[1:]), ("both", logs)):
        done = convert(chosen, tmp_path / f"{name}.parquet", tables=["passes"])
        units[name] = read(done.files["passes"]).schema.field("applied_rate").metadata[b"unit"]
        assert bool(done.notes) == (name == "both")
    assert units == {"dry": b"kg/ha", "wet": b"L/ha", "both": b"L/ha"}


# -- head -----------------------------------------------------------------------------------


@pytest.mark.parametrize("table", FLIGHT_TABLES)
def test_head(table: str, log: Path, satlog: Satlog) -> None:
    result = satlog("head", log, "--table", table, "-n", 2)
    assert (result.exit_code, result.stderr) == (0, "")
    expected = expected_of(log, table).head(2)
    header, units, *rows = result.stdout.splitlines()
    assert header.split() == expected.columns
    assert units.split() == [unit for name in expected.columns if (unit := unit_of(name))]
    assert len(rows) == expected.height
    lines = satlog("head", log, "--table", table, "-n", 2, "--json").stdout.splitlines()
    for line, row in zip(map(json.loads, lines), expected.iter_rows(named=True), strict=True):
        assert list(line) == expected.columns
        for name, value in row.items():
            if isinstance(value, float):
                assert math.isclose(line[name], value, rel_tol=1e-6), name
            elif not isinstance(value, datetime):
                assert line[name] == value
