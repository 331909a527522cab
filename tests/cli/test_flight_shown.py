"""``satlog passes`` and ``satlog stats``: what people and programs are told of a flight."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cli.conftest import SATLOG
from cli.tools import Process, Satlog, markers
from satlog_native import layouts, open_log, synth
from satlog_native.flight import FlightSettings

SATLOC = layouts.load("satloc_air")

#: What one SI unit is in the US, by the definitions: foot, mile, acre, gallon.
FEET = 1 / 0.3048
MPH = 3600 / (5280 * 0.3048)
ACRES = 10_000 / (43_560 * 0.3048**2)
GALLONS = 1000 / (231 * 2.54**3)


def passes_of(log: Path, settings: FlightSettings | None = None) -> pl.DataFrame:
    with open_log(log) as opened:
        return opened.passes(settings)


def summary_of(log: Path, settings: FlightSettings | None = None) -> dict[str, Any]:
    with open_log(log) as opened:
        covered = opened.coverage(settings)
        return opened.summary(settings, covered).row(0, named=True)


def number(text: str) -> float:
    """A number as people are shown it."""
    return float(text.replace(",", "").replace("−", "-"))


def facts_of(text: str) -> dict[str, str]:
    """Labels and values of one block of stats."""
    rows = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    cells = [re.split(r"  +", row, maxsplit=1) for row in rows]
    return {label: value for label, value in cells}  # noqa: C416 - dict() wants pairs, not lists


@pytest.fixture
def widthless(tmp_path: Path) -> Path:
    """A layout that tells no swath width."""
    text = Path(SATLOC.source).read_text("utf-8")
    path = tmp_path / "own.toml"
    path.write_text(text.replace('name = "swath_width"', 'name = "width"'), encoding="utf-8")
    return path


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    """A log of two positions where nothing is sprayed."""
    columns = {"latitude": [35.0, 35.001], "longitude": [-90.0, -90.0], "spray_on": [False] * 2}
    path = tmp_path / "calm.LOG"
    path.write_bytes(synth.encode(SATLOC, [synth.Records("position", columns)]))
    return path


# -- passes ---------------------------------------------------------------------------------


COLUMNS = (
    *("duration", "length", "mean_ground_speed", "mean_height", "area", "volume"),
    *("applied_rate", "target_rate", "rate_error", "mean_wind_speed", "mean_wind_direction"),
)


@pytest.mark.parametrize(
    ("units", "factors", "labels"),
    [
        ("si", {}, ["UTC", "s", "m", "m/s", "m", "ha", "L", "L/ha", "L/ha", "%", "m/s", "°"]),
        (
            "us",
            {
                **dict.fromkeys(("length", "mean_height"), FEET),
                **dict.fromkeys(("mean_ground_speed", "mean_wind_speed"), MPH),
                **dict.fromkeys(("applied_rate", "target_rate"), GALLONS / ACRES),
                "area": ACRES,
                "volume": GALLONS,
            },
            ["UTC", "s", "ft", "mph", "ft", "ac", "gal", "gal/ac", "gal/ac", "%", "mph", "°"],
        ),
    ],
)
def test_passes(
    units: str, factors: dict[str, float], labels: list[str], log: Path, satlog: Satlog
) -> None:
    result = satlog("passes", log, "--units", units)
    assert (result.exit_code, result.stderr) == (0, "")
    title, _, header, shown_units, *lines, total = result.stdout.splitlines()
    expected = passes_of(log)
    assert title == f"2025-07-14, {expected.height} passes"
    assert header.split()[:4] == ["pass", "swath", "start", "time"]
    assert shown_units.split() == labels
    assert len(lines) == expected.height > 2
    for line, row in zip(lines, expected.iter_rows(named=True), strict=True):
        number_of, swath, start, *cells = line.split()
        assert (int(number_of), int(swath)) == (row["pass"], row["swath_number"])
        assert start == f"{row['start_time']:%H:%M:%S}"
        for name, cell in zip(COLUMNS, cells, strict=True):
            digits = len(cell.partition(".")[2])
            value = row[name] * factors.get(name, 1.0)
            assert number(cell) == pytest.approx(value, abs=0.5001 * 10**-digits), name
    # Sums, and what follows from them.
    word, time, length, speed, area, volume, rate, _, error = total.split()
    assert word == "all"
    sums = expected.select("duration", "length", "area", "volume").sum().row(0, named=True)
    assert number(time) == pytest.approx(sums["duration"], abs=0.051)
    assert number(length) == pytest.approx(sums["length"] * factors.get("length", 1), abs=0.51)
    assert number(area) == pytest.approx(sums["area"] * factors.get("area", 1), abs=0.0051)
    assert number(volume) == pytest.approx(sums["volume"] * factors.get("volume", 1), abs=0.051)
    assert number(rate) == pytest.approx(number(volume) / number(area), rel=0.02)
    sprayed = (expected["duration"] - expected["spray_off_time"]).sum()
    metres_a_second = sums["length"] / sprayed
    assert number(speed) == pytest.approx(
        metres_a_second * factors.get("mean_ground_speed", 1), abs=0.051
    )
    assert -50 < number(error) < 50


def test_passes_are_aligned(log: Path, satlog: Satlog) -> None:
    _, _, *table = satlog("passes", log).stdout.splitlines()
    header = table[0]
    for title in header.split()[:3] + header.split()[-3:]:
        end = header.index(title) + len(title)
        column = [line[:end].rstrip() for line in table[2:-1]]
        assert {len(line) for line in column} == {end}, title


def test_passes_json(log: Path, satlog: Satlog) -> None:
    words = ("passes", log, "--json", "--swath-width", 12, "--merge-gap", 0)
    lines = satlog(*words).stdout.splitlines()
    expected = passes_of(log, FlightSettings(swath_width=12.0, merge_gap=0.0))
    rows = [json.loads(line) for line in lines]
    assert list(rows[0]) == expected.columns
    assert [row["start_time"] for row in rows] == expected["start_time"].dt.strftime(
        "%Y-%m-%dT%H:%M:%S%.6fZ"
    ).to_list()
    plain = expected.drop("start_time", "end_time")
    assert_frame_equal(
        pl.DataFrame(rows, schema_overrides=plain.schema).select(plain.columns), plain
    )
    us = [json.loads(line) for line in satlog(*words, "--units", "us").stdout.splitlines()]
    assert us[0]["area"] == pytest.approx(rows[0]["area"] * ACRES)
    assert us[0]["duration"] == rows[0]["duration"]


def test_passes_of_a_damaged_log(damaged: Path, satlog: Satlog) -> None:
    result = satlog("passes", damaged)
    assert result.exit_code == 1
    assert f"{passes_of(damaged).height} passes" in result.stdout
    assert "damaged" in result.stderr
    assert "satlog check" in result.stderr


def test_nothing_sprayed(calm: Path, satlog: Satlog) -> None:
    for words in ((), ("--json",)):
        result = satlog("passes", calm, *words)
        assert (result.exit_code, result.stdout) == (0, "")
        assert "calm.LOG: nothing was sprayed" in result.stderr


def test_passes_without_swath_width(log: Path, widthless: Path, satlog: Satlog) -> None:
    result = satlog("passes", log, "--layout", widthless)
    assert result.exit_code == 0
    assert "no swath width" in result.stderr
    assert "--swath-width" in result.stderr
    first = result.stdout.splitlines()[4].split()
    assert first[7] == "–"
    again = satlog("passes", log, "--layout", widthless, "--swath-width", 20)
    assert again.stderr == ""
    assert "–" not in again.stdout


def shown_on_terminal(columns: int, *words: object) -> list[str]:
    """The lines that a terminal so wide gets."""
    terminal, end = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns)}
    process = subprocess.Popen([str(SATLOG), *map(str, words)], stdout=end, env=env)
    os.close(end)
    shown = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # Linux tells the end of a terminal so
            break
        if not more:
            break
        shown += more
    os.close(terminal)
    assert process.wait() == 0
    return shown.decode().splitlines()


def test_passes_in_blocks_on_a_narrow_terminal(log: Path, satlog: Satlog) -> None:
    wide = shown_on_terminal(120, "passes", log)
    assert wide == satlog("passes", log).stdout.splitlines()
    narrow = shown_on_terminal(80, "passes", log)
    assert max(map(len, narrow)) <= 80
    headers = [line for line in narrow if line.startswith("pass ")]
    assert len(headers) == 2
    first, second = (line.split() for line in headers)
    assert first + second[1:] == wide[2].split()


# -- stats ----------------------------------------------------------------------------------


def test_stats(log: Path, satlog: Satlog) -> None:
    result = satlog("stats", log)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0] == str(log)
    assert re.findall(r"^  (\w.*)$", result.stdout, re.MULTILINE) == [
        *("flight", "time", "area", "product", "weather while spraying", "log")
    ]
    told, row = facts_of(result.stdout), summary_of(log)
    assert told["pilot"] == row["pilot"]
    assert told["job"] == f"{row['job_label']} (no. {row['job_id']})"
    assert told["start"] == f"{row['start_time']:%Y-%m-%d %H:%M:%S} UTC"
    assert told["passes"] == str(row["passes"])
    assert told["gross"] == f"{row['gross_area']:.2f} ha"
    assert told["net"] == f"{row['net_area']:.2f} ha"
    assert told["overlap"].startswith(f"{row['overlap_area']:.2f} ha (")
    assert told["volume"] == f"{row['volume']:,.1f} L"
    assert told["rate"].startswith(f"{row['applied_rate']:.1f} L/ha (")
    assert told["distance flown"] == f"{row['distance'] / 1000:.1f} km"
    assert told["mean wind"].startswith(f"{row['wind_speed']:.1f} m/s from ")
    assert told["layout status"] == "assumed (not checked against real logs)"
    assert told["damage"] == "none"
    assert "field skipped" not in told
    minutes, seconds = re.fullmatch(r"(\d+) min (\d+) s", told["flight time"]).groups()  # type: ignore[union-attr]
    assert int(minutes) * 60 + int(seconds) == pytest.approx(row["flight_time"], abs=0.51)


def test_stats_in_us_units(log: Path, satlog: Satlog) -> None:
    told, row = facts_of(satlog("stats", log, "--units", "us").stdout), summary_of(log)
    expected = {
        "gross": (row["gross_area"] * ACRES, "ac"),
        "volume": (row["volume"] * GALLONS, "gal"),
        "rate": (row["applied_rate"] * GALLONS / ACRES, "gal/ac"),
        "swath width": (row["swath_width"] * FEET, "ft"),
        "distance sprayed": (row["sprayed_distance"] * FEET / 5280, "mi"),
        "speed spraying": (row["mean_speed"] * MPH, "mph"),
        "highest wind": (row["max_wind_speed"] * MPH, "mph"),
        "productivity": (row["productivity"] * ACRES, "ac/h"),
    }
    for label, (value, unit) in expected.items():
        text, found, *_ = told[label].split()
        digits = len(text.partition(".")[2])
        assert found == unit
        assert number(text) == pytest.approx(value, abs=0.5001 * 10**-digits), label
    low, _, high, unit = told["temperature"].split()
    assert unit == "°F"
    assert number(low) == pytest.approx(row["min_air_temperature"] * 9 / 5 + 32, abs=0.051)
    assert number(high) == pytest.approx(row["max_air_temperature"] * 9 / 5 + 32, abs=0.051)


def test_stats_json(log: Path, damaged: Path, satlog: Satlog) -> None:
    result = satlog("stats", log, damaged, "--json")
    assert result.exit_code == 1
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["log"] for row in rows] == [str(log), str(damaged)]
    for path, row in zip((log, damaged), rows, strict=True):
        for name, value in summary_of(path).items():
            told = datetime.fromisoformat(row[name]) if isinstance(value, datetime) else row[name]
            assert told == value, name
        assert row["units"] == "si"
    (us,) = satlog("stats", log, "--json", "--units", "us").stdout.splitlines()
    assert json.loads(us)["net_area"] == pytest.approx(rows[0]["net_area"] * ACRES)
    assert json.loads(us)["units"] == "us"


def test_stats_of_several_logs(log: Path, damaged: Path, satlog: Satlog) -> None:
    result = satlog("stats", log, damaged)
    assert result.exit_code == 1
    first, second = result.stdout.split("\n\n")
    assert first.startswith(f"{log}\n")
    assert second.startswith(f"{damaged}\n")
    with open_log(damaged) as opened:
        assert facts_of(second)["damage"] == f"{opened.report.bytes_lost:,} bytes lost"
    assert f"{damaged}: damaged" in result.stderr
    assert f"{log}: damaged" not in result.stderr


def test_one_unreadable_log_stops_no_other(log: Path, satlog: Satlog) -> None:
    empty = log.with_name("empty.LOG")
    empty.touch()
    result = satlog("stats", empty, log, "--json")
    assert result.exit_code == 2
    bad, good = map(json.loads, result.stdout.splitlines())
    assert "empty.LOG" in bad["error"]
    assert good["passes"] > 0
    assert result.stderr.startswith("Error: ")


def test_layout_without_positions(log: Path, satlog: Satlog) -> None:
    own = log.with_name("own.toml")
    text = Path(SATLOC.source).read_text("utf-8").replace('name = "position"', 'name = "place"')
    own.write_text(text, encoding="utf-8")
    for command in ("stats", "passes"):
        result = satlog(command, log, "--layout", own)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "there is no table 'position'" in result.stderr


def test_field(log: Path, satlog: Satlog) -> None:
    import shapely

    with open_log(log) as opened:
        west, south, east, north = shapely.bounds(opened.coverage().treated)
        field = shapely.box(west, south, (west + east) / 2, north)
        covered = opened.coverage(boundary=field)
    path = log.with_name("field.geojson")
    path.write_text(shapely.to_geojson(field), encoding="utf-8")
    told = facts_of(satlog("stats", log, "--field", path).stdout)
    assert covered.skip_area is not None
    assert covered.off_target_area is not None
    assert told["field skipped"] == f"{covered.skip_area:.2f} ha"
    assert told["outside field"] == f"{covered.off_target_area:.2f} ha"
    assert told["field treated"] == f"{covered.coverage:.1f} %"
    plain = json.loads(satlog("stats", log, "--field", path, "--json").stdout)
    assert plain["skip_area"] == pytest.approx(covered.skip_area, abs=1e-6)
    result = satlog("stats", log, "--field", log.with_name("missing.job"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "missing.job" in result.stderr


def test_wind_limit(log: Path, satlog: Satlog) -> None:
    row = summary_of(log, FlightSettings(wind_limit=0.5))
    assert row["wind_above_limit"] > 0
    told = facts_of(satlog("stats", log, "--wind-limit", 0.5).stdout)
    assert told["above 0.5 m/s"] != "none"
    plain = json.loads(satlog("stats", log, "--wind-limit", 0.5, "--json").stdout)
    assert plain["wind_above_limit"] == row["wind_above_limit"]
    assert (
        f"above {0.5 * MPH:.1f} mph"
        in satlog("stats", log, "--wind-limit", 0.5, "--units", "us").stdout
    )
    result = satlog("stats", log, "--wind-limit", -1)
    assert result.exit_code == 2
    assert "wind_limit" in result.stderr


def test_stats_without_swath_width(log: Path, widthless: Path, satlog: Satlog) -> None:
    result = satlog("stats", log, "--layout", widthless)
    assert result.exit_code == 0
    assert "no swath width" in result.stderr
    assert "--swath-width" in result.stderr
    told = facts_of(result.stdout)
    assert told["gross"] == told["rate"] == "not recorded"
    assert "net" not in told
    assert told["volume"].endswith(" L")
    again = satlog("stats", log, "--layout", widthless, "--swath-width", 20)
    assert again.stderr == ""
    assert facts_of(again.stdout)["swath width"] == "20.0 m"


def test_without_the_extra_geo(log: Path, process: Process) -> None:
    block = log.parent / "block"
    block.mkdir()
    for name in ("shapely", "pyproj", "matplotlib", "jinja2", "reportlab"):
        (block / f"{name}.py").write_text("raise ImportError('not here')\n")
    env = {"PYTHONPATH": str(block), "PATH": str(SATLOG.parent)}
    done = process("stats", log, env=env)
    assert done.returncode == 0
    assert "pip install 'satlog[geo]'" in done.stderr
    told = facts_of(done.stdout)
    assert "gross" in told
    assert not {"net", "overlap", "productivity"} & set(told)
    assert process("passes", log, env=env).returncode == 0
    done = process("stats", log, "--field", "field.job", env=env)
    assert done.returncode == 2


def test_nothing_to_tell(calm: Path, tmp_path: Path, satlog: Satlog) -> None:
    told = facts_of(satlog("stats", calm).stdout)
    assert told["passes"] == "0"
    assert told["pilot"] == told["rate"] == told["mean wind"] == "not recorded"
    assert told["spraying"].startswith("none")
    (tmp_path / "a.LOG").write_bytes(markers([(31, 2)]))
    result = satlog("stats", tmp_path / "a.LOG")
    assert result.exit_code == 0
    assert facts_of(result.stdout)["start"] == "not recorded"


def test_no_control_sequences(tmp_path: Path, satlog: Satlog) -> None:
    setup = synth.Records("system_setup", {"pilot_name": ["\x1b]0;owned\x07"]})
    (tmp_path / "a.LOG").write_bytes(synth.encode(SATLOC, [setup]))
    result = satlog("stats", tmp_path / "a.LOG")
    assert "\x1b" not in result.stdout
    assert "\\x1b]0;owned\\x07" in result.stdout
