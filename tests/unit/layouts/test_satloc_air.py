"""The shipped layout holds what the reference table says; the table is transcribed here by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from satlog_native.layouts import Field, LengthField, PackedTime, available, load
from satlog_native.layouts.model import WIRE_TYPES

TS40 = (
    ("hundredth", 0, 7),
    ("second", 7, 6),
    ("minute", 13, 6),
    ("hour", 19, 5),
    ("day", 24, 5),
    ("month", 29, 4),
    ("year", 33, 7),
)

# type, name, payload size, fields: at, name, type, unit, then scale and null as they differ.
POSITION = """
0 time ts40
5 latitude f64 deg
13 longitude f64 deg
21 altitude f32 m
25 ground_speed f32 m/s
29 track f32 deg
33 cross_track f32 m
37 differential_age u8 s null=255
38 flags u8
"""
REFERENCE: list[tuple[int, str, int | None, str]] = [
    (1, "position", 39, POSITION),
    (
        1,
        "position",
        74,
        POSITION
        + """\
39 roll f32 deg
43 pitch f32 deg
47 heading f32 deg
51 vertical_speed f32 m/s
55 hdop f32
59 vdop f32
63 geoid_separation i16 m scale=0.01
65 fix_quality u8
66 satellites_used u8
67 boom_mask u32
""",
    ),
    (
        10,
        "gps",
        19,
        """
0 time ts40
5 gps_week u16
7 time_of_week u32 s scale=0.001
11 satellites_used u8
12 satellites_in_view u8
13 hdop u16 scale=0.01
15 pdop u16 scale=0.01
17 receiver_status u16
""",
    ),
    (11, "gps_status_extended", None, ""),
    (20, "swath_number", 6, "0 swath_number i16\n2 swath_offset f32 m"),
    (
        30,
        "flow_monitor",
        18,
        """
0 flow_rate f32 L/min
4 target_flow_rate f32 L/min
8 volume f32 L
12 pressure f32 kPa
16 valve_position u8 % null=255
17 status u8
""",
    ),
    (
        31,
        "dual_flow_monitor",
        16,
        """
0 left_flow_rate f32 L/min
4 right_flow_rate f32 L/min
8 left_volume f32 L
12 right_volume f32 L
""",
    ),
    (32, "target_application_rate", 5, "0 target_rate f32 L/ha\n4 material u8"),
    (
        33,
        "dual_flow_target_rate",
        8,
        "0 left_target_rate f32 L/ha\n4 right_target_rate f32 L/ha",
    ),
    (36, "applied_rate", 8, "0 applied_rate f32 L/ha\n4 swath_width f32 m"),
    (
        37,
        "fire_dry_gate_status",
        7,
        "0 gate_level u16 % scale=0.1\n2 head f32 m\n6 status u8",
    ),
    (
        38,
        "if2_dry_gate",
        8,
        "0 gate_position u16 % scale=0.1\n2 target_position u16 % scale=0.1\n4 rate f32 kg/ha",
    ),
    (
        39,
        "tleg_dry_gate",
        10,
        "0 gate_position u16 % scale=0.1\n2 target_rate f32 kg/ha\n6 applied_rate f32 kg/ha",
    ),
    (42, "laser_altimeter", 5, "0 height f32 m null=nan\n4 status u8"),
    (43, "agdisp", 10, "0 drift_offset f32 m\n4 release_height f32 m\n8 droplet_vmd u16 µm"),
    (
        45,
        "tach_times",
        12,
        """
0 engine_time u32 h scale=0.01
4 spray_time u32 h scale=0.01
8 flight_time u32 h scale=0.01
""",
    ),
    (46, "controller_type", None, "0 controller_name text:rest:ascii"),
    (47, "if2_boom_pressure", 8, "0 boom_pressure f32 kPa\n4 target_boom_pressure f32 kPa"),
    (
        50,
        "wind",
        15,
        """
0 wind_speed f32 m/s
4 wind_direction f32 deg
8 air_temperature f32 °C
12 relative_humidity u8 % null=255
13 air_pressure u16 hPa scale=0.1
""",
    ),
    (52, "micro_rpm", None, "0 count u8\n1 rpm u16*count"),
    (
        56,
        "sbc_temperatures",
        4,
        "0 cpu_temperature i16 °C scale=0.1\n2 board_temperature i16 °C scale=0.1",
    ),
    (57, "meterate", 8, "0 rate f32 kg/min\n4 target f32 kg/min"),
    (60, "marker", 17, "0 marker_type u8\n1 latitude f64 deg\n9 longitude f64 deg"),
    (
        61,
        "marker_unicode",
        None,
        """
0 marker_type u8
1 latitude f64 deg
9 longitude f64 deg
17 label text:rest:utf-16-le
""",
    ),
    (
        100,
        "system_setup",
        68,
        """
0 software_version text:16:ascii
16 aircraft_id text:16:ascii
32 pilot_name text:32:latin-1
64 serial_number u32
""",
    ),
    (
        110,
        "environmental",
        12,
        "0 air_temperature f32 °C\n4 relative_humidity f32 %\n8 air_pressure f32 hPa",
    ),
    (
        120,
        "swathing_setup",
        77,
        """
0 job_id u32 null=0
4 swath_width f32 m
8 pattern u8
9 heading f32 deg
13 job_label text:64:utf-8
""",
    ),
    (
        140,
        "flow_setup",
        13,
        "0 control u8\n1 calibration f32 pulses/L\n5 nominal_rate f32 L/ha\n9 boom_width f32 m",
    ),
    (142, "boom_sections", None, "0 count u8\n1 section_width f32*count m"),
    (151, "job_info", None, "0 text text:rest:utf-8"),
    (152, "job_name", None, "0 text text:rest:utf-8"),
]

ENUMS = {
    ("position", "fix_quality"): {
        0: "none", 1: "autonomous", 2: "differential", 4: "rtk_fixed", 5: "rtk_float",
    },
    ("target_application_rate", "material"): {0: "liquid", 1: "dry"},
    ("marker", "marker_type"): {31: "editable", 131: "start", 132: "end"},
    ("swathing_setup", "pattern"): {
        0: "back_to_back", 1: "racetrack", 2: "squeeze", 3: "quick_racetrack",
    },
}  # fmt: skip

BITS = {
    ("position", "flags"): {
        "spray_on": (0, 1),
        "differential": (1, 1),
        "in_boundary": (2, 1),
        "guidance_lock": (3, 1),
        "satellites": (4, 4),
    },
    ("flow_monitor", "status"): {"boom_open": (0, 1), "automatic": (1, 1), "alarm": (2, 1)},
    ("flow_setup", "control"): {"enabled": (0, 1), "dry_material": (1, 1)},
}


def written(field: Field) -> str:
    """A field as a line of the reference."""
    word = field.type
    if field.codec == PackedTime(5, TS40, 1993):
        word = "ts40"
    elif field.type == "text":
        word = f"text:{field.size}:{field.encoding}"
    elif field.count is not None:
        word += f"*{field.count}"
    parts = [str(field.at), field.name, word]
    parts += [field.unit] if field.unit else []
    parts += [f"scale={field.scale}"] if field.scale is not None else []
    parts += [f"null={field.null}"] if field.null is not None else []
    return " ".join(parts)


@pytest.mark.parametrize("number", range(len(REFERENCE)), ids=lambda n: REFERENCE[n][1])
def test_record_holds_what_the_reference_says(number: int) -> None:
    type_, name, size, fields = REFERENCE[number]

    variant = load("satloc_air").variants[number]

    assert (variant.type, variant.name, variant.size) == (type_, name, size)
    assert [written(field) for field in variant.fields] == fields.strip().splitlines()
    assert {(name, f.name): dict(f.enum) for f in variant.fields if f.enum} == {
        key: enum for key, enum in ENUMS.items() if key[0] == name and size != 39
    }
    assert {
        (name, f.name): {b.name: (b.first, b.width) for b in f.bits}
        for f in variant.fields
        if f.bits
    } == {key: bits for key, bits in BITS.items() if key[0] == name}


def test_there_is_no_other_record() -> None:
    assert len(load("satloc_air").variants) == len(REFERENCE)


def test_every_number_is_little_endian_and_none_is_biased() -> None:
    fields = [field for variant in load("satloc_air").variants for field in variant.fields]

    assert {field.byte_order for field in fields} == {"little"}
    assert {field.bias for field in fields} == {None}


def test_every_record_and_field_is_documented() -> None:
    layout = load("satloc_air")

    assert all(variant.doc for variant in layout.variants)
    assert all(field.doc for variant in layout.variants for field in variant.fields)
    assert "kg/ha if dry" in layout.by_name["target_application_rate"].variants[0].fields[0].doc


def test_frame() -> None:
    framing = load("satloc_air").framing

    assert (framing.header_size, framing.magic, framing.sync) == (0, b"", b"\xa5")
    assert framing.length == LengthField(1, WIRE_TYPES["u8"], "frame", 0, 255, "little")
    assert (framing.type.at, framing.type.wire.name, framing.payload_at) == (2, "u8", 3)
    assert framing.checksum is not None
    checksum = framing.checksum
    assert (checksum.algorithm, checksum.wire.name, checksum.start) == ("sum8", "u8", 1)
    assert checksum.at is None


def test_type_1_has_frames_of_43_and_78_bytes() -> None:
    layout = load("satloc_air")

    sizes = [variant.minimum_size for variant in layout.by_type[1].variants]

    assert [size + layout.framing.overhead for size in sizes] == [43, 78]


def test_it_says_that_it_is_an_assumption() -> None:
    layout = load("satloc_air")
    text = available()["satloc_air"].read_text(encoding="utf-8")

    assert layout.status == "assumed"
    assert "assumed" in layout.title
    assert "PROJECT'S OWN ASSUMPTION" in text


def test_it_lies_in_the_package() -> None:
    assert Path(load("satloc_air").source).parent.name == "layouts"
