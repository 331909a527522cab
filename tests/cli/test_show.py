"""Commands that show: info, kinds, schema, head, dump, check, layout; and synth."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest

from cli.tools import Satlog, markers, table_of
from satlog_native import layouts, open_log, synth
from satlog_native.flight import DOCS
from satlog_native.flight import unit_of as flight_unit

SATLOC = layouts.load("satloc_air")


def words_of(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


# -- info and kinds -------------------------------------------------------------------------


def test_info(log: Path, satlog: Satlog) -> None:
    result = satlog("info", log)
    assert (result.exit_code, result.stderr) == (0, "")
    facts = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line[0] != " ")
    assert facts["layout"] == "satloc_air, version 1"
    assert facts["status"].startswith("assumed: nobody has checked it")
    assert facts["size"] == f"{log.stat().st_size:,} bytes"
    assert facts["pilot"] == "A. Demo"
    assert "job id       4711\n" in result.stdout
    assert "no damage" in result.stdout


def test_info_json(log: Path, damaged: Path, satlog: Satlog) -> None:
    facts = json.loads(satlog("info", log, "--json").stdout)
    table = table_of(log)
    assert facts["layout"] == "satloc_air"
    assert facts["layout_status"] == "assumed"
    assert facts["start_time"] == "2025-07-14T13:05:00Z"
    assert facts["kinds"]["position"] == table.num_rows
    assert facts["damaged"] is False
    result = satlog("info", damaged, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["damaged"] is True


@pytest.mark.parametrize("status", ["documented", "verified"])
def test_info_says_what_the_status_means(
    status: str, log: Path, tmp_path: Path, satlog: Satlog
) -> None:
    text = Path(SATLOC.source).read_text("utf-8").replace('"assumed"', f'"{status}"')
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    result = satlog("info", log, "--layout", tmp_path / "own.toml")
    assert f"status       {status}" in result.stdout
    assert "nobody has checked" not in result.stdout


def test_info_sends_no_control_sequences(tmp_path: Path, satlog: Satlog) -> None:
    setup = synth.Records("system_setup", {"pilot_name": ["\x1b]0;owned\x07"]})
    (tmp_path / "a.LOG").write_bytes(synth.encode(SATLOC, [setup]))
    for command in ("info", "dump"):
        result = satlog(command, tmp_path / "a.LOG")
        assert "\x1b" not in result.stdout
        assert "\\x1b]0;owned\\x07" in result.stdout
    result = satlog("head", tmp_path / "a.LOG", "--table", "system_setup")
    assert "\\x1b]0;owned\\x07" in result.stdout


def test_kinds(flight: synth.Flight, tmp_path: Path, satlog: Satlog) -> None:
    raw = synth.encode(SATLOC, [synth.Records(99, {"payload": [b"x"] * 7})])
    path = tmp_path / "a.LOG"
    path.write_bytes(flight.data + raw)
    result = satlog("kinds", path)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = words_of(result.stdout)
    assert lines[0] == ["type", "name", "records"]
    with open_log(path) as opened:
        kinds = opened.kinds
    assert len(lines) == 1 + len(kinds)
    assert ["99", "99", "7", "unknown", "to", "the", "layout"] in lines
    assert ["1", "position", f"{kinds['position']:,}"] in lines
    rows = json.loads(satlog("kinds", path, "--json").stdout)
    assert {row["name"]: row["records"] for row in rows} == {str(k): n for k, n in kinds.items()}
    assert [row["known"] for row in rows if row["type"] == 99] == [False]


def test_kinds_tells_short_and_extended(tmp_path: Path, satlog: Satlog) -> None:
    short = synth.encode(SATLOC, [synth.Records(20, {"payload": [bytes(2), bytes(9)]})])
    (tmp_path / "a.LOG").write_bytes(short)
    result = satlog("kinds", tmp_path / "a.LOG")
    assert result.exit_code == 1
    assert "1 too short for its fields, 1 longer than known" in result.stdout


# -- schema ---------------------------------------------------------------------------------


def test_schema_of_a_table(log: Path, satlog: Satlog) -> None:
    result = satlog("schema", "position")
    assert result.exit_code == 0
    expected = table_of(log).schema
    lines = result.stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines] == expected.names
    assert "latitude          double              deg   WGS 84 latitude" in result.stdout
    plain = json.loads(satlog("schema", "position", "--json").stdout)
    for column, field in zip(plain["columns"], expected, strict=True):
        metadata = field.metadata or {}
        assert column["name"] == field.name
        assert column["nullable"] == field.nullable
        assert (column["unit"] or "").encode() == metadata.get(b"unit", b"")
        if not pa.types.is_dictionary(field.type) and not pa.types.is_timestamp(field.type):
            assert column["type"] == str(field.type)


def test_schema_of_all_tables(satlog: Satlog) -> None:
    records, _, flights = satlog("schema").stdout.partition("\n\n")
    assert [line[1] for line in words_of(records)[1:]] == [kind.name for kind in SATLOC.kinds]
    assert [line[0] for line in words_of(flights)[1:]] == ["track", "passes", "summary"]
    tables = json.loads(satlog("schema", "--json").stdout)
    assert [table["table"] for table in tables] == [
        *(kind.name for kind in SATLOC.kinds),
        *("track", "passes", "summary"),
    ]


@pytest.mark.parametrize("table", ["track", "passes", "summary"])
def test_schema_of_a_flight_table(table: str, log: Path, satlog: Satlog) -> None:
    with open_log(log) as opened:
        frame = getattr(opened, table)()
    plain = json.loads(satlog("schema", table, "--json").stdout)
    assert [column["name"] for column in plain["columns"]] == frame.columns
    units = {column["name"]: column["unit"] for column in plain["columns"]}
    assert units == {name: flight_unit(name) for name in frame.columns}
    lines = satlog("schema", table).stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines] == frame.columns
    docs = {column["name"]: column["doc"] for column in plain["columns"]}
    # What the records tell themselves, the layout documents.
    assert all(docs.values())
    assert docs.get("latitude") in (None, "WGS 84 latitude, north positive.")
    assert {column["name"] for column in plain["columns"]} >= set(DOCS[table])


def test_schema_by_number_and_of_another_layout(tmp_path: Path, satlog: Satlog) -> None:
    assert satlog("schema", "50").stdout == satlog("schema", "wind").stdout
    text = Path(SATLOC.source).read_text("utf-8").replace('name = "wind"', 'name = "breeze"')
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    assert satlog("schema", "breeze", "--layout", tmp_path / "own.toml").exit_code == 0
    result = satlog("schema", "breeze")
    assert result.exit_code == 2
    assert "no table breeze" in result.stderr


# -- head -----------------------------------------------------------------------------------


def test_head(log: Path, satlog: Satlog) -> None:
    result = satlog("head", log, "--table", "wind", "-n", 3)
    assert (result.exit_code, result.stderr) == (0, "")
    header, units, *rows = result.stdout.splitlines()
    table = table_of(log, "wind").slice(0, 3)
    assert header.split() == table.column_names
    assert units.split() == ["byte", "m/s", "deg", "°C", "%", "hPa"]
    assert len(rows) == 3
    for row, expected in zip(rows, table.to_pylist(), strict=True):
        assert [float(cell) for cell in row.split()] == pytest.approx(
            [float(value) for value in expected.values()], rel=1e-6
        )
    # Numbers stand right below each other's last digit.
    assert len({len(row) for row in (header, *rows)}) == 1


def test_head_shows_ten_rows_of_positions(log: Path, satlog: Satlog) -> None:
    result = satlog("head", log)
    assert len(result.stdout.splitlines()) == 12
    assert "null" in result.stdout  # an extended column of a short record
    rows = satlog("head", log, "--json").stdout.splitlines()
    expected = table_of(log).slice(0, 10)
    assert [json.loads(row)["offset"] for row in rows] == expected.column("offset").to_pylist()


def test_head_of_a_table_without_rows(tmp_path: Path, satlog: Satlog) -> None:
    (tmp_path / "a.LOG").write_bytes(markers([(31, 1)]))
    result = satlog("head", tmp_path / "a.LOG")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no rows of table position" in result.stderr


def test_head_of_an_unknown_table(log: Path, satlog: Satlog) -> None:
    result = satlog("head", log, "--table", "positions")
    assert result.exit_code == 2
    assert "did you mean position" in result.stderr


# -- dump -----------------------------------------------------------------------------------


def dumped(text: str) -> bytes:
    """The bytes that a dump shows, each in the place that it says."""
    data = bytearray()
    start = int(text[:8], 16)
    for line in text.splitlines():
        if line.startswith("  ") and line[2:10].strip("0123456789ABCDEF") == "":
            assert int(line[2:10], 16) == start + len(data)
            data += bytes.fromhex(line[12:36])
    return bytes(data)


def test_dump_shows_every_byte(log: Path, satlog: Satlog) -> None:
    result = satlog("dump", log, "--count", 500)
    assert (result.exit_code, result.stderr) == (0, "")
    shown = dumped(result.stdout)
    assert len(shown) > 10_000
    assert log.read_bytes().startswith(shown)


def test_dump_names_fields_and_values(log: Path, satlog: Satlog) -> None:
    row = table_of(log).slice(0, 1).to_pylist()[0]
    result = satlog("dump", log, "--at", hex(row["offset"]), "--count", 1)
    text = result.stdout
    assert text.startswith(f"{row['offset']:08X}  frame {row['frame']}: position, type 1, ")
    lines = {line[38:].split(maxsplit=1)[0]: line for line in text.splitlines()[1:] if line[38:]}
    assert lines["sync"].split() == [f"{row['offset']:08X}", "A5", "sync"]
    assert lines["type"].endswith("1 (position)")
    assert lines["latitude"].endswith(f"{row['latitude']!r} deg")
    assert f"satellites {row['satellites']}" in lines["flags"]
    assert f"spray_on {str(row['spray_on']).lower()}" in lines["flags"]
    assert "right (sum8)" in lines["checksum"]


def test_dump_within_a_frame(log: Path, satlog: Satlog) -> None:
    offset = table_of(log).column("offset")[5].as_py()
    result = satlog("dump", log, "--at", offset + 9, "--count", 1)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{offset:08X}  frame ")
    assert f"lies within what starts at {offset:,}" in result.stderr


def test_dump_of_lost_bytes(damaged: Path, satlog: Satlog) -> None:
    with open_log(damaged) as log:
        runs = log.report.lost
    run = next(run for run in runs if run.reason == "checksum")
    result = satlog("dump", damaged, "--at", run.offset + run.size - 1, "--count", 1)
    assert result.exit_code == 1
    title = result.stdout.splitlines()[0]
    assert title.startswith(f"{run.offset:08X}  lost: wrong checksum: 0x")
    assert f"{run.size:,} bytes" in title
    assert dumped(result.stdout) == damaged.read_bytes()[run.offset :][: min(run.size, 64)]


def test_dump_of_a_damaged_log(flight: synth.Flight, tmp_path: Path, satlog: Satlog) -> None:
    path = tmp_path / "a.LOG"
    path.write_bytes(b"\0" * 5 + flight.data[:20_000])
    with open_log(path) as log:
        runs = log.report.lost
        frames = log.report.frames
    result = satlog("dump", path, "--count", 10_000)
    assert result.exit_code == 1
    titles = [line for line in result.stdout.splitlines() if line[:1] not in ("", " ")]
    assert sum("lost: " in title for title in titles) == len(runs) >= 2
    assert sum("frame " in title for title in titles) >= frames
    assert [title.split()[2] for title in titles[1:3]] == ["0:", "1:"]
    assert dumped(result.stdout) == path.read_bytes()


def test_dump_of_raw_records(tmp_path: Path, satlog: Satlog) -> None:
    raw = [
        synth.Records(99, {"payload": [bytes(range(200))]}),
        synth.Records(20, {"payload": [b"\x07\x00"]}),
        synth.Records("boom_sections", {"section_width": [[1.5, 2.5]]}),
        synth.Records("gps_status_extended", {"payload": [b""]}),
        synth.Records(20, {"payload": [b"\x07\x00\x00\x00\x20\x41\xfe"]}),
    ]
    data = synth.encode(SATLOC, raw)
    (tmp_path / "a.LOG").write_bytes(data)
    result = satlog("dump", tmp_path / "a.LOG")
    assert result.exit_code == 0
    assert dumped(result.stdout) == data
    assert "frame 0: unknown to the layout, type 99, 204 bytes" in result.stdout
    assert "swath_number, too short for its fields, type 20" in result.stdout
    assert "section_width  [1.5,2.5] m" in result.stdout
    assert "swath_offset  10 m" in result.stdout
    assert " FE                        —" in result.stdout


def test_dump_of_a_log_with_a_header(tmp_path: Path, satlog: Satlog) -> None:
    text = Path(SATLOC.source).read_text("utf-8")
    text = text.replace("header_size = 0", 'header_size = 6\nmagic = "FLY"')
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    data = b"FLY\x01\x02\x03" + markers([(31, 2)])
    (tmp_path / "a.LOG").write_bytes(data)
    result = satlog("dump", tmp_path / "a.LOG", "--layout", tmp_path / "own.toml")
    assert result.exit_code == 0
    assert result.stdout.startswith("00000000  header, 6 bytes\n")
    assert dumped(result.stdout) == data


@pytest.mark.parametrize(("at", "says"), [("99999999", "is not in the file"), ("x", "'x' is no")])
def test_dump_of_no_place(at: str, says: str, log: Path, satlog: Satlog) -> None:
    result = satlog("dump", log, "--at", at)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


# -- check ----------------------------------------------------------------------------------


def test_check_of_a_clean_log(log: Path, satlog: Satlog) -> None:
    result = satlog("check", log)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("100 % of the bytes are frames of layout satloc_air")
    assert result.stdout.endswith("no damage\n")


def test_check_of_a_damaged_log(flight: synth.Flight, damaged: Path, satlog: Satlog) -> None:
    result = satlog("check", damaged)
    assert (result.exit_code, result.stderr) == (1, "")
    plain = json.loads(satlog("check", damaged, "--json").stdout)
    # Told by what was done to the log.
    truth = flight.damaged(seed=5, bit_flips=3, noise=2, cut=7)
    offsets = frame_offsets(flight)
    frames, _ = synth.surviving_frames(truth.truth.injuries, offsets)
    assert plain["frames"] == len(frames)
    assert plain["size"] == len(truth.data)
    assert plain["bytes_lost"] == len(truth.data) - int(np.diff(offsets)[frames].sum())
    assert plain["cut_tail"] > 0
    assert f"{plain['bytes_lost']:,} bytes lost in {len(plain['lost']):,} runs" in result.stdout


def frame_offsets(flight: synth.Flight) -> Any:
    """Where the frames of a log without damage start, by their own length bytes, and its end."""
    offsets = [0]
    while offsets[-1] < len(flight.data):
        offsets.append(offsets[-1] + flight.data[offsets[-1] + 1])
    return np.array(offsets)


def test_check_of_several_logs(log: Path, damaged: Path, satlog: Satlog) -> None:
    result = satlog("check", log, damaged, log.with_name("missing.LOG"))
    assert result.exit_code == 2
    assert str(log) in result.stdout
    assert str(damaged) in result.stdout
    assert "missing.LOG: there is no such file" in result.stderr
    assert satlog("check", log, damaged).exit_code == 1
    lines = satlog("check", log, damaged, log.with_name("missing.LOG"), "--json").stdout
    plain = [json.loads(line) for line in lines.splitlines()]
    assert [each["log"] for each in plain] == [
        str(log),
        str(damaged),
        str(log.with_name("missing.LOG")),
    ]
    assert [each.get("damaged") for each in plain] == [False, True, None]
    assert "no such file" in plain[2]["error"]


# -- synth ----------------------------------------------------------------------------------


def test_synth(tmp_path: Path, satlog: Satlog) -> None:
    first, second, other = (tmp_path / name for name in ("1.log", "2.log", "3.log"))
    result = satlog("synth", first, "--seed", 7)
    assert (result.exit_code, result.stdout) == (0, "")
    satlog("synth", second, "--seed", 7)
    satlog("synth", other, "--seed", 8)
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()
    assert satlog("check", first).exit_code == 0
    result = satlog("synth", first, "--seed", 8)
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr
    assert satlog("synth", first, "--seed", 8, "--overwrite").exit_code == 0
    assert first.read_bytes() == other.read_bytes()


def test_synth_rate_and_kinds(tmp_path: Path, satlog: Satlog) -> None:
    path = tmp_path / "a.log"
    assert satlog("synth", path, "--rate", 10, "--all-kinds").exit_code == 0
    times = table_of(path).column("time").slice(0, 2).to_pylist()
    assert (times[1] - times[0]).total_seconds() == 0.1
    with open_log(path) as log:
        assert set(log.kinds) == set(SATLOC.by_name)


def test_synth_damage(tmp_path: Path, satlog: Satlog) -> None:
    path = tmp_path / "a.log"
    assert satlog("synth", path, "--damage", 9, "--cut", 5).exit_code == 0
    with open_log(path) as log:
        assert log.report.damaged
        assert log.report.cut_tail > 0
        assert 5 <= len(log.report.lost) <= 10
    result = satlog("synth", tmp_path / "b.log", "--cut", 10_000_000)
    assert result.exit_code == 2
    assert "ask for less" in result.stderr
    assert not (tmp_path / "b.log").exists()


# -- layout ---------------------------------------------------------------------------------


def test_layout_list(tmp_path: Path, satlog: Satlog, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Path(SATLOC.source).read_text("utf-8").replace('"assumed"', '"verified"')
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    (tmp_path / "broken.toml").write_text("[layout]\n", encoding="utf-8")
    monkeypatch.setenv("SATLOG_LAYOUT_PATH", str(tmp_path))
    result = satlog("layout", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = {line[0]: line for line in words_of(result.stdout)}
    assert lines["satloc_air"][1:3] == ["1", "assumed"]
    assert lines["own"][1:3] == ["1", "verified"]
    assert lines["own"][-1] == str(tmp_path / "own.toml")
    assert "mistakes:" in lines["broken"]


def test_layout_show(satlog: Satlog) -> None:
    result = satlog("layout", "show", "satloc_air")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("satloc_air, version 1, status assumed\n")
    assert "u8 at 1, of the whole frame" in result.stdout
    assert "sum8, u8 at the end, from byte 1" in result.stdout
    lines = words_of(result.stdout)
    assert [line[:3] for line in lines if line[:2] == ["1", "position"]] == [
        ["1", "position", "39"],
        ["1", "position", "74"],
    ]
    assert ["11", "gps_status_extended", "variable", "opaque"] in lines


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[1].glob("layouts/*.toml")), ids=str)
def test_layout_show_and_check_any(path: Path, satlog: Satlog) -> None:
    shown = satlog("layout", "show", path)
    assert shown.exit_code == 0
    used = layouts.load(path)
    assert all(kind.name in shown.stdout for kind in used.kinds)
    if used.framing.checksum is not None:
        assert used.framing.checksum.algorithm in shown.stdout
    checked = satlog("layout", "check", path)
    assert checked.exit_code == 0
    assert checked.stdout.startswith(f"ok: {used.name}, version {used.version}, ")


def test_layout_show_toml(satlog: Satlog) -> None:
    text = satlog("layout", "show", "satloc_air", "--toml").stdout
    assert text == Path(SATLOC.source).read_text("utf-8")
    assert tomllib.loads(text)["layout"]["name"] == "satloc_air"


def test_layout_check_tells_every_mistake(tmp_path: Path, satlog: Satlog) -> None:
    text = Path(SATLOC.source).read_text("utf-8")
    text = text.replace('name = "latitude"', 'name = "time"').replace("size = 19", "size = 18")
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    result = satlog("layout", "check", path)
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [str(mistake) for mistake in layouts.check(path)]
    assert len(result.stdout.splitlines()) >= 2


def test_layout_check_of_nothing(tmp_path: Path, satlog: Satlog) -> None:
    result = satlog("layout", "check", tmp_path / "none.toml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no such file" in result.stderr


def test_layout_schema(satlog: Satlog) -> None:
    schema = json.loads(satlog("layout", "schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    layout = tomllib.loads(Path(SATLOC.source).read_text("utf-8"))
    jsonschema.validate(layout, schema)
