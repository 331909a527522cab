"""The records that a unit writes in flight: every kind with its columns, at its natural rate.

Kinds and columns are those of the layout ``satloc_air``; another layout shares what has the same
names. Each function gives :class:`Emission` objects; the order of :func:`emissions` is the order
of records within one moment. What is measured comes before the moment's position record, so that
a position's latest values are those of its own moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from satlog_native.synth.instruments import Readings
from satlog_native.synth.records import Array

#: Kinds that not every aircraft writes; ``FlightPlan.all_kinds`` has them all.
DRY: Final = {"fire_dry_gate_status", "if2_dry_gate", "tleg_dry_gate", "meterate"}
LIQUID: Final = {"flow_monitor"}
DUAL: Final = {"dual_flow_monitor", "dual_flow_target_rate"}
RARE: Final = {"agdisp", "micro_rpm", "if2_boom_pressure", "marker_unicode"}

_GPS_EPOCH: Final = np.datetime64("1980-01-06", "us")
_LEAP_SECONDS: Final = 18  # GPS time less UTC since 2017

#: A flow controller reports at every position for so long after the boom opens or shuts, s.
_SETTLING: Final = 3.0


@dataclass(frozen=True)
class Emission:
    """Records of one kind: at which positions (indices), and their columns."""

    kind: str
    ticks: Array
    columns: Mapping[str, Any]
    extended: bool = False


def emissions(readings: Readings, rng: np.random.Generator) -> list[Emission]:
    """All records of a flight that the plan's equipment writes."""
    plan = readings.plan
    left_out = set[str]()
    if not plan.all_kinds:
        left_out = RARE | (LIQUID if plan.material == "dry" else DRY)
        left_out |= set() if plan.dual_flow else DUAL
    every = (_setup, _gps, _slow, _guidance, _flow, _dry, _weather, _markers, _positions)
    return [
        emission
        for emit in every
        for emission in emit(readings, rng)
        if emission.kind not in left_out
    ]


def _every(readings: Readings, seconds: float) -> Array:
    """Indices of the positions at every so many seconds."""
    step = max(1, round(seconds * readings.plan.rate_hz))
    return np.arange(0, len(readings.time), step)


def _constant(ticks: Array, **columns: Any) -> dict[str, Any]:
    return {name: [value] * len(ticks) for name, value in columns.items()}


def _setup(readings: Readings, rng: np.random.Generator) -> Iterator[Emission]:
    plan, first = readings.plan, np.array([0])
    sections = [plan.swath_width / 8.0] * 8
    setup: dict[str, dict[str, Any]] = {
        "system_setup": {
            "software_version": "synth 1.0",
            "aircraft_id": plan.aircraft_id,
            "pilot_name": plan.pilot,
            "serial_number": int(rng.integers(100_000, 999_999)),
        },
        "controller_type": {"controller_name": "Satloc Constant Rate"},
        "swathing_setup": {
            "job_id": plan.job_id,
            "swath_width": plan.swath_width,
            "pattern": plan.pattern,
            "heading": plan.heading,
            "job_label": plan.job_label,
        },
        "flow_setup": {
            "enabled": True,
            "dry_material": plan.material == "dry",
            "calibration": 68.5,
            "nominal_rate": plan.target_rate,
            "boom_width": plan.swath_width * 0.8,
        },
        "boom_sections": {"count": len(sections), "section_width": sections},
        "job_info": {"text": f"{plan.job_label}: synthetic flight by {plan.pilot}"},
        "job_name": {"text": plan.job_label},
    }
    for kind, columns in setup.items():
        yield Emission(kind, first, _constant(first, **columns))


def _gps(readings: Readings, rng: np.random.Generator) -> Iterator[Emission]:
    ticks = _every(readings, 1.0)
    since = readings.time[ticks] - _GPS_EPOCH + np.timedelta64(_LEAP_SECONDS, "s")
    week = np.timedelta64(7 * 86400, "s")
    columns = {
        "time": readings.time[ticks],
        "gps_week": since // week,
        "time_of_week": (since % week) / np.timedelta64(1, "s"),
        "satellites_used": readings.satellites[ticks],
        "satellites_in_view": readings.satellites[ticks] + 3,
        "hdop": readings.hdop[ticks],
        "pdop": readings.hdop[ticks] * 1.8,
    }
    yield Emission("gps", ticks, columns | _constant(ticks, receiver_status=0))
    ticks = _every(readings, 10.0)
    yield Emission("gps_status_extended", ticks, {"payload": [rng.bytes(24) for _ in ticks]})


def _slow(readings: Readings, rng: np.random.Generator) -> Iterator[Emission]:
    ticks = _every(readings, 60.0)
    hours = readings.motion.seconds / 3600.0
    sprayed = np.cumsum(readings.spray.on) / readings.plan.rate_hz / 3600.0
    columns = {
        "engine_time": 1234.0 + hours[ticks],
        "spray_time": 345.0 + sprayed[ticks],
        "flight_time": 1100.0 + hours[ticks],
    }
    yield Emission("tach_times", ticks, columns)
    ticks = _every(readings, 30.0)
    warmth = np.minimum(hours[ticks] * 30.0, 12.0)
    columns = {"cpu_temperature": 48.0 + warmth, "board_temperature": 39.0 + warmth}
    yield Emission("sbc_temperatures", ticks, columns)
    ticks = _every(readings, 1.0)
    turning = readings.plan.noise * rng.normal(0.0, 15.0, (len(ticks), 8))
    rpm = np.rint(5200.0 + turning).astype(np.int64)
    yield Emission("micro_rpm", ticks, {"count": [8] * len(ticks), "rpm": rpm.tolist()})


def _guidance(readings: Readings, rng: np.random.Generator) -> Iterator[Emission]:
    runs = readings.route.runs
    ticks = np.searchsorted(readings.motion.distance, [run.start for run in runs])
    offsets = [run.swath.across - runs[0].swath.across for run in runs]
    numbers = [run.swath.number for run in runs]
    yield Emission("swath_number", ticks, {"swath_number": numbers, "swath_offset": offsets})
    ticks = _every(readings, 0.4)
    height = readings.laser_height[ticks]
    columns: dict[str, Any] = {
        "height": np.ma.MaskedArray(height, np.isnan(height)),
        "status": np.isnan(height).astype(np.int64),
    }
    yield Emission("laser_altimeter", ticks, columns)
    ticks = _every(readings, 10.0)
    columns = {
        "drift_offset": 1.5 * readings.motion.wind_speed[ticks],
        "release_height": readings.motion.height[ticks],
    }
    yield Emission("agdisp", ticks, columns | _constant(ticks, droplet_vmd=320))


def _flow(readings: Readings, rng: np.random.Generator) -> Iterator[Emission]:
    plan, spray = readings.plan, readings.spray
    ticks = _every(readings, 300.0)
    rate = plan.target_rate
    columns = _constant(ticks, target_rate=rate, material=plan.material)
    yield Emission("target_application_rate", ticks, columns)
    columns = _constant(ticks, left_target_rate=rate, right_target_rate=rate)
    yield Emission("dual_flow_target_rate", ticks, columns)

    ticks = _reports(readings)
    flow = readings.flow[ticks]
    nominal = plan.target_rate * plan.swath_width * plan.airspeed * 0.006
    columns = {
        "flow_rate": flow,
        "target_flow_rate": spray.target_flow[ticks],
        "volume": spray.volume[ticks],
        "pressure": readings.pressure[ticks],
        "valve_position": np.clip(np.rint(55.0 * flow / nominal), 0, 100).astype(np.int64),
        "boom_open": spray.on[ticks],
    }
    columns |= _constant(ticks, automatic=True, alarm=False)
    yield Emission("flow_monitor", ticks, columns)
    columns = {
        "left_flow_rate": flow / 2.0,
        "right_flow_rate": flow / 2.0,
        "left_volume": spray.volume[ticks] / 2.0,
        "right_volume": spray.volume[ticks] / 2.0,
    }
    yield Emission("dual_flow_monitor", ticks, columns)

    ticks = _every(readings, 2.0)
    ticks = ticks[spray.on[ticks]]
    area_rate = readings.ground_speed[ticks] * plan.swath_width * 0.006
    columns = {"applied_rate": readings.flow[ticks] / area_rate}
    yield Emission("applied_rate", ticks, columns | _constant(ticks, swath_width=plan.swath_width))
    ticks = _every(readings, 1.0)
    columns = {"boom_pressure": readings.pressure[ticks]}
    columns |= _constant(ticks, target_boom_pressure=260.0)
    yield Emission("if2_boom_pressure", ticks, columns)


def _reports(readings: Readings) -> Array:
    """When a flow controller reports: every second, and at every position while it settles."""
    seconds = readings.motion.seconds
    switches = np.sort(np.concatenate([readings.spray.opened, readings.spray.shut]))
    latest = np.searchsorted(switches, seconds, side="right") - 1
    since = np.where(latest >= 0, seconds - switches[np.maximum(latest, 0)], np.inf)
    return np.union1d(_every(readings, 1.0), np.flatnonzero(since <= _SETTLING))


def _dry(readings: Readings, rng: np.random.Generator) -> Iterator[Emission]:
    plan, on = readings.plan, readings.spray.on
    ticks = _reports(readings)
    area_rate = readings.motion.ground_speed * plan.swath_width * 0.006
    applied = (readings.flow / area_rate)[ticks]
    gate, target = 40.0 * applied / plan.target_rate, np.where(on[ticks], 40.0, 0.0)
    columns: dict[str, Any] = {"rate": readings.flow[ticks]}
    yield Emission("meterate", ticks, columns | {"target": readings.spray.target_flow[ticks]})
    columns = {"gate_position": gate, "target_position": target, "rate": applied}
    yield Emission("if2_dry_gate", ticks, columns)
    columns = {"gate_position": gate, "applied_rate": applied}
    columns |= _constant(ticks, target_rate=plan.target_rate)
    yield Emission("tleg_dry_gate", ticks, columns)
    head = 1.2 - 0.8 * readings.spray.volume / readings.spray.volume[-1]
    columns = {"gate_level": gate, "head": head[ticks], "status": on[ticks].astype(np.int64)}
    yield Emission("fire_dry_gate_status", ticks, columns)


def _weather(readings: Readings, rng: np.random.Generator) -> Iterator[Emission]:
    motion = readings.motion
    temperature = 24.0 + motion.seconds / 1800.0
    humidity = 60.0 - motion.seconds / 600.0
    # hPa; the lowest kilometre of the standard atmosphere, 12 Pa for each metre.
    pressure = 1013.25 - 0.12 * (readings.plan.elevation + motion.height)
    ticks = _every(readings, 5.0)
    columns = {
        "wind_speed": motion.wind_speed[ticks],
        "wind_direction": motion.wind_direction[ticks],
        "air_temperature": temperature[ticks],
        "relative_humidity": np.rint(humidity[ticks]),
        "air_pressure": pressure[ticks],
    }
    yield Emission("wind", ticks, columns)
    ticks = _every(readings, 60.0)
    columns = {
        "air_temperature": temperature[ticks],
        "relative_humidity": humidity[ticks],
        "air_pressure": pressure[ticks],
    }
    yield Emission("environmental", ticks, columns)


def _markers(readings: Readings, rng: np.random.Generator) -> Iterator[Emission]:
    sprayed = np.flatnonzero(readings.spray.on)
    ticks = np.array([sprayed[0], sprayed[len(sprayed) // 2], sprayed[-1]])
    places = {"latitude": readings.latitude[ticks], "longitude": readings.longitude[ticks]}
    yield Emission("marker", ticks, {"marker_type": ["start", "editable", "end"], **places})
    columns = {"marker_type": [131, 31, 132], "label": ["Anfang", "Bäume", "Ende"], **places}
    yield Emission("marker_unicode", ticks, columns)


def _positions(readings: Readings, rng: np.random.Generator) -> Iterator[Emission]:
    plan, motion = readings.plan, readings.motion
    every = np.arange(len(readings.time))
    whole_second = every % plan.rate_hz == 0
    extended = {"short": every < 0, "extended": every >= 0, "mixed": whole_second}[plan.positions]
    short, long = every[~extended], every[extended]
    if len(short):
        yield Emission("position", short, _position(readings, short))
    if len(long):
        columns = _position(readings, long) | {
            "roll": motion.roll[long],
            "pitch": np.degrees(np.arctan2(motion.vertical_speed, motion.ground_speed))[long],
            "heading": motion.heading[long],
            "vertical_speed": motion.vertical_speed[long],
            "hdop": readings.hdop[long],
            "vdop": readings.hdop[long] * 1.5,
            "satellites_used": readings.satellites[long],
            "boom_mask": np.where(readings.spray.on[long], 0xFF, 0),
        }
        columns |= _constant(long, geoid_separation=-27.6, fix_quality="differential")
        yield Emission("position", long, columns, extended=True)


def _position(readings: Readings, ticks: Array) -> dict[str, Any]:
    columns = {
        "time": readings.time[ticks],
        "latitude": readings.latitude[ticks],
        "longitude": readings.longitude[ticks],
        "altitude": readings.altitude[ticks],
        "ground_speed": readings.ground_speed[ticks],
        "track": readings.course[ticks],
        "cross_track": readings.cross_track[ticks],
        "differential_age": 3 + ticks // readings.plan.rate_hz % 8,
        "spray_on": readings.spray.on[ticks],
        "in_boundary": readings.motion.in_field[ticks],
        "guidance_lock": readings.on_line[ticks],
        "satellites": readings.satellites[ticks],
    }
    return columns | _constant(ticks, differential=True)
