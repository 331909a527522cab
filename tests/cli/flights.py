"""Logs and jobs that are made of the log of the fixture ``log``."""

from __future__ import annotations

from pathlib import Path

from satlog_native import open_log, synth


def job_of(log: Path) -> Path:
    """The job that the flight flew, written here as an aircraft gets it."""
    field = synth.rectangle(35.2, -90.9, 80.0, 400.0)
    corners = "".join(f"\t{lat:.6f} {lon:.6f}\r\n" for lon, lat in field)
    path = log.with_name("4711.job")
    path.write_bytes(f".JOB 4711 DEMO FIELD\r\n.VERSION 2\r\n.POL 1\r\n\tINC\r\n{corners}".encode())
    return path


def ferry_of(log: Path) -> Path:
    """A log that ends on the way to the field: nothing was sprayed."""
    with open_log(log) as opened:
        position = opened["position"]
    first = position["spray_on"].to_pylist().index(True)
    path = log.with_name("ferry.LOG")
    path.write_bytes(log.read_bytes()[: position["offset"][first // 2].as_py()])
    return path


def widthless_of(log: Path) -> Path:
    """A log without the records that tell a swath width."""
    data = bytearray(log.read_bytes())
    with open_log(log) as opened:
        raw = [opened.raw(kind) for kind in ("swathing_setup", "applied_rate")]
    frames = [frame for table in raw for frame in table.select(["offset", "data"]).to_pylist()]
    for frame in sorted(frames, key=lambda each: each["offset"], reverse=True):
        del data[frame["offset"] : frame["offset"] + len(frame["data"])]
    path = log.with_name("widthless.LOG")
    path.write_bytes(data)
    return path
