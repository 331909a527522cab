"""``satlog convert``: what is written is what the log holds."""

from __future__ import annotations

import csv
import json
import os
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.tools import Process, Satlog, files, markers, read, table_of
from satlog_native import layouts, open_log, synth
from satlog_native.convert import convert
from satlog_native.errors import DamageError, SatlogError
from satlog_native.flight_tables import FLIGHT_TABLES

FORMATS = ("parquet", "arrow", "csv", "ndjson")
POSITION = ("--table", "position")


# -- formats --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["position", "marker", "boom_sections", "gps_status_extended"])
@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_columns_come_back(ending: str, kind: str, log: Path, satlog: Satlog) -> None:
    out = log.with_name(f"out.{ending}")
    result = satlog("convert", log, out, "--table", kind)
    assert (result.exit_code, result.stdout) == (0, "")
    table, expected = read(out), table_of(log, kind)
    assert table.num_rows > 0
    assert table.equals(expected)
    assert table.schema.equals(expected.schema)
    for field in expected.schema:
        written = table.schema.field(field.name).metadata or {}
        assert written.get(b"unit") == (field.metadata or {}).get(b"unit")
        assert written.get(b"doc") == (field.metadata or {}).get(b"doc")


def test_polars_reads_parquet(log: Path, satlog: Satlog) -> None:
    satlog("convert", log, log.with_name("out.parquet"), *POSITION)
    expected = pl.from_arrow(table_of(log))
    assert isinstance(expected, pl.DataFrame)
    assert pl.read_parquet(log.with_name("out.parquet")).equals(expected)


def plain(value: Any) -> Any:
    """A table's value as JSON has it."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, bytes):
        return value.hex()
    return value


def narrow(value: float | None) -> float | None:
    """The nearest number of four bytes."""
    return pa.scalar(value, pa.float32()).as_py()  # type: ignore[no-any-return]


def test_ndjson(log: Path, satlog: Satlog) -> None:
    out = log.with_name("out.ndjson")
    satlog("convert", log, out, *POSITION)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    expected = table_of(log)
    floats = {f.name for f in expected.schema if pa.types.is_float32(f.type)}
    for row in rows:
        row.update({name: narrow(row[name]) for name in floats})
    assert rows == [
        {name: plain(value) for name, value in row.items()} for row in expected.to_pylist()
    ]
    # A number of four bytes is written in the digits that it has.
    assert all(len(repr(row["differential_age"])) <= 4 for row in rows)


def test_csv(log: Path, satlog: Satlog) -> None:
    out = log.with_name("out.csv")
    satlog("convert", log, out, *POSITION)
    with out.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    expected = table_of(log)
    assert header == expected.column_names
    for name, column in zip(header, zip(*rows, strict=True), strict=True):
        values = expected.column(name)
        assert [text == "" for text in column] == values.is_null().to_pylist()
        if pa.types.is_floating(values.type):
            numbers = [None if text == "" else float(text) for text in column]
            assert pa.chunked_array([pa.array(numbers, values.type)]).equals(values)
        else:
            assert list(column) == [word(plain(value)) for value in values.to_pylist()]


def word(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


ODD_LAYOUT = """
[layout]
name = "odd"
version = "3"
status = "verified"
title = "Values that text formats find hard"
byte_order = "little"
[framing]
sync = [0x7E]
length = { at = 1, type = "u16", counts = "frame" }
type = { at = 3, type = "u8" }
payload_at = 4
[[record]]
type = 9
name = "odd"
size = 41
field = [
  { name = "height", at = 0, type = "f32", null = 1.5, unit = "m" },
  { name = "label", at = 4, type = "text", size = 16, encoding = "latin-1" },
  { name = "list", at = 20, type = "i16", count = 4, null = -1 },
  { name = "raw", at = 28, type = "bytes", size = 4 },
  { name = "state", at = 32, type = "u8", enum = { "0" = "on, or off", "1" = "o'clock" } },
  { name = "wide", at = 33, type = "f64" },
]
"""


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A log of ``ODD_LAYOUT``, which lies beside it."""
    (tmp_path / "odd.toml").write_text(ODD_LAYOUT, encoding="utf-8")
    columns = {
        "height": [0.1, None, float("nan"), float("inf")],
        "label": ['a "b", c', "", "two\nlines", "\x1b[31mé"],
        "list": [[1, -2, None, 3], [None] * 4, [0, 0, 0, 0], [9, 9, 9, 9]],
        "raw": [b"\x00\xff,\n"] * 4,
        "state": [0, 1, 77, 0],
        "wide": [1e300, 0.1, float("-inf"), -0.0],
    }
    layout = layouts.load(tmp_path / "odd.toml")
    path = tmp_path / "odd.LOG"
    path.write_bytes(synth.encode(layout, [synth.Records("odd", columns)]))
    return path


def odd_words(odd: Path) -> tuple[object, ...]:
    return "--layout", odd.with_name("odd.toml"), "--table", "odd"


def test_odd_values_in_csv(odd: Path, satlog: Satlog) -> None:
    out = odd.with_name("odd.csv")
    assert satlog("convert", odd, out, *odd_words(odd)).exit_code == 0
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["height"] for row in rows] == ["0.1", "", "nan", "inf"]
    assert [row["label"] for row in rows] == ['a "b", c', "", "two\nlines", "\x1b[31mé"]
    assert [row["list"] for row in rows][:2] == ["[1,-2,null,3]", "[null,null,null,null]"]
    assert [row["raw"] for row in rows] == ["00ff2c0a"] * 4
    assert [row["state"] for row in rows] == ["on, or off", "o'clock", "77", "on, or off"]
    assert [float(row["wide"]) for row in rows] == [1e300, 0.1, float("-inf"), 0.0]
    # A null is nothing at all, an empty text is an empty pair of quotes.
    second = out.read_bytes().split(b"\n")[2]
    assert second.split(b",")[2:4] == [b"", b'""']


def test_odd_values_in_ndjson(odd: Path, satlog: Satlog) -> None:
    out = odd.with_name("odd.ndjson")
    assert satlog("convert", odd, out, *odd_words(odd)).exit_code == 0
    rows = [json.loads(line) for line in out.read_bytes().splitlines()]
    assert [row["height"] for row in rows] == [0.1, None, None, None]
    assert [row["label"] for row in rows] == ['a "b", c', "", "two\nlines", "\x1b[31mé"]
    assert [row["list"] for row in rows][:2] == [[1, -2, None, 3], [None] * 4]
    assert [row["raw"] for row in rows] == ["00ff2c0a"] * 4
    assert [row["state"] for row in rows] == ["on, or off", "o'clock", "77", "on, or off"]
    assert [row["wide"] for row in rows] == [1e300, 0.1, None, -0.0]


# -- many rows, many names ------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_names_that_come_late(ending: str, tmp_path: Path, satlog: Satlog) -> None:
    # Numbers without a name join the dictionary when they come: after the first batch, and in
    # another order in the second log.
    first = [(31, 70_000), (200, 3), (132, 70_000), (201, 2)]
    second = [(201, 5), (131, 1), (200, 5)]
    (tmp_path / "a.LOG").write_bytes(markers(first))
    (tmp_path / "b.LOG").write_bytes(markers(second))
    names = {31: "editable", 131: "start", 132: "end"}
    expected = [names.get(n, str(n)) for n, times in first + second for _ in range(times)]
    out = tmp_path / f"out.{ending}"
    logs = (tmp_path / "a.LOG", tmp_path / "b.LOG")
    assert satlog("convert", *logs, out, "--table", "marker").exit_code == 0
    table = read(out)
    assert table.column("marker_type").to_pylist() == expected
    assert table.column("log").to_pylist() == ["a.LOG"] * 140_005 + ["b.LOG"] * 11
    if ending == "parquet":
        # Small batches, as the second log's, do not make small row groups.
        assert pq.read_metadata(out).num_row_groups == 3
        assert pl.read_parquet(out).get_column("marker_type").to_list() == expected


@pytest.mark.parametrize("ending", FORMATS)
def test_same_log_same_bytes(ending: str, log: Path, process: Process) -> None:
    written = []
    for seed in ("1", "2"):
        out = log.with_name(f"{seed}.{ending}")
        env = {**os.environ, "PYTHONHASHSEED": seed}
        assert process("convert", log, out, env=env).returncode == 0
        written.append(out.read_bytes())
    assert written[0] == written[1]


def test_threads_change_nothing(flight: synth.Flight, tmp_path: Path, satlog: Satlog) -> None:
    (tmp_path / "long.LOG").write_bytes(flight.data * 20)
    written = []
    for threads in (1, 3):
        out = tmp_path / f"{threads}.parquet"
        words = (*POSITION, "--threads", threads)
        assert satlog("convert", tmp_path / "long.LOG", out, *words).exit_code == 0
        written.append(out.read_bytes())
    assert written[0] == written[1]


# -- metadata -------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_metadata(ending: str, damaged: Path, satlog: Satlog) -> None:
    out = damaged.with_name(f"out.{ending}")
    assert satlog("convert", damaged, out, *POSITION).exit_code == 1
    metadata = read(out).schema.metadata
    assert metadata[b"satlog.layout"] == b"satloc_air"
    assert metadata[b"satlog.layout_version"] == b"1"
    assert metadata[b"satlog.layout_status"] == b"assumed"
    assert metadata[b"satlog.table"] == b"position"
    units = json.loads(metadata[b"satlog.units"])
    assert units["latitude"] == "deg"
    assert units["ground_speed"] == "m/s"
    assert "spray_on" not in units
    with open_log(damaged) as log:
        report = log.report
    summary = json.loads(metadata[b"satlog.damage"])["damaged.LOG"]
    assert summary["damaged"] is True
    assert summary["lost"] == len(report.lost)
    assert summary["bytes_lost"] == report.bytes_lost > 0


def column_chunks(path: Path) -> dict[str, Any]:
    group = pq.read_metadata(path).row_group(0)
    chunks = [group.column(place) for place in range(group.num_columns)]
    return {chunk.path_in_schema: chunk for chunk in chunks}


def test_parquet_is_zstd_with_dictionaries_where_they_help(log: Path, satlog: Satlog) -> None:
    out = log.with_name("out.parquet")
    satlog("convert", log, out, *POSITION)
    chunks = column_chunks(out)
    assert {chunk.compression for chunk in chunks.values()} == {"ZSTD"}
    coded = {name for name, chunk in chunks.items() if chunk.has_dictionary_page}
    assert {"fix_quality", "satellites", "differential_age"} <= coded
    assert not coded & {"frame", "offset", "time", "latitude", "altitude"}


@pytest.mark.parametrize(
    ("ending", "compression", "found"),
    [("parquet", "snappy", "SNAPPY"), ("parquet", "none", "UNCOMPRESSED"), ("arrow", "zstd", "")],
)
def test_compression(ending: str, compression: str, found: str, log: Path, satlog: Satlog) -> None:
    out, other = log.with_name(f"out.{ending}"), log.with_name(f"default.{ending}")
    assert satlog("convert", log, out, *POSITION, "--compression", compression).exit_code == 0
    satlog("convert", log, other, *POSITION)
    assert read(out).equals(table_of(log))
    if found:
        assert {chunk.compression for chunk in column_chunks(out).values()} == {found}
    else:
        assert out.stat().st_size < other.stat().st_size


# -- folders and several logs ---------------------------------------------------------------


@pytest.mark.parametrize("ending", FORMATS)
def test_all_tables_in_a_folder(ending: str, log: Path, satlog: Satlog) -> None:
    out = log.with_name("tables")
    result = satlog("convert", log, out, "--table", "all", "--format", ending)
    assert result.exit_code == 0
    with open_log(log) as opened:
        kinds = opened.kinds
    tables = [*FLIGHT_TABLES, *kinds]
    assert files(out) == sorted([*(f"{table}.{ending}" for table in tables), "report.json"])
    report = json.loads((out / "report.json").read_text("utf-8"))
    rows = {name: table["rows"] for name, table in report["tables"].items()}
    assert {kind: rows[kind] for kind in kinds} == kinds
    assert rows["track"] == kinds["position"]
    assert rows["summary"] == 1
    assert report["layout"] == {"name": "satloc_air", "version": "1", "status": "assumed"}
    assert report["damaged"] is False
    if ending in ("parquet", "arrow"):
        for kind in kinds:
            assert read(out / f"{kind}.{ending}").equals(table_of(log, kind)), kind


@pytest.mark.parametrize("way", ["slash", "exists", "two tables"])
def test_what_makes_a_folder(way: str, log: Path, satlog: Satlog) -> None:
    out = log.with_name("new")
    name, words = str(out), ["--table", "position"]
    if way == "slash":
        name += "/"
    elif way == "exists":
        out.mkdir()
    else:
        words += ["--table", "wind"]
    assert satlog("convert", log, name, *words).exit_code == 0
    wind = ["wind.parquet"] if way == "two tables" else []
    assert files(out) == ["position.parquet", "report.json", *wind]


def test_report_of_a_folder(damaged: Path, log: Path, satlog: Satlog) -> None:
    out = log.with_name("new")
    result = satlog("convert", log, damaged, f"{out}/")
    assert result.exit_code == 1
    report = json.loads((out / "report.json").read_text("utf-8"))
    with open_log(damaged) as opened:
        expected = opened.report.to_dict()
    assert [each["log"] for each in report["logs"]] == ["flight.LOG", "damaged.LOG"]
    assert [each["damaged"] for each in report["logs"]] == [False, True]
    assert report["logs"][1]["lost"] == json.loads(json.dumps(expected["lost"]))
    assert report["damaged"] is True


def test_unknown_types(log: Path, satlog: Satlog) -> None:
    layout = layouts.load("satloc_air")
    payloads = [b"one", b"", b"three"]
    with log.open("ab") as file:
        file.write(synth.encode(layout, [synth.Records(99, {"payload": payloads})]))
    out = log.with_name("new")
    assert satlog("convert", log, out, "--table", "all").exit_code == 0
    assert pq.read_table(out / "99.parquet").column("payload").to_pylist() == payloads
    single = log.with_name("99.parquet")
    assert satlog("convert", log, single, "--table", "99").exit_code == 0
    assert read(single).equals(read(out / "99.parquet"))
    by_number = log.with_name("wind.parquet")
    assert satlog("convert", log, by_number, "--table", "50").exit_code == 0
    assert read(by_number).equals(table_of(log, "wind"))


def test_several_logs(log: Path, damaged: Path, satlog: Satlog) -> None:
    out = log.with_name("out.parquet")
    result = satlog("convert", log, damaged, out, *POSITION)
    assert result.exit_code == 1
    assert "damaged.LOG:\n" in result.stderr
    assert "flight.LOG:\n" not in result.stderr
    table = read(out)
    assert table.column_names[0] == "log"
    assert pa.types.is_dictionary(table.schema.field("log").type)
    for path in (log, damaged):
        mask = pa.compute.equal(table.column("log").cast(pa.string()), path.name)
        own = table.filter(mask).drop_columns("log")
        assert own.to_pylist() == table_of(path).to_pylist()


def test_logs_of_one_name(flight: synth.Flight, tmp_path: Path, satlog: Satlog) -> None:
    paths = [tmp_path / day / "flight.LOG" for day in ("monday", "tuesday")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(flight.data)
    out = tmp_path / "out.parquet"
    assert satlog("convert", *paths, out, "--table", "wind").exit_code == 0
    assert set(read(out).column("log").to_pylist()) == {str(path) for path in paths}


def test_table_that_the_log_does_not_hold(tmp_path: Path, satlog: Satlog) -> None:
    (tmp_path / "a.LOG").write_bytes(markers([(31, 2)]))
    out = tmp_path / "out.parquet"
    result = satlog("convert", tmp_path / "a.LOG", out, *POSITION)
    assert result.exit_code == 0
    assert "0 rows" in result.stderr
    assert read(out).num_rows == 0
    assert "latitude" in read(out).column_names


# -- damage ---------------------------------------------------------------------------------


def test_damage_is_reported_and_the_rest_is_kept(damaged: Path, satlog: Satlog) -> None:
    out = damaged.with_name("out.parquet")
    result = satlog("convert", damaged, out, *POSITION)
    assert (result.exit_code, result.stdout) == (1, "")
    with open_log(damaged) as log:
        for line in log.report.lines():
            assert line in result.stderr
    assert read(out).equals(table_of(damaged))


def test_errors_raise(damaged: Path, satlog: Satlog) -> None:
    out = damaged.with_name("out.parquet")
    result = satlog("convert", damaged, out, "--errors", "raise")
    with pytest.raises(DamageError) as raised:
        open_log(damaged, errors="raise")
    assert result.exit_code == 1
    assert f"offset {raised.value.offset:,}" in result.stderr
    assert not out.exists()


def test_layout_that_does_not_fit(flight: synth.Flight, tmp_path: Path, satlog: Satlog) -> None:
    path = tmp_path / "foreign.bin"
    path.write_bytes(flight.data[:1000] + bytes(1_000_000))
    result = satlog("convert", path, tmp_path / "out.parquet")
    assert result.exit_code == 1
    assert "0.1 % of the bytes are frames of layout satloc_air" in result.stderr
    assert "may not fit" in result.stderr


# -- files appear whole or not at all -------------------------------------------------------


def test_existing_file_needs_overwrite(log: Path, satlog: Satlog) -> None:
    out = log.with_name("out.parquet")
    out.write_bytes(b"mine")
    result = satlog("convert", log, out, *POSITION)
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr
    assert out.read_bytes() == b"mine"
    assert satlog("convert", log, out, *POSITION, "--overwrite").exit_code == 0
    assert read(out).equals(table_of(log))


def test_existing_table_in_a_folder_needs_overwrite(log: Path, satlog: Satlog) -> None:
    out = log.with_name("tables")
    out.mkdir()
    (out / "wind.parquet").write_bytes(b"mine")
    (out / "notes.txt").write_bytes(b"mine")
    result = satlog("convert", log, out, "--table", "all")
    assert result.exit_code == 2
    assert "wind.parquet" in result.stderr
    assert files(out) == ["notes.txt", "wind.parquet"]
    assert satlog("convert", log, out, "--table", "all", "--overwrite").exit_code == 0
    assert (out / "notes.txt").read_bytes() == b"mine"
    assert read(out / "wind.parquet").num_rows > 0


def test_unusable_log_among_others_writes_nothing(log: Path, satlog: Satlog) -> None:
    empty = log.with_name("empty.LOG")
    empty.touch()
    out = log.with_name("new")
    result = satlog("convert", log, empty, f"{out}/")
    assert result.exit_code == 2
    assert "empty.LOG" in result.stderr
    assert not out.exists()


def test_a_link_stays_a_link(log: Path, satlog: Satlog) -> None:
    real, link = log.with_name("real.csv"), log.with_name("link.csv")
    real.touch()
    link.symlink_to(real)
    assert satlog("convert", log, link, "--overwrite").exit_code == 0
    assert link.is_symlink()
    assert real.read_bytes().startswith(b"frame,")


def test_files_have_usual_modes(log: Path, satlog: Satlog) -> None:
    out, usual = log.with_name("out.csv"), log.with_name("usual")
    usual.touch()
    satlog("convert", log, out)
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


def test_failure_between_files_leaves_nothing(log: Path) -> None:
    out = log.with_name("tables")

    def fail(_done: int, _total: int) -> None:
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        convert([log], out, tables=["all"], progress=fail)
    assert files(log.parent) == ["flight.LOG"]


# -- wrong use ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("out", "words", "says"),
    [
        ("out.xlsx", [], ".parquet, .arrow, .csv, .ndjson"),
        ("out", [], "its ending tells no format"),
        ("out.csv", ["--table", "position", "--table", "wind"], "a file holds one table"),
        ("out.csv", ["--table", "all"], "name a folder"),
        ("out.csv", ["--format", "parquet"], "its ending says csv"),
        ("out.csv", ["--compression", "zstd"], "csv files have no compression zstd"),
        ("out.arrow", ["--compression", "snappy"], "choose one of none, zstd, lz4"),
        ("out.csv", ["--table", "positon"], "did you mean position"),
        ("out.csv", ["--table", "256"], "no record '256'"),
        ("out.csv", ["--layout", "satloc_ear"], "satloc_air"),
        ("out.csv", ["--layout", "missing.toml"], "no such file"),
        ("out.csv", ["--errors", "stop"], "'skip', 'raise'"),
        ("out.csv", ["--threads", "0"], "x>=1"),
        ("nowhere/out.csv", [], "No such file or directory"),
        ("file/", [], "file"),
    ],
)
def test_wrong_use(out: str, words: list[str], says: str, log: Path, satlog: Satlog) -> None:
    log.with_name("file").touch()
    result = satlog("convert", log, f"{log.parent}/{out}", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert files(log.parent) == ["file", "flight.LOG"]


def test_forgotten_out(log: Path, damaged: Path, satlog: Satlog) -> None:
    result = satlog("convert", log, damaged, "--overwrite")
    assert result.exit_code == 2
    assert damaged.stat().st_size > 1000


@pytest.mark.parametrize("words", [("{log}", "{log}", "out.csv"), ("{csv}", "{csv}")])
def test_one_file_twice(words: tuple[str, ...], log: Path, satlog: Satlog) -> None:
    same = log.with_name("log.csv")
    same.write_bytes(log.read_bytes())
    before = same.read_bytes()
    named = [word.format(log=log, csv=same) for word in words]
    result = satlog("convert", *named, "--overwrite")
    assert result.exit_code == 2
    assert same.read_bytes() == before


def test_python_convert(log: Path, damaged: Path) -> None:
    seen: list[tuple[int, int]] = []
    done = convert(
        [log, damaged],
        log.with_name("tables"),
        tables=["wind", "position"],
        progress=lambda *step: seen.append(step),
    )
    assert set(done.files) == {"wind", "position"}
    assert done.rows["position"] == read(done.files["position"]).num_rows
    assert set(done.reports) == {"flight.LOG", "damaged.LOG"}
    assert done.damaged
    total = log.stat().st_size + damaged.stat().st_size
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)
    with pytest.raises(SatlogError, match="none is named"):
        convert([], log.with_name("out.csv"))
    with pytest.raises(SatlogError, match="no format xml"):
        convert([log], f"{log.parent}/other/", format="xml")
