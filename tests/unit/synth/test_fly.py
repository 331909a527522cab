from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from satlog_native.errors import EncodeError, LayoutNotFound
from satlog_native.layouts import Layout
from satlog_native.synth import Flight, FlightPlan, demo_plan, fly, rectangle
from satlog_native.synth.geodesy import LocalFrame

MakeLayout = Callable[..., Layout]

CALM: dict[str, Any] = {"noise": 0.0, "wind_speed": 0.0, "wind_gust": 0.0}


def logged(flight: Flight, kind: str, column: str) -> Any:
    return flight.truth.tables[kind][column]


def seconds(flight: Flight, kind: str = "position") -> Any:
    time = logged(flight, kind, "time").data.astype("M8[us]")
    return (time - np.datetime64(flight.truth.plan.start_time)) / np.timedelta64(1, "s")


def test_the_same_seed_gives_the_same_bytes() -> None:
    plan = FlightPlan(rate_hz=5, airstrip=(-90.95, 35.2))
    assert fly(plan, seed=5).data == fly(plan, seed=5).data
    assert fly(plan, seed=5).data != fly(plan, seed=6).data


def test_the_default_flight_is_of_the_usual_size() -> None:
    flight = fly(FlightPlan())
    assert flight.truth.frames == pytest.approx(21_601, abs=50)
    assert flight.truth.motion.seconds[-1] / 60 == pytest.approx(35.5, abs=1)


@pytest.mark.parametrize("rate", [5, 10])
def test_positions_come_at_an_even_rate(rate: Any) -> None:
    flight = fly(FlightPlan(rate_hz=rate, airstrip=(-90.95, 35.2)))
    assert np.diff(seconds(flight)) == pytest.approx(1 / rate)
    assert np.diff(seconds(flight, "gps")) == pytest.approx(1.0)
    length = seconds(flight)[-1]
    assert len(logged(flight, "laser_altimeter", "frame")) == pytest.approx(2.5 * length, abs=2)
    assert len(logged(flight, "wind", "frame")) == pytest.approx(length / 5, abs=2)
    assert len(logged(flight, "tach_times", "frame")) == pytest.approx(length / 60, abs=2)


def test_the_aircraft_flies_as_aircraft_do(flight: Flight) -> None:
    plan, motion = flight.truth.plan, flight.truth.motion
    steps = np.hypot(np.diff(motion.x), np.diff(motion.y)) * plan.rate_hz
    mean_speed = (motion.ground_speed[1:] + motion.ground_speed[:-1]) / 2
    assert steps == pytest.approx(mean_speed, rel=0.02)
    assert motion.ground_speed.min() > 5
    assert motion.ground_speed.max() < plan.airspeed + plan.wind_speed + 4 * plan.wind_gust
    assert np.abs(np.diff(motion.ground_speed)).max() * plan.rate_hz < 4  # m/s²
    turning = np.radians((np.diff(motion.course) + 180) % 360 - 180) * plan.rate_hz
    banks = np.degrees(np.arctan(turning * mean_speed / 9.81))
    assert np.abs(banks).max() < plan.bank_limit + 1
    assert np.abs(motion.roll).max() > 30
    assert np.abs(motion.vertical_speed).max() < 8
    assert motion.height.min() >= 0
    assert motion.height.max() == plan.ferry_height
    start = flight.truth.frame.to_metres(plan.airstrip[1], plan.airstrip[0])
    assert np.hypot(motion.x[-1] - start[0], motion.y[-1] - start[1]) < 20


def test_logged_places_fit_the_logged_speed(flight: Flight) -> None:
    latitude = np.radians(logged(flight, "position", "latitude").data)
    longitude = np.radians(logged(flight, "position", "longitude").data)
    middle = (latitude[1:] + latitude[:-1]) / 2
    squash = 1 - 0.00669437999014 * np.sin(middle) ** 2
    north = np.diff(latitude) * 6378137 * (1 - 0.00669437999014) / squash**1.5
    east = np.diff(longitude) * 6378137 / np.sqrt(squash) * np.cos(middle)
    speed = logged(flight, "position", "ground_speed").data
    assert np.hypot(north, east).sum() == pytest.approx(speed.sum() / 5, rel=2e-3)
    course = np.degrees(np.arctan2(east, north))
    track = np.radians(logged(flight, "position", "track").data)
    middle = np.degrees(np.angle(np.exp(1j * track[1:]) + np.exp(1j * track[:-1])))
    assert np.median(np.abs((middle - course + 180) % 360 - 180)) < 0.2


def test_nothing_logged_is_not_a_number(flight: Flight) -> None:
    for kind, table in flight.truth.tables.items():
        for name, column in table.items():
            if column.dtype.kind == "f":
                assert np.isfinite(column.compressed()).all(), (kind, name)
    heights = logged(flight, "laser_altimeter", "height")
    assert 0 < np.ma.getmaskarray(heights).sum() < len(heights)


@pytest.mark.parametrize("field_heading", [0.0, 30.0, 200.0])
def test_passes_of_a_rectangle(field_heading: float) -> None:
    plan = FlightPlan(
        field=rectangle(-33.4, 149.1, 330.0, 700.0, field_heading),
        airstrip=(149.05, -33.4),
        heading=field_heading,
        swath_width=22.0,
        **CALM,
    )
    truth = fly(plan).truth
    assert len(truth.passes) == 15
    across, along = [], []
    angle = np.radians(field_heading)
    for each in truth.passes:
        assert each.length == pytest.approx(700.0, abs=1e-3)
        assert each.area == pytest.approx(700.0 * 22.0 / 1e4, rel=1e-5)
        corners = np.array(each.rectangle)
        across += list(corners @ [np.cos(angle), -np.sin(angle)])
        along += list(corners @ [np.sin(angle), np.cos(angle)])
        sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
        assert sides == pytest.approx([22.0, each.length, 22.0, each.length])
    assert max(across) - min(across) == pytest.approx(330.0, abs=1e-3)
    assert max(along) - min(along) == pytest.approx(700.0, abs=1e-3)
    # The local origin is the mean of the vertices' degrees: the middle, but for millimetres.
    assert max(across) + min(across) == pytest.approx(0.0, abs=0.02)
    assert max(along) + min(along) == pytest.approx(0.0, abs=0.02)
    assert sum(each.area for each in truth.passes) == pytest.approx(33 * 0.7, rel=1e-5)


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        ("back_to_back", [1, 2, 3, 4, 5]),
        ("racetrack", [1, 4, 2, 5, 3]),
        ("squeeze", [1, 5, 2, 4, 3]),
        ("quick_racetrack", [1, 4, 2, 5, 3]),
    ],
)
def test_patterns(pattern: Any, numbers: list[int]) -> None:
    field = rectangle(35.2, -90.9, 100.0, 600.0, 40.0)
    plan = FlightPlan(field=field, heading=40.0, pattern=pattern, airstrip=(-90.95, 35.2))
    flight = fly(plan)
    passes = flight.truth.passes
    assert [each.swath_number for each in passes] == numbers
    assert [each.number for each in passes] == [1, 2, 3, 4, 5]
    assert [each.heading for each in passes] == pytest.approx([40.0, 220.0, 40.0, 220.0, 40.0])
    track = logged(flight, "position", "track").data
    for each in passes:
        assert np.abs(track[each.first : each.last + 1] - each.heading).max() < 1
    assert logged(flight, "swath_number", "swath_number").tolist() == numbers
    offsets = logged(flight, "swath_number", "swath_offset").data
    assert offsets == pytest.approx([(number - 1) * 20.0 for number in numbers], abs=1e-3)
    assert logged(flight, "swathing_setup", "pattern").tolist() == [pattern]


def test_logged_spray_is_the_truths_passes_to_one_sample(flight: Flight) -> None:
    on = logged(flight, "position", "spray_on").data
    starts = np.flatnonzero(on & ~np.roll(on, 1))
    ends = np.flatnonzero(on & ~np.roll(on, -1))
    passes = flight.truth.passes
    assert starts.tolist() == [each.first for each in passes]
    assert ends.tolist() == [each.last for each in passes]
    time = logged(flight, "position", "time").data.astype("M8[us]")
    sample = np.timedelta64(200, "ms")
    for each in passes:
        assert each.start_time <= time[each.first] < each.start_time + sample
        assert time[each.last] < each.end_time <= time[each.last] + sample


def test_spray_is_on_inside_the_field_only(flight: Flight) -> None:
    on, motion = flight.truth.spray.on, flight.truth.motion
    assert (np.abs(motion.x[on]) <= 250.001).all()
    assert (np.abs(motion.y[on]) <= 400.001).all()
    assert (logged(flight, "position", "spray_on").data == on).all()
    # Straight and low while it is on.
    assert np.abs(motion.roll[on]).max() < 1e-9
    assert motion.height[on] == pytest.approx(flight.truth.plan.release_height)
    assert logged(flight, "position", "guidance_lock").data[on].all()
    assert logged(flight, "position", "in_boundary").data[on].all()


def test_a_field_with_a_bay_is_sprayed_on_both_sides_of_it() -> None:
    frame = LocalFrame(35.2, -90.9)
    x = np.array([-500.0, 500.0, 500.0, 200.0, 200.0, -200.0, -200.0, -500.0])
    y = np.array([-50.0, -50.0, 50.0, 50.0, 10.0, 10.0, 50.0, 50.0])
    latitude, longitude = frame.to_degrees(x, y)
    field = tuple(zip(longitude.tolist(), latitude.tolist(), strict=True))
    plan = FlightPlan(field=field, heading=90.0, pattern="back_to_back", **CALM)
    truth = fly(replace(plan, airstrip=(-90.95, 35.2))).truth
    # From the north: two swaths over the bay and, its shore on their middle, three below it.
    assert [each.swath_number for each in truth.passes] == [1, 1, 2, 2, 3, 4, 5]
    lengths = [each.length for each in truth.passes]
    assert lengths == pytest.approx([300.0] * 4 + [1000.0] * 3, abs=0.01)


def test_a_quiet_flight_is_exactly_as_planned(quiet_flight: Flight) -> None:
    truth = quiet_flight.truth
    plan, on = truth.plan, truth.spray.on
    assert truth.motion.ground_speed[on] == pytest.approx(62.0)
    assert np.abs(logged(quiet_flight, "position", "cross_track").data[on]).max() < 1e-3
    assert truth.motion.heading[on] == pytest.approx(truth.motion.course[on])
    # The exact answer of a first-order lag to a step.
    nominal = plan.target_rate * plan.swath_width * 62.0 / 1e4  # L/s
    for each in truth.passes:
        spray_time = each.length / 62.0
        lost = plan.flow_lag * (1 - np.exp(-spray_time / plan.flow_lag))
        assert each.volume == pytest.approx(nominal * (spray_time - lost), rel=1e-9)
        measured = (each.end_time - each.start_time) / np.timedelta64(1, "s")
        assert measured == pytest.approx(spray_time, abs=2e-6)
    assert truth.volume == pytest.approx(sum(each.volume for each in truth.passes))
    assert logged(quiet_flight, "flow_monitor", "volume").data[-1] == np.float32(truth.volume)


def test_no_lag_gives_the_target_rate() -> None:
    truth = fly(FlightPlan(flow_lag=0.0, airstrip=(-90.95, 35.2)), seed=4).truth
    area = sum(each.area for each in truth.passes)
    assert truth.volume / area == pytest.approx(30.0, rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_integral_of_the_logged_flow_is_the_volume(seed: int) -> None:
    flight = fly(demo_plan(seed), seed=seed)
    position, monitor = flight.truth.tables["position"], flight.truth.tables["flow_monitor"]
    latest = np.searchsorted(monitor["frame"].data, position["frame"].data) - 1
    flow = monitor["flow_rate"].data[latest]
    total = flow[position["spray_on"].data].sum() / 60 / flight.truth.plan.rate_hz
    assert total == pytest.approx(flight.truth.volume, rel=0.01)
    assert monitor["volume"].data[-1] == pytest.approx(flight.truth.volume, rel=1e-6)
    assert (np.diff(monitor["volume"].data) >= 0).all()
    assert (monitor["flow_rate"].data[~monitor["boom_open"].data] == 0).all()


@pytest.mark.parametrize(
    ("wind_direction", "speeds", "crab"),
    [
        (0.0, (56.0, 68.0), 0.0),  # head wind northwards, tail wind southwards
        (90.0, (np.sqrt(62.0**2 - 36.0),) * 2, np.degrees(np.arcsin(6.0 / 62.0))),
    ],
)
def test_wind(wind_direction: float, speeds: tuple[float, float], crab: float) -> None:
    plan = FlightPlan(
        noise=0.0, wind_speed=6.0, wind_gust=0.0, wind_direction=wind_direction,
        positions="extended", airstrip=(-90.95, 35.2),
    )  # fmt: skip
    flight = fly(plan)
    on = logged(flight, "position", "spray_on").data
    northwards = on & (np.cos(np.radians(logged(flight, "position", "track").data)) > 0)
    southwards = on & ~northwards
    for chosen, speed, side in ((northwards, speeds[0], 1), (southwards, speeds[1], -1)):
        assert logged(flight, "position", "ground_speed").data[chosen] == pytest.approx(speed)
        nose = logged(flight, "position", "heading").data[chosen].astype(float)
        nose -= logged(flight, "position", "track").data[chosen]
        assert (nose + 180) % 360 - 180 == pytest.approx(side * crab, abs=1e-3)
    assert logged(flight, "wind", "wind_speed").data == pytest.approx(6.0)
    assert logged(flight, "wind", "wind_direction").data == pytest.approx(wind_direction)


def test_every_kind_can_be_had(satloc_air: Layout, flight: Flight) -> None:
    assert set(flight.truth.tables) == set(satloc_air.by_name)
    default = fly(FlightPlan(airstrip=(-90.95, 35.2))).truth.tables
    assert "flow_monitor" in default
    assert not {"if2_dry_gate", "meterate", "dual_flow_monitor", "agdisp"} & set(default)
    dry = fly(FlightPlan(material="dry", airstrip=(-90.95, 35.2))).truth.tables
    assert {"if2_dry_gate", "meterate", "tleg_dry_gate", "fire_dry_gate_status"} <= set(dry)
    assert "flow_monitor" not in dry
    assert dry["target_application_rate"]["material"].tolist()[0] == "dry"
    assert dry["flow_setup"]["dry_material"].tolist() == [True]
    dual = fly(FlightPlan(dual_flow=True, airstrip=(-90.95, 35.2))).truth.tables
    assert {"dual_flow_monitor", "dual_flow_target_rate"} <= set(dual)


def test_what_is_logged_of_the_plan() -> None:
    plan = FlightPlan(
        job_id=None, job_label="Süd 3", pilot="Ö. Test", aircraft_id="D-FOXY",
        airstrip=(-90.95, 35.2),
    )  # fmt: skip
    tables = fly(plan).truth.tables
    assert tables["system_setup"]["aircraft_id"].tolist() == ["D-FOXY"]
    assert tables["system_setup"]["pilot_name"].tolist() == ["Ö. Test"]
    assert tables["swathing_setup"]["job_id"].tolist() == [None]
    assert tables["swathing_setup"]["job_label"].tolist() == ["Süd 3"]
    assert tables["swathing_setup"]["swath_width"].tolist() == [20.0]
    assert tables["job_name"]["text"].tolist() == ["Süd 3"]
    assert tables["boom_sections"]["section_width"].tolist() == [[2.5] * 8]
    assert tables["marker"]["marker_type"].tolist() == ["start", "editable", "end"]
    first_time = tables["position"]["time"].data[0].astype("M8[us]")
    assert first_time == np.datetime64("2025-07-14T13:05:00")


@pytest.mark.parametrize(
    ("positions", "share"), [("short", 0.0), ("extended", 1.0), ("mixed", 0.2)]
)
def test_position_variants(positions: Any, share: float) -> None:
    flight = fly(FlightPlan(positions=positions, airstrip=(-90.95, 35.2)))
    rolls = flight.truth.tables["position"].get("roll")
    given = 0 if rolls is None else len(rolls.compressed())
    assert given / len(flight.truth.motion.seconds) == pytest.approx(share, abs=1e-3)
    sizes = {
        int(flight.truth.offsets[frame + 1] - flight.truth.offsets[frame])
        for frame in flight.truth.tables["position"]["frame"].tolist()
    }
    assert sizes == {"short": {43}, "extended": {78}, "mixed": {43, 78}}[positions]


def test_damage_is_told(satloc_air: Layout) -> None:
    whole = fly(FlightPlan(airstrip=(-90.95, 35.2)))
    hurt = whole.damaged(seed=1, bit_flips=3, cut=10)
    assert hurt.data != whole.data
    assert len(hurt.data) == len(whole.data) - 10
    assert [injury.harm for injury in hurt.truth.injuries] == ["bit_flip"] * 3 + ["cut"]
    assert whole.truth.injuries == ()


FOREIGN = """
[framing]
sync = [0x5A]
length = { at = 1, type = "u16", counts = "payload", byte_order = "big" }
type = { at = 3, type = "u8" }
payload_at = 4
checksum = { algorithm = "crc16" }

[[record]]
type = 2
name = "position"
  [[record.field]]
  name = "time"
  at = 0
  type = "timestamp"
  codec = "unix"
  seconds = "u32"
  fraction = { type = "u16", scale = 0.001 }
  [[record.field]]
  name = "latitude"
  at = 6
  type = "i32"
  scale = 1e-7
  [[record.field]]
  name = "brightness"
  at = 10
  type = "u8"

[[record]]
type = 3
name = "wind"

[[record]]
type = 4
name = "moon"
size = 8
  [[record.field]]
  name = "risen"
  at = 0
  type = "timestamp"
  codec = "unix"
  seconds = "f64"

"""


def test_another_layout_gets_what_it_shares(tiny: MakeLayout) -> None:
    layout = tiny('name = "flag"\nat = 0\ntype = "u8"', framing=FOREIGN)
    plan = FlightPlan(airstrip=(-90.95, 35.2))
    tables = fly(plan, layout=layout).truth.tables
    assert set(tables) == {"position", "wind"}
    assert set(tables["position"]) == {"frame", "offset", "time", "latitude", "brightness"}
    assert tables["position"]["latitude"].data[0] == pytest.approx(35.2, abs=1e-3)
    assert set(tables["wind"]["payload"].tolist()) == {bytes(8)}

    every = fly(replace(plan, all_kinds=True), layout=layout).truth.tables
    assert set(every) == {"position", "wind", "moon", "thing"}
    assert every["moon"]["risen"].data[0].astype("M8[us]") == np.datetime64(plan.start_time)
    assert every["thing"]["flag"].data.max() == 0


def test_no_such_layout() -> None:
    with pytest.raises(LayoutNotFound):
        fly(FlightPlan(), layout="no_such_unit")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"field": ((0.0, 0.0), (0.0, 1.0), (0.0, 0.0))}, "field .* polygon"),
        ({"field": ((0.0, 0.0), (0.0, 1.0), (np.nan, 0.0))}, "finite"),
        ({"swath_width": 0.0}, "swath_width is 0.0, but must be above zero"),
        ({"noise": -1.0}, "zero or more"),
        ({"bank_limit": 85.0}, "below 80"),
        ({"wind_speed": 55.0}, "airspeed is 62.0, but must be 10 m/s above"),
        ({"pattern": "zigzag"}, "one of back_to_back, racetrack"),
        ({"rate_hz": 7}, "one of 5, 10"),
    ],
)
def test_plans_that_cannot_be(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(EncodeError, match=message):
        FlightPlan(**wrong)


def test_a_field_too_short_to_spray() -> None:
    with pytest.raises(EncodeError, match="nowhere longer than 62 m"):
        fly(FlightPlan(field=rectangle(35.2, -90.9, 500.0, 50.0)))


def test_demo_plans_differ() -> None:
    assert demo_plan(1) == demo_plan(1)
    assert demo_plan(1) != demo_plan(2)
    assert len({demo_plan(seed).pattern for seed in range(12)}) == 4
