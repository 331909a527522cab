"""What receiver and sensors read of a flight: the truth with noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from satlog_native.synth.motion import Motion, smooth_noise
from satlog_native.synth.plan import FlightPlan
from satlog_native.synth.records import Array
from satlog_native.synth.route import Route
from satlog_native.synth.spray import Spray


@dataclass(frozen=True)
class Readings:
    """A flight with what is read of it, one element a position record.

    Attributes
    ----------
    time : ndarray of datetime64[us]
        UTC.
    latitude, longitude, altitude : ndarray
        The receiver's place: degrees, and metres above the ellipsoid.
    ground_speed, course : ndarray
        m/s, degrees.
    cross_track : ndarray
        From the centre line of the swath that guidance shows, to the right positive, m.
    on_line : ndarray of bool
        Whether flying straight along that line.
    laser_height : ndarray
        m; NaN out of the altimeter's range.
    flow : ndarray
        L/min (kg/min if dry).
    pressure : ndarray
        At the boom, kPa.
    satellites : ndarray
        Number used.
    hdop : ndarray
    """

    plan: FlightPlan
    route: Route
    motion: Motion
    spray: Spray
    time: Array
    latitude: Array
    longitude: Array
    altitude: Array
    ground_speed: Array
    course: Array
    cross_track: Array
    on_line: Array
    laser_height: Array
    flow: Array
    pressure: Array
    satellites: Array
    hdop: Array


def read_instruments(
    plan: FlightPlan, route: Route, motion: Motion, spray: Spray, rng: np.random.Generator
) -> Readings:
    """Add noise: a slow wander (of a minute) and a quick part, both in proportion to the plan's."""
    count = len(motion.seconds)

    def noise(slow: float, quick: float) -> Array:
        wander = slow * smooth_noise(rng, count, 60.0 * plan.rate_hz)
        return plan.noise * (wander + quick * rng.standard_normal(count))

    x, y = motion.x + noise(0.35, 0.015), motion.y + noise(0.35, 0.015)
    latitude, longitude = route.frame.to_degrees(x, y)
    height = np.maximum(motion.height + noise(0.0, 0.08), 0.2)
    flow = spray.flow * (1.0 + noise(0.0, 0.005))
    nominal = plan.target_rate * plan.swath_width * plan.airspeed * 0.006
    start = np.datetime64(plan.start_time, "us")
    return Readings(
        plan=plan,
        route=route,
        motion=motion,
        spray=spray,
        time=start + np.rint(motion.seconds * 1e6).astype("m8[us]"),
        latitude=latitude,
        longitude=longitude,
        altitude=plan.elevation + motion.height + noise(0.6, 0.03),
        ground_speed=np.maximum(motion.ground_speed + noise(0.02, 0.03), 0.0),
        course=(motion.course + noise(0.02, 0.05)) % 360.0,
        cross_track=_cross_track(plan, route, spray, x, y),
        on_line=_on_line(route, motion, spray),
        laser_height=np.where(motion.height < 90.0, height, np.nan),
        flow=flow,
        pressure=260.0 * (flow / nominal) ** 2,
        satellites=np.clip(np.rint(10.5 + noise(1.2, 0.0)), 6, 14).astype(np.int64),
        hdop=np.clip(0.9 + noise(0.12, 0.0), 0.5, 3.0),
    )


def _cross_track(plan: FlightPlan, route: Route, spray: Spray, x: Array, y: Array) -> Array:
    heading = np.radians(plan.heading)
    lines = np.array([run.swath.across for run in route.runs])
    signs = np.array([1.0 if run.forward else -1.0 for run in route.runs])
    across = x * np.cos(heading) - y * np.sin(heading)
    return np.asarray((across - lines[spray.run_index]) * signs[spray.run_index])


def _on_line(route: Route, motion: Motion, spray: Spray) -> Array:
    starts = np.array([run.start for run in route.runs])[spray.run_index]
    ends = np.array([run.end for run in route.runs])[spray.run_index]
    return (motion.distance >= starts) & (motion.distance <= ends)
