"""What the crash tests share."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from typing import Any

from partner_pipeline.errors import StoreError
from partner_pipeline.model.states import LogStatus
from partner_pipeline.settings import Settings
from partner_pipeline.store.repositories import Repositories
from pipeline.e2e.stage import Stage
from satlog_native.layouts import load
from satlog_native.synth import FlightPlan, rectangle
from satlog_native.synth.encode import encode
from satlog_native.synth.simulate import flight_records


def values_of(settings: Settings) -> dict[str, Any]:
    """What :meth:`Settings.load` makes the same settings from."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    keys = (f"{key.id}:{base64.b64encode(key.key).decode()}" for key in settings.credentials_keys)
    return {**given, "credentials_keys": ",".join(keys)}


def short_flight(number: int) -> bytes:
    """The log of a flight of a minute or two: some 500 positions."""
    layout = load("satloc_air")
    south, west = 33.0 + number * 0.01, -92.0
    plan = FlightPlan(
        field=rectangle(south, west, 40.0, 120.0),
        airstrip=(west - 0.012, south),
        job_id=number,
        job_label=f"{number}_short",
    )
    return encode(layout, flight_records(plan, number, layout)[1])


def offer_many(stage: Stage, count: int) -> None:
    """So many logs more, of two customers' aircraft and of a few flights."""
    flights = [short_flight(number) for number in range(1, 6)]
    for number in range(count):
        data = flights[number % len(flights)]
        stage.offer(f"flight {number}.log", customer=number % 2, data=data)


def processed(store: Repositories) -> int:
    """How many logs are; -1 while the store is away."""
    try:
        return store.trackers.counts()[LogStatus.PROCESSED]
    except StoreError:
        return -1


def wait_for(condition: Callable[[], bool], what: Callable[[], str], seconds: float) -> None:
    """Return when something holds; with what is told, fail where it does not for too long."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain: {what()}"
        pause.wait(0.05)
