"""The encoder against bytes packed by hand from log-format.md."""

from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa
import pytest

from satlog_native.errors import EncodeError
from satlog_native.layouts import Layout
from satlog_native.synth import Records, encode, readback

TIME = np.datetime64("2025-07-14T13:05:09.870", "us")
#: 2025-07-14 13:05:09.87: hundredths 7 bits, second 6, minute 6, hour 5, day 5, month 4, year 7.
TS40 = (87 | 9 << 7 | 5 << 13 | 13 << 19 | 14 << 24 | 7 << 29 | 32 << 33).to_bytes(5, "little")


def frame(type_number: int, payload: bytes) -> bytes:
    body = bytes([len(payload) + 4, type_number]) + payload
    return b"\xa5" + body + bytes([sum(body) % 256])


SHORT = {
    "time": [TIME],
    "latitude": [35.2],
    "longitude": [-90.9],
    "altitude": [78.5],
    "ground_speed": [62.25],
    "track": [359.5],
    "cross_track": [-0.75],
    "differential_age": [4],
    "spray_on": [True],
    "differential": [True],
    "in_boundary": [False],
    "guidance_lock": [True],
    "satellites": [11],
}
SHORT_BYTES = TS40 + struct.pack(
    "<ddffffBB", 35.2, -90.9, 78.5, 62.25, 359.5, -0.75, 4, 0b1011_1011
)


def test_short_position(satloc_air: Layout) -> None:
    log = encode(satloc_air, [Records("position", SHORT, size=39)])
    assert log == frame(1, SHORT_BYTES)
    assert len(log) == 43


def test_extended_position(satloc_air: Layout) -> None:
    more = {
        "roll": [-30.5],
        "pitch": [2.5],
        "heading": [1.25],
        "vertical_speed": [-4.0],
        "hdop": [0.75],
        "vdop": [1.5],
        "geoid_separation": [-27.604],
        "fix_quality": ["rtk_fixed"],
        "satellites_used": [12],
        "boom_mask": [0x8000_00FF],
    }
    log = encode(satloc_air, [Records("position", SHORT | more, size=74)])
    tail = struct.pack(
        "<ffffffhBBIxxx", -30.5, 2.5, 1.25, -4.0, 0.75, 1.5, -2760, 4, 12, 0x8000_00FF
    )
    assert log == frame(1, SHORT_BYTES + tail)
    assert len(log) == 78


def test_gps(satloc_air: Layout) -> None:
    columns = {
        "time": [TIME],
        "gps_week": [2375],
        "time_of_week": [133527.87],
        "satellites_used": [10],
        "satellites_in_view": [13],
        "hdop": [0.8],
        "pdop": [1.44],
        "receiver_status": [0x0102],
    }
    expected = TS40 + struct.pack("<HIBBHHH", 2375, 133_527_870, 10, 13, 80, 144, 0x0102)
    assert encode(satloc_air, [Records("gps", columns)]) == frame(10, expected)


@pytest.mark.parametrize(("job_id", "wire"), [(4711, 4711), (None, 0)])
def test_swathing_setup(satloc_air: Layout, job_id: int | None, wire: int) -> None:
    columns = {
        "job_id": [job_id],
        "swath_width": [20.0],
        "pattern": ["racetrack"],
        "heading": [90.0],
        "job_label": ["Großer Acker"],
    }
    expected = struct.pack("<IfBf64s", wire, 20.0, 1, 90.0, "Großer Acker".encode())
    assert encode(satloc_air, [Records("swathing_setup", columns)]) == frame(120, expected)


def test_flow_monitor_with_a_null(satloc_air: Layout) -> None:
    columns = {
        "flow_rate": [220.5],
        "target_flow_rate": [223.0],
        "volume": [17.25],
        "pressure": [260.0],
        "valve_position": [None],
        "boom_open": [True],
        "automatic": [False],
        "alarm": [True],
    }
    expected = struct.pack("<ffffBB", 220.5, 223.0, 17.25, 260.0, 255, 0b101)
    assert encode(satloc_air, [Records("flow_monitor", columns)]) == frame(30, expected)


def test_markers(satloc_air: Layout) -> None:
    records = [
        Records("marker", {"marker_type": ["start"], "latitude": [1.5], "longitude": [-2.5]}),
        Records("marker", {"marker_type": ["77"], "latitude": [0.0], "longitude": [0.0]}),
        Records(
            "marker_unicode",
            {"marker_type": [31], "latitude": [1.5], "longitude": [-2.5], "label": ["Bäume"]},
        ),
    ]
    assert encode(satloc_air, records) == (
        frame(60, struct.pack("<Bdd", 131, 1.5, -2.5))
        + frame(60, struct.pack("<Bdd", 77, 0.0, 0.0))
        + frame(61, struct.pack("<Bdd", 31, 1.5, -2.5) + "Bäume".encode("utf-16-le"))
    )


def test_variable_records(satloc_air: Layout) -> None:
    records = [
        Records("controller_type", {"controller_name": ["Satloc Constant Rate"]}),
        Records("boom_sections", {"section_width": [[2.5, 5.0], [], [1.0]]}),
        Records("micro_rpm", {"count": [2], "rpm": [[5000, 5100]]}),
        Records("gps_status_extended", {"payload": [b"\xa5\xa5", b""]}),
    ]
    assert encode(satloc_air, records) == (
        frame(46, b"Satloc Constant Rate")
        + frame(142, struct.pack("<Bff", 2, 2.5, 5.0))
        + frame(142, b"\0")
        + frame(142, struct.pack("<Bf", 1, 1.0))
        + frame(52, struct.pack("<BHH", 2, 5000, 5100))
        + frame(11, b"\xa5\xa5")
        + frame(11, b"")
    )


def test_unknown_types_and_odd_sizes_are_raw(satloc_air: Layout) -> None:
    records = [
        Records(208, {"payload": [b"abc"]}),
        Records(1, {"payload": [SHORT_BYTES[:10], SHORT_BYTES + b"!!"]}),
    ]
    assert encode(satloc_air, records) == (
        frame(208, b"abc") + frame(1, SHORT_BYTES[:10]) + frame(1, SHORT_BYTES + b"!!")
    )


def test_a_column_left_out_is_null_or_zero(satloc_air: Layout) -> None:
    log = encode(satloc_air, [Records("position", {"latitude": [1.0]}, size=39)])
    assert log == frame(1, bytes(5) + struct.pack("<ddffffBB", 1.0, 0, 0, 0, 0, 0, 255, 0))


def test_frames_interleave(satloc_air: Layout) -> None:
    records = [
        Records("sbc_temperatures", {"cpu_temperature": [1.0, 2.0]}, frames=[10, 30]),
        Records("swath_number", {"swath_number": [5, 6]}, frames=[20, 5]),
        Records("job_name", {"text": ["last"]}),
    ]
    log = encode(satloc_air, records)
    assert log == (
        frame(20, struct.pack("<hf", 6, 0))
        + frame(56, struct.pack("<hh", 10, 0))
        + frame(20, struct.pack("<hf", 5, 0))
        + frame(56, struct.pack("<hh", 20, 0))
        + frame(152, b"last")
    )
    tables = readback(satloc_air, records)
    assert tables["sbc_temperatures"]["frame"].tolist() == [1, 3]
    assert tables["swath_number"]["frame"].tolist() == [0, 2]
    assert tables["swath_number"]["swath_number"].tolist() == [6, 5]
    assert tables["job_name"]["offset"].tolist() == [10 + 8 + 10 + 8]


def test_readback_is_what_the_wire_holds(satloc_air: Layout) -> None:
    records = [
        Records("position", SHORT | {"altitude": [0.1]}, frames=[1], size=39),
        Records(
            "position",
            {"time": [TIME + np.timedelta64(7, "ms")], "geoid_separation": [1.006]},
            frames=[0],
            size=74,
        ),
    ]
    table = readback(satloc_air, records)["position"]
    assert table["time"].tolist() == [
        np.datetime64("2025-07-14T13:05:09.88", "us").item(),
        TIME.item(),
    ]
    assert table["altitude"].tolist() == [0.0, float(np.float32(0.1))]
    assert table["geoid_separation"].tolist() == [101 * 0.01, None]
    assert table["differential_age"].tolist() == [None, 4]
    assert table["satellites"].tolist() == [0, 11]


def test_arrow_and_numpy_columns_are_taken(satloc_air: Layout) -> None:
    times = pa.array([TIME.item(), None], pa.timestamp("us", "UTC"))
    arrow = {
        "time": pa.chunked_array([times.slice(0, 1), times.slice(1)]),
        "latitude": pa.array([1.5, 2.5]),
        "differential_age": pa.array([None, 3], pa.uint8()),
        "spray_on": pa.array([True, False]),
        "fix_quality": pa.array(["none", "7"]).dictionary_encode(),
    }
    plain = {
        "time": [TIME, None],
        "latitude": np.array([1.5, 2.5]),
        "differential_age": np.ma.MaskedArray([9, 3], [True, False]),
        "spray_on": np.array([1, 0]),
        "fix_quality": [0, 7],
    }
    assert encode(satloc_air, [Records("position", arrow)]) == encode(
        satloc_air, [Records("position", plain)]
    )


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (Records("positon", {}), "no such kind"),
        (Records("gps", {"latitude": [1.0]}), "no column 'latitude'"),
        (Records("position", SHORT, size=40), "no variant of 40 payload bytes"),
        (Records("position", SHORT | {"track": [1.0, 2.0]}), "equally long"),
        (Records("gps", {"hdop": [655.36]}), "hdop, row 0: .* u16 cannot hold"),
        (Records("gps", {"hdop": [None]}), "no null for this field"),
        (Records("gps", {"gps_week": ["x"]}), "whole number is expected"),
        (Records("wind", {"wind_speed": ["x"]}), "numbers are expected"),
        (Records("wind", {"wind_speed": [1e39]}), "too large for f32"),
        (Records("position", {"differential_age": [255]}, size=39), "means null"),
        (Records("position", {"satellites": [16]}, size=39), "does not fit 4 bits"),
        (Records("position", {"fix_quality": ["best"]}), "none of the names none, autonomous"),
        (Records("position", {"time": ["no time"]}), "times are expected"),
        (Records("position", {"time": np.array([1.5])}), "times are datetime64, .* not float64"),
        (
            Records("position", {"time": [np.datetime64("1992-12-31")]}),
            "1992-12-31.* does not fit: its year is -1",
        ),
        (Records("system_setup", {"aircraft_id": ["N" * 17]}), "takes 17 bytes, .* has 16"),
        (Records("system_setup", {"pilot_name": ["Łukasz"]}), "is not latin-1"),
        (Records("system_setup", {"pilot_name": [None]}), "text expected, not None"),
        (Records("micro_rpm", {"count": [3], "rpm": [[1, 2]]}), "the count is 3, but .* has 2"),
        (Records("micro_rpm", {"rpm": [None]}), "list cannot be null"),
        (Records("job_info", {"text": ["x" * 252]}), "length field 256"),
        (Records(300, {"payload": [b""]}), "type number 300 does not fit u8"),
        (Records(99, {"data": [b""]}), "raw records have one column, payload"),
    ],
)
def test_what_does_not_fit_is_refused(satloc_air: Layout, records: Records, message: str) -> None:
    with pytest.raises(EncodeError, match=message):
        encode(satloc_air, [records])


def test_no_records_make_an_empty_log(satloc_air: Layout) -> None:
    assert encode(satloc_air, []) == b""
    assert readback(satloc_air, []) == {}
    assert encode(satloc_air, [Records("gps", {"hdop": []})]) == b""
