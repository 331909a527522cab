"""The records of satloc_air, written down by hand for the rivals: nothing of satlog's is used.

Fields lie side by side from the payload's start; a shorter variant has the first few of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

#: Column name to values, row by row; None is null.
Table = dict[str, list[Any]]
#: Tables by record name, or by type number where the layout does not know the type.
Tables = dict[str | int, Table]

SYNC: Final = 0xA5
#: Bytes before the payload; one more, the checksum, follows it.
PAYLOAD_AT: Final = 3
OVERHEAD: Final = 4


@dataclass(frozen=True)
class Field:
    """One field: its name, its code as :mod:`struct` has it, and how it becomes columns."""

    name: str
    code: str
    scale: float | None = None
    null: int | None = None
    nan_is_null: bool = False
    bits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    enum: Mapping[int, str] = field(default_factory=dict)
    encoding: str = ""
    time: bool = False


@dataclass(frozen=True)
class Kind:
    """One type: its fields, and how many of them a payload of each size has.

    A kind without sizes is variable: its fields are followed by ``tail``, which is text, as many
    numbers as the first field says, or (code ``""``) the payload as it is.
    """

    name: str
    fields: tuple[Field, ...]
    sizes: Mapping[int, int] = field(default_factory=dict)
    tail: Field | None = None


def _bits(name: str, **places: int | tuple[int, int]) -> Field:
    wide = {key: (at, 1) if isinstance(at, int) else at for key, at in places.items()}
    return Field(name, "B", bits=wide)


def _text(name: str, size: int, encoding: str) -> Field:
    return Field(name, f"{size}s", encoding=encoding)


def _fixed(name: str, size: int, *fields: Field) -> Kind:
    return Kind(name, fields, {size: len(fields)})


def _floats(names: str) -> tuple[Field, ...]:
    return tuple(Field(name, "f") for name in names.split())


_TIME = Field("time", "5s", time=True)
_PLACE = (Field("latitude", "d"), Field("longitude", "d"))
_POSITION = (
    _TIME,
    *_PLACE,
    *_floats("altitude ground_speed track cross_track"),
    Field("differential_age", "B", null=255),
    _bits("flags", spray_on=0, differential=1, in_boundary=2, guidance_lock=3, satellites=(4, 4)),
)
_ATTITUDE = (
    *_floats("roll pitch heading vertical_speed hdop vdop"),
    Field("geoid_separation", "h", scale=0.01),
    Field(
        "fix_quality",
        "B",
        enum={0: "none", 1: "autonomous", 2: "differential", 4: "rtk_fixed", 5: "rtk_float"},
    ),
    Field("satellites_used", "B"),
    Field("boom_mask", "I"),
)
_PATTERNS = {0: "back_to_back", 1: "racetrack", 2: "squeeze", 3: "quick_racetrack"}

KINDS: Final[Mapping[int, Kind]] = {
    1: Kind(
        "position",
        (*_POSITION, *_ATTITUDE),
        {39: len(_POSITION), 74: len(_POSITION) + len(_ATTITUDE)},
    ),
    10: _fixed(
        "gps",
        19,
        _TIME,
        Field("gps_week", "H"),
        Field("time_of_week", "I", scale=0.001),
        Field("satellites_used", "B"),
        Field("satellites_in_view", "B"),
        Field("hdop", "H", scale=0.01),
        Field("pdop", "H", scale=0.01),
        Field("receiver_status", "H"),
    ),
    11: Kind("gps_status_extended", (), tail=Field("payload", "")),
    20: _fixed("swath_number", 6, Field("swath_number", "h"), Field("swath_offset", "f")),
    30: _fixed(
        "flow_monitor",
        18,
        *_floats("flow_rate target_flow_rate volume pressure"),
        Field("valve_position", "B", null=255),
        _bits("status", boom_open=0, automatic=1, alarm=2),
    ),
    31: _fixed(
        "dual_flow_monitor", 16, *_floats("left_flow_rate right_flow_rate left_volume right_volume")
    ),
    32: _fixed(
        "target_application_rate",
        5,
        Field("target_rate", "f"),
        Field("material", "B", enum={0: "liquid", 1: "dry"}),
    ),
    33: _fixed("dual_flow_target_rate", 8, *_floats("left_target_rate right_target_rate")),
    36: _fixed("applied_rate", 8, *_floats("applied_rate swath_width")),
    37: _fixed(
        "fire_dry_gate_status",
        7,
        Field("gate_level", "H", scale=0.1),
        Field("head", "f"),
        Field("status", "B"),
    ),
    38: _fixed(
        "if2_dry_gate",
        8,
        Field("gate_position", "H", scale=0.1),
        Field("target_position", "H", scale=0.1),
        Field("rate", "f"),
    ),
    39: _fixed(
        "tleg_dry_gate",
        10,
        Field("gate_position", "H", scale=0.1),
        *_floats("target_rate applied_rate"),
    ),
    42: _fixed("laser_altimeter", 5, Field("height", "f", nan_is_null=True), Field("status", "B")),
    43: _fixed("agdisp", 10, *_floats("drift_offset release_height"), Field("droplet_vmd", "H")),
    45: _fixed(
        "tach_times",
        12,
        Field("engine_time", "I", scale=0.01),
        Field("spray_time", "I", scale=0.01),
        Field("flight_time", "I", scale=0.01),
    ),
    46: Kind("controller_type", (), tail=Field("controller_name", "", encoding="ascii")),
    47: _fixed("if2_boom_pressure", 8, *_floats("boom_pressure target_boom_pressure")),
    50: _fixed(
        "wind",
        15,
        *_floats("wind_speed wind_direction air_temperature"),
        Field("relative_humidity", "B", null=255),
        Field("air_pressure", "H", scale=0.1),
    ),
    52: Kind("micro_rpm", (Field("count", "B"),), tail=Field("rpm", "H")),
    56: _fixed(
        "sbc_temperatures",
        4,
        Field("cpu_temperature", "h", scale=0.1),
        Field("board_temperature", "h", scale=0.1),
    ),
    57: _fixed("meterate", 8, *_floats("rate target")),
    60: _fixed(
        "marker",
        17,
        Field("marker_type", "B", enum={31: "editable", 131: "start", 132: "end"}),
        *_PLACE,
    ),
    61: Kind(
        "marker_unicode",
        (Field("marker_type", "B"), *_PLACE),
        tail=Field("label", "", encoding="utf-16-le"),
    ),
    100: _fixed(
        "system_setup",
        68,
        _text("software_version", 16, "ascii"),
        _text("aircraft_id", 16, "ascii"),
        _text("pilot_name", 32, "latin-1"),
        Field("serial_number", "I"),
    ),
    110: _fixed("environmental", 12, *_floats("air_temperature relative_humidity air_pressure")),
    120: _fixed(
        "swathing_setup",
        77,
        Field("job_id", "I", null=0),
        Field("swath_width", "f"),
        Field("pattern", "B", enum=_PATTERNS),
        Field("heading", "f"),
        _text("job_label", 64, "utf-8"),
    ),
    140: _fixed(
        "flow_setup",
        13,
        _bits("control", enabled=0, dry_material=1),
        *_floats("calibration nominal_rate boom_width"),
    ),
    142: Kind("boom_sections", (Field("count", "B"),), tail=Field("section_width", "f")),
    151: Kind("job_info", (), tail=Field("text", "", encoding="utf-8")),
    152: Kind("job_name", (), tail=Field("text", "", encoding="utf-8")),
}


def bad_frame(offset: int) -> ValueError:
    """What every rival raises at the first frame that does not hold."""
    return ValueError(f"no good frame at offset {offset}")


def text_of(data: bytes, encoding: str) -> str:
    """Text without the NULs and blanks that fill its field up."""
    return data.decode(encoding, "replace").rstrip("\0 ")


def time_of(ticks: int) -> datetime | None:
    """The moment that a 40-bit time stands for; None where there is no such date."""
    try:
        return datetime(
            1993 + (ticks >> 33),
            (ticks >> 29) & 15,
            (ticks >> 24) & 31,
            (ticks >> 19) & 31,
            (ticks >> 13) & 63,
            (ticks >> 7) & 63,
            (ticks & 127) * 10_000,
            UTC,
        )
    except ValueError:
        return None


def converter(field: Field) -> Callable[[Sequence[Any]], list[Any]]:
    """What turns a column of wire values of a fixed field (without bits) into its values.

    A None is what a shorter variant lacks.
    """
    if field.time:
        return lambda column: [time_of(int.from_bytes(wire, "little")) for wire in column]
    if (encoding := field.encoding) != "":
        return lambda column: [text_of(wire, encoding) for wire in column]
    if (scale := field.scale) is not None:
        return lambda column: [None if wire is None else wire * scale for wire in column]
    if names := field.enum:
        known: dict[int | None, str | None] = {None: None}
        known |= {wire: names.get(wire, str(wire)) for wire in range(256)}
        return lambda column: [known[wire] for wire in column]
    if (null := field.null) is not None:
        return lambda column: [None if wire == null else wire for wire in column]
    if field.nan_is_null:
        # Only a NaN differs from itself.
        return lambda column: [wire if wire == wire else None for wire in column]  # noqa: PLR0124
    return list
