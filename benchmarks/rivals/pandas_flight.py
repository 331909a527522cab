"""A flight as an analyst works it out: pandas for tables, geopandas and shapely for the ground.

For the logs of a liquid system with one flow meter, which is what the benchmarks' flights have:
who is asked for a value is settled per column, not looked up. Everything is vectorised; the latest
records come by ``merge_asof`` over ``frame`` against nothing but the positions' frames, weighted
means from one grouped sum over prepared products. Formulas are those of the textbook, written
without a look at satlog's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

Tables = dict[str, pd.DataFrame]

#: What is taken from each kind of record, and its name in the track.
_TOLD: Final = {
    "flow_monitor": {
        "flow_rate": "flow_rate",
        "target_flow_rate": "target_flow_rate",
        "volume": "cumulative_volume",
        "pressure": "pressure",
        "valve_position": "valve_position",
    },
    "swath_number": {"swath_number": "swath_number"},
    "target_application_rate": {"target_rate": "target_rate"},
    "flow_setup": {"nominal_rate": "nominal_rate"},
    "applied_rate": {"applied_rate": "applied_rate", "swath_width": "reported_width"},
    "swathing_setup": {"swath_width": "swath_width"},
    "wind": {
        "wind_speed": "wind_speed",
        "wind_direction": "wind_direction",
        "air_temperature": "air_temperature",
        "relative_humidity": "relative_humidity",
    },
    "environmental": {
        "air_temperature": "outside_temperature",
        "relative_humidity": "outside_humidity",
    },
    "laser_altimeter": {"height": "laser_height"},
    "marker": {"marker_type": "marker"},
}

#: Who stands in where a column is unknown.
_STAND_INS: Final = {
    "target_rate": "nominal_rate",
    "swath_width": "reported_width",
    "air_temperature": "outside_temperature",
    "relative_humidity": "outside_humidity",
}

_AXIS: Final = 6_378_137.0
_ECCENTRICITY_2: Final = 0.00669437999014

_MEANS: Final = ("ground_speed", "altitude", "target_rate", "wind_speed", "laser_height")
_FIRSTS: Final = ("swath_number", "time", "latitude", "longitude")
_LASTS: Final = ("next_time", "next_latitude", "next_longitude")


def to_pandas(tables: Mapping[Any, pa.Table]) -> Tables:
    """Decoded tables as pandas has them: what the analyst starts with."""
    kinds = [kind for kind in ("position", *_TOLD) if kind in tables]
    return {kind: tables[kind].to_pandas() for kind in kinds}


def analyse(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """The track, its sprayed steps, the passes and the summary."""
    found = track(tables)
    on = sprayed_steps(found)
    runs = passes(on)
    return found, on, runs, summary(found, on, runs)


def track(tables: Tables, max_gap: float = 10.0) -> pd.DataFrame:
    """One row a position, with the latest values of all else, and the step to the next."""
    position = tables["position"]
    usable = (
        position["time"].notna()
        & position["latitude"].between(-90.0, 90.0)
        & position["longitude"].between(-180.0, 180.0)
        & ((position["latitude"] != 0.0) | (position["longitude"] != 0.0))
    )
    if not usable.all():
        position = position[usable].reset_index(drop=True)
    frames = position[["frame"]]
    parts = [position]
    for kind, names in _TOLD.items():
        if kind in tables:
            records = tables[kind][["frame", *names]].rename(columns=names)
            parts.append(pd.merge_asof(frames, records, on="frame").drop(columns="frame"))
    joined = pd.concat(parts, axis=1)
    for name, other in _STAND_INS.items():
        if joined[name].hasnans:
            joined[name] = joined[name].fillna(joined[other])
    joined = joined.drop(columns=list(_STAND_INS.values()))
    return joined.assign(**_steps(joined, max_gap))


def _steps(joined: pd.DataFrame, max_gap: float) -> dict[str, Any]:
    next_time = joined["time"].shift(-1)
    dt = (next_time - joined["time"]).dt.total_seconds()
    dt = dt.where(dt.between(0.0, max_gap))
    return {
        "next_time": next_time,
        "next_latitude": joined["latitude"].shift(-1),
        "next_longitude": joined["longitude"].shift(-1),
        "dt": dt,
        "distance": _distances(joined).where(dt.notna()),
        "sprayed": joined["spray_on"] & dt.notna(),
        "volume_step": joined["flow_rate"].astype(float) / 60.0 * dt,
    }


def _distances(joined: pd.DataFrame) -> pd.Series:
    """Metres to the next position, by the radii of curvature at the mean latitude."""
    latitude, longitude = (
        np.radians(joined[name].to_numpy()) for name in ("latitude", "longitude")
    )
    middle = (latitude[1:] + latitude[:-1]) / 2.0
    turn = np.diff(longitude)
    turn = (turn + np.pi) % (2.0 * np.pi) - np.pi
    flattening = 1.0 - _ECCENTRICITY_2 * np.sin(middle) ** 2
    prime_vertical = _AXIS / np.sqrt(flattening)
    north = prime_vertical * (1.0 - _ECCENTRICITY_2) / flattening * np.diff(latitude)
    east = prime_vertical * np.cos(middle) * turn
    return pd.Series(np.append(np.hypot(north, east), np.nan), joined.index)


def sprayed_steps(track: pd.DataFrame, merge_gap: float = 1.0) -> pd.DataFrame:
    """The sprayed steps, with the number of their pass."""
    unknown = track["dt"].isna().cumsum()
    on = track[track["sprayed"]]
    stretch, swath = unknown[on.index], on["swath_number"].fillna(-1)
    new = (
        ((on["time"] - on["next_time"].shift()).dt.total_seconds() > merge_gap)
        | (stretch != stretch.shift())
        | (swath != swath.shift())
    )
    return on.assign(**{"pass": new.cumsum()})


def passes(on: pd.DataFrame) -> pd.DataFrame:
    """One row a pass, from the sprayed steps."""
    runs = on.groupby("pass", sort=False)
    sums = _weighted(on).groupby(on["pass"], sort=False).sum()
    firsts, lasts = runs[[*_FIRSTS]].first(), runs[[*_LASTS]].last()
    speed = runs["ground_speed"]
    found = pd.DataFrame(
        {
            "swath_number": firsts["swath_number"],
            "start_time": firsts["time"],
            "end_time": lasts["next_time"],
            "duration": (lasts["next_time"] - firsts["time"]).dt.total_seconds(),
            "length": sums["distance"],
            **{f"mean_{name}": sums[name] / sums[f"{name} known"] for name in _MEANS},
            "min_ground_speed": speed.min(),
            "max_ground_speed": speed.max(),
            "heading": _degrees(sums["track east"], sums["track north"]),
            "cross_track_rms": np.sqrt(sums["cross_track"] / sums["cross_track known"]),
            "swath_width": sums["area"] / sums["distance"],
            "area": sums["area"] / 1e4,
            "volume": sums["volume_step"],
            "mean_wind_direction": _degrees(sums["wind east"], sums["wind north"]),
            "headwind": sums["headwind"] / sums["wind_speed known"],
            "crosswind": sums["crosswind"] / sums["wind_speed known"],
            "first_latitude": firsts["latitude"],
            "first_longitude": firsts["longitude"],
            "last_latitude": lasts["next_latitude"],
            "last_longitude": lasts["next_longitude"],
        }
    ).rename(columns={"mean_target_rate": "target_rate", "mean_laser_height": "mean_height"})
    found["spray_off_time"] = found["duration"] - sums["dt"]
    found["applied_rate"] = found["volume"] / found["area"]
    found["rate_error"] = (found["applied_rate"] / found["target_rate"] - 1.0) * 100.0
    return found.reset_index()


def _weighted(on: pd.DataFrame) -> pd.DataFrame:
    """What is summed over passes: values times the step's time, and the time they are known."""
    dt = on["dt"]
    columns: dict[str, Any] = {name: on[name] for name in ("dt", "distance", "volume_step")}
    columns["area"] = on["distance"] * on["swath_width"].astype(float)
    for name in _MEANS:
        columns[name] = on[name] * dt
        columns[f"{name} known"] = dt.where(on[name].notna())
    columns["cross_track"] = on["cross_track"].astype(float) ** 2 * dt
    columns["cross_track known"] = dt.where(on["cross_track"].notna())
    heading, wind = np.radians(on["track"].astype(float)), on["wind_speed"] * dt
    columns["track east"], columns["track north"] = np.sin(heading) * dt, np.cos(heading) * dt
    origin = np.radians(on["wind_direction"].astype(float))
    columns["wind east"], columns["wind north"] = np.sin(origin) * wind, np.cos(origin) * wind
    columns["headwind"] = np.cos(origin - heading) * wind
    columns["crosswind"] = np.sin(origin - heading) * wind
    return pd.DataFrame(columns)


def _degrees(east: Any, north: Any) -> Any:
    return np.degrees(np.arctan2(east, north)) % 360.0


def summary(
    track: pd.DataFrame,
    on: pd.DataFrame,
    passes: pd.DataFrame,
    turn_limit: float = 120.0,
    wind_limit: float = 4.5,
) -> dict[str, Any]:
    """The flight in figures."""
    known, dt, wind = track["dt"], on["dt"], on["wind_speed"]
    spray, flown = dt.sum(), known.sum()
    turning = _turning(track, on, passes, turn_limit)
    area = on["distance"] * on["swath_width"].astype(float) / 1e4
    rates = (on["volume_step"] / area)[area > 0.0]
    area = area[area > 0.0]
    rate = on["volume_step"].sum() / area.sum()
    origin = np.radians(on["wind_direction"].astype(float))
    blown = dt.where(wind.notna()).sum()
    east, north = (np.sin(origin) * wind * dt).sum(), (np.cos(origin) * wind * dt).sum()
    gross, volume, length = passes["area"].sum(), passes["volume"].sum(), on["distance"].sum()
    return {
        "start_time": track["time"].min(),
        "end_time": track["time"].max(),
        "flight_time": flown,
        "spray_time": spray,
        "turn_time": turning,
        "ferry_time": flown - passes["duration"].sum() - turning,
        "distance": track["distance"].sum(),
        "sprayed_distance": length,
        "passes": len(passes),
        "gross_area": gross,
        "volume": volume,
        "applied_rate": volume / gross,
        "target_rate": (on["target_rate"] * dt).sum() / dt.where(on["target_rate"].notna()).sum(),
        "rate_cv": np.sqrt((area * (rates - rate) ** 2).sum() / area.sum()) / rate * 100.0,
        "swath_width": gross / length * 1e4,
        "mean_speed": length / spray,
        "wind_speed": np.hypot(east, north) / blown,
        "wind_direction": _degrees(east, north),
        "max_wind_speed": wind.max(),
        "wind_above_limit": dt[wind > wind_limit].sum() / 60.0,
        "min_air_temperature": on["air_temperature"].min(),
        "max_air_temperature": on["air_temperature"].max(),
        "min_relative_humidity": on["relative_humidity"].min(),
        "max_relative_humidity": on["relative_humidity"].max(),
    }


def _turning(
    track: pd.DataFrame, on: pd.DataFrame, passes: pd.DataFrame, turn_limit: float
) -> float:
    """Seconds flown between passes that follow each other within the limit."""
    pause = (passes["start_time"].shift(-1) - passes["end_time"]).dt.total_seconds()
    before = track["dt"].fillna(0.0).cumsum() - track["dt"].fillna(0.0)
    rows = on.groupby("pass", sort=False)["frame"]
    starts, ends = before[rows.head(1).index], before[rows.tail(1).index + 1]
    between = starts.to_numpy()[1:] - ends.to_numpy()[:-1]
    return float(between[pause[:-1].between(0.0, turn_limit)].sum())


def coverage(on: pd.DataFrame) -> dict[str, Any]:
    """Net and overlapped area (ha) and the polygons, in the UTM zone of the flight's start."""
    lines = _lines(on)
    ground = gpd.GeoDataFrame(
        {"pass": lines["pass"]},
        geometry=lines.buffer(
            lines["swath_width"] / 2.0, cap_style="flat", join_style="mitre", mitre_limit=1.3
        ),
        crs=lines.crs,
    ).dissolve("pass", sort=False)
    treated = ground.union_all()
    return {
        "net_area": treated.area / 1e4,
        "overlap_area": (ground.area.sum() - treated.area) / 1e4,
        "passes": ground,
        "treated": treated,
    }


def _lines(on: pd.DataFrame) -> gpd.GeoDataFrame:
    """Unbroken lines of one swath width, each pass one or more, in metres."""
    on = on[on["distance"] > 0.0]
    zone = int((on["longitude"].iloc[0] + 180.0) // 6.0) + 1
    crs = f"EPSG:{(32600 if on['latitude'].iloc[0] >= 0.0 else 32700) + zone}"
    columns = {name: on[name] for name in ("pass", "swath_width")}
    new = (
        (on["pass"] != on["pass"].shift())
        | (on["swath_width"] != on["swath_width"].shift())
        | (on["time"] != on["next_time"].shift())
    )
    last = new.shift(-1, fill_value=True)
    number = new.cumsum()
    # A line goes through the starts of its steps and the end of its last one.
    points = np.concatenate(
        [
            on[["longitude", "latitude"]].to_numpy(),
            on.loc[last, ["next_longitude", "next_latitude"]].to_numpy(),
        ]
    )
    numbers = np.concatenate([number, number[last]])
    order = np.argsort(numbers, kind="stable")
    lines = shapely.linestrings(points[order], indices=numbers[order] - 1)
    return gpd.GeoDataFrame(
        pd.DataFrame(columns)[new].reset_index(drop=True), geometry=lines, crs="EPSG:4326"
    ).to_crs(crs)
