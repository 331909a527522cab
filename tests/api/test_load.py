"""What takes long waits for its like, and keeps nobody else waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from api.world import PASSWORD, World
from partner_pipeline.api.routes import auth, logs, partners
from partner_pipeline.api.turns import MOST, Long, Turns
from partner_pipeline.web import session

#: More than there are threads for routes.
ASKED = 45
LOGIN = {"username": "rice", "password": PASSWORD}


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> Iterator[Callable[[], int]]:
    """Have what a route calls wait until the block is left; gives how many of it wait."""
    go_on, inside, made = threading.Event(), threading.Semaphore(0), getattr(where, name)

    def wait(*args: Any, **options: Any) -> Any:
        inside.release()
        go_on.wait()
        return made(*args, **options)

    monkeypatch.setattr(where, name, wait)
    try:
        yield lambda: inside._value
    finally:
        go_on.set()


@pytest.mark.parametrize(
    ("long", "where", "name", "method", "path", "body"),
    [
        ("log data", logs, "map_geojson", "GET", "/api/logs/{log}/map.geojson", None),
        ("log data", logs, "track_parquet", "GET", "/api/logs/{log}/track.parquet", None),
        ("partner", partners, "poll_now", "POST", "/api/partners/syncData", {}),
        ("login", auth, "sign_in", "POST", "/api/auth/login", LOGIN),
        ("login", session, "sign_in", "POST", "/session", LOGIN),
    ],
)
def test_few_at_once_and_all_else_goes_on(  # noqa: PLR0917
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    long: Long,
    where: object,
    name: str,
    method: str,
    path: str,
    body: dict[str, Any] | None,
) -> None:
    address = path.format(log=world.fly())
    customer, stranger = world.as_("customer"), world.as_("stranger")
    turns: Turns = world.app.state.turns
    waiting = turns.of(long).statistics
    with ThreadPoolExecutor(ASKED) as pool:
        with held(monkeypatch, where, name) as inside:
            asked = [
                pool.submit(customer.request, method, address, json=body) for _ in range(ASKED)
            ]
            while waiting().tasks_waiting < ASKED - MOST[long] or inside() < MOST[long]:
                time.sleep(0.01)
            assert inside() == MOST[long]
            assert stranger.get("/api/auth/me").status_code == 200
            assert stranger.get("/static/page.html").status_code == 200
        statuses = [each.result().status_code for each in asked]
    assert set(statuses) <= {200, 429}
    assert 200 in statuses
