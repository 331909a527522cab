"""The aircraft along its route: where it is at every position record, how fast, how high."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from satlog_native.synth.field import inside
from satlog_native.synth.plan import FlightPlan
from satlog_native.synth.records import Array
from satlog_native.synth.route import Route, heights

_GRAVITY: Final = 9.81

#: Acceleration on the runway (m/s²) and the speed with which it is entered and left (m/s).
_ACCELERATION: Final = 3.0
_TAXI_SPEED: Final = 12.0

#: Steps of the integration along the track (m), and the length of a gust (m).
_STEP: Final = 4.0
_GUST_LENGTH: Final = 300.0


@dataclass(frozen=True)
class Motion:
    """True states, one a position record; metres, seconds and degrees.

    Attributes
    ----------
    seconds : ndarray
        Time since the flight's start.
    distance : ndarray
        Along the track.
    x, y, latitude, longitude : ndarray
        Place, in the route's local metres and in degrees.
    height, vertical_speed : ndarray
        Above ground (m), and its change (m/s).
    ground_speed, course, heading, roll : ndarray
        Speed (m/s) and direction over ground, direction of the nose, bank to the right (degrees).
    wind_speed, wind_direction : ndarray
        m/s, and degrees from which it comes.
    in_field : ndarray of bool
        Whether over the field.
    """

    seconds: Array
    distance: Array
    x: Array
    y: Array
    latitude: Array
    longitude: Array
    height: Array
    vertical_speed: Array
    ground_speed: Array
    course: Array
    heading: Array
    roll: Array
    wind_speed: Array
    wind_direction: Array
    in_field: Array


@dataclass(frozen=True)
class Clock:
    """When the aircraft passes each place: seconds for metres along the track, and back."""

    distances: Array
    times: Array

    def seconds(self, distance: Array | float) -> Array:
        """Time (s) at distances along the track (m)."""
        return np.asarray(np.interp(distance, self.distances, self.times))

    def distance(self, seconds: Array) -> Array:
        """Distance along the track (m) at times (s)."""
        return np.asarray(np.interp(seconds, self.times, self.distances))


def smooth_noise(rng: np.random.Generator, count: int, scale: float) -> Array:
    """Noise of unit variance that changes over some ``scale`` elements (a cubic B-spline)."""
    knots = rng.standard_normal(int(count / scale) + 5)
    knot, u = np.divmod(np.arange(count) / scale, 1.0)
    weights = np.array(
        [(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3]
    )
    weights /= np.sqrt((weights**2).sum(axis=0))
    index = knot.astype(np.int64)
    return np.asarray(sum(weights[k] * knots[index + k] for k in range(4)))


def fly_route(plan: FlightPlan, route: Route, rng: np.random.Generator) -> tuple[Motion, Clock]:
    """Fly a route at constant airspeed through the wind.

    Ground speed is the wind along the track plus what the airspeed leaves of itself along the
    track once it has made up for the wind across it (the crab angle).
    """
    grid = np.linspace(0.0, route.track.length, int(route.track.length / _STEP) + 2)
    gusts = plan.wind_gust * smooth_noise(rng, len(grid), _GUST_LENGTH / _STEP)
    wind = np.maximum(plan.wind_speed + gusts, 0.0)
    veer = 20.0 * plan.wind_gust / max(plan.wind_speed, 1.0)
    origin = plan.wind_direction + veer * smooth_noise(rng, len(grid), _GUST_LENGTH / _STEP)
    airspeed = np.minimum(plan.airspeed, _runway_speed(grid))
    points = route.track.at(grid)
    along, across = _wind_parts(wind, origin, points.heading)
    across = np.clip(across, -0.9 * airspeed, 0.9 * airspeed)  # on the runway the wheels hold
    speed = np.maximum(along + np.sqrt(airspeed**2 - across**2), _TAXI_SPEED / 2.0)
    mean_slowness = (1.0 / speed[1:] + 1.0 / speed[:-1]) / 2.0
    clock = Clock(grid, np.concatenate([[0.0], np.cumsum(mean_slowness * np.diff(grid))]))
    crab = np.degrees(np.arcsin(across / airspeed))

    seconds = np.arange(int(clock.times[-1] * plan.rate_hz) + 1) / plan.rate_hz
    distance = clock.distance(seconds)
    at = route.track.at(distance)
    ground_speed = np.interp(distance, grid, speed)
    latitude, longitude = route.frame.to_degrees(at.x, at.y)
    course = np.round(np.degrees(at.heading), 9)  # so that north is 0, and not almost 360
    height, slope = _profile(plan, route, distance)
    motion = Motion(
        seconds=seconds,
        distance=distance,
        x=at.x,
        y=at.y,
        latitude=latitude,
        longitude=longitude,
        height=height,
        vertical_speed=slope * ground_speed,
        ground_speed=ground_speed,
        course=course % 360.0,
        heading=(course - np.interp(distance, grid, crab)) % 360.0,
        roll=_rolled(plan, np.degrees(np.arctan(ground_speed**2 * at.curvature / _GRAVITY))),
        wind_speed=np.interp(distance, grid, wind),
        wind_direction=np.interp(distance, grid, origin) % 360.0,
        in_field=inside(at.x, at.y, route.field_x, route.field_y),
    )
    return motion, clock


def _runway_speed(grid: Array) -> Array:
    """Largest speed (m/s) that the run along the runway allows at each place."""
    way = np.minimum(grid, grid[-1] - grid)
    return np.asarray(np.sqrt(_TAXI_SPEED**2 + 2.0 * _ACCELERATION * way))


def _rolled(plan: FlightPlan, bank: Array) -> Array:
    """Banks (degrees) that are gone into and out of over a second and a half."""
    window = int(1.5 * plan.rate_hz) | 1
    return np.convolve(bank, np.full(window, 1.0 / window), "same")


def _wind_parts(speed: Array, origin: Array, heading: Array) -> tuple[Array, Array]:
    """Wind along a heading (tail wind positive) and across it (towards the right positive)."""
    towards = np.radians(origin) + np.pi - heading
    return speed * np.cos(towards), speed * np.sin(towards)


def _profile(plan: FlightPlan, route: Route, distance: Array) -> tuple[Array, Array]:
    """Height (m) and its slope; half a cosine wave between the heights of the route."""
    places, levels = np.array(list(heights(plan, route))).T
    index = np.clip(np.searchsorted(places, distance, side="right") - 1, 0, len(places) - 2)
    length = np.maximum(places[index + 1] - places[index], 1e-9)
    share = (distance - places[index]) / length
    rise = levels[index + 1] - levels[index]
    height = levels[index] + rise * (1.0 - np.cos(np.pi * share)) / 2.0
    return height, rise * np.pi / 2.0 * np.sin(np.pi * share) / length
