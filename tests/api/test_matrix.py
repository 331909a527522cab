"""Every route, asked by everybody, for what is theirs and for what is another customer's.

A route without an entry fails. What is another customer's is 404, as if there were none; and no
answer to a customer or its pilot holds anything of another customer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.routing import BaseRoute, Route

from api.world import PASSWORD, USERNAMES, World, is_error, open_world, second_partner
from partner_pipeline.model.ids import assignment_id
from partner_pipeline.model.people import UserKind
from partner_pipeline.work import people
from partner_pipeline.work.changing import change_partner
from pipeline.work.tools import FIELD

JOB_FILE = json.dumps({"type": "Feature", "properties": {}, "geometry": FIELD}).encode()

Access = Literal["open", "member", "owner", "admin"]
MAY: dict[Access, tuple[str, ...]] = {
    "open": ("nobody", "admin", "customer", "pilot"),
    "member": ("admin", "customer", "pilot"),
    "owner": ("admin", "customer"),
    "admin": ("admin",),
}


@dataclass(frozen=True)
class Things:
    """What a customer has."""

    id: str
    job: str
    assign: str
    aircraft: str
    account: str
    log: str
    execution: str
    world: World
    which: int

    @property
    def all_ids(self) -> tuple[str, ...]:
        return (self.id, self.job, self.assign, self.aircraft, self.account, self.log)

    def new_pilot(self) -> str:
        context = self.world.context
        return people.add_person(context, UserKind.PILOT, "New", customer_id=self.id, by="test").id

    def new_account(self) -> str:
        """At a partner without a service: that of SatLoc is needed by others."""
        context, partner = self.world.context, self.no_account()
        account = people.add_account(
            context,
            "AGIDRONEX",
            self.id,
            username=f"{self.which}@x.example",
            password=SecretStr("at partner"),
            by="test",
        )
        assert account.partner == partner
        return account.id

    def no_account(self) -> str:
        """The id of a partner that this customer has no account at."""
        partner = second_partner(self.world.context)
        users = self.world.context.repositories.users
        users._store.delete("users", {"partner": partner, "customerId": self.id})
        return partner

    def finished(self) -> str:
        """Its log, processed whatever was asked of it before."""
        store = self.world.context.repositories.store
        state = {"$set": {"status": "processed", "processed": True}}
        store.update_many("partner_log_trackers", {"_id": self.log}, state)
        store.delete("task_trackers", {"status": "queued"})
        return self.log


Request = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """Who may ask, what comes back, and how to ask; `foreign`: it can name what is not theirs."""

    access: Access
    ask: Callable[[Things], Request] = lambda _: {}
    status: int = 200
    foreign: bool = False


def no_partner(things: Things) -> Request:
    store = things.world.context.repositories.store
    store.delete("users", {"kind": "PARTNER", "partnerCode": "AGIDRONEX"})
    return {"json": {"partnerCode": "AGIDRONEX"}}


def partner(things: Things) -> str:
    """The id of a partner that is active, and not called Agi."""
    context, found = things.world.context, second_partner(things.world.context)
    change_partner(context, found, partner_name="Agidronex", active=True, by="test")
    return found


def queue(things: Things) -> str:
    return things.world.pipeline.queue


def letter(things: Things) -> Request:
    """One dead letter at position 0."""
    world = things.world
    if not world.pipeline.dead_letters():
        from partner_pipeline.broker.message import Message

        world.context.broker.publish(f"{world.pipeline.queue}_failed", Message(b"{}"))
    return {"path": {"queue": world.pipeline.queue, "position": 0}}


def tokens(things: Things) -> Request:
    return {"json": {"refreshToken": things.world.login("admin")["refreshToken"]}}


def page_login(_: Things) -> Request:
    return {"json": {"username": USERNAMES["admin"], "password": PASSWORD}}


def page_session(things: Things) -> Request:
    """The cookie of a browser in which somebody is logged in."""
    with things.world.client() as browser:
        cookie = browser.post("/session", **page_login(things)).headers["set-cookie"]
    return {"headers": {"cookie": cookie.partition(";")[0]}}


def own_session(things: Things) -> Request:
    """Logging out ends the session: not the one that other tests use."""
    return {"fresh": True}


def files(name: str, data: bytes, things: Things) -> Request:
    return {"files": {"file": (name, data)}, "data": {"customerId": things.id}}


def new_job(things: Things) -> Request:
    number = str(len(things.world.context.repositories.jobs.recent(limit=1000)))
    return files(f"{things.which}{number}.geojson", JOB_FILE, things)


def own_log(things: Things) -> Request:
    return files("x.log", things.world.simulator.world.add_log(_at_partner(things)).data(), things)


def _at_partner(things: Things) -> str:
    return things.world.accounts[things.which].at_partner(1)


def path(**names: str) -> Callable[[Things], Request]:
    return lambda things: {"path": {name: getattr(things, of) for name, of in names.items()}}


def with_path(**parts: Any) -> Callable[[Things], Request]:
    """Parts are functions of what a customer has."""

    def ask(things: Things) -> Request:
        told = {name: part(things) for name, part in parts.items() if name not in {"json", "query"}}
        more: Request = {name: parts[name](things) for name in ("json", "query") if name in parts}
        return {"path": told, **more}

    return ask


def query(**names: str) -> Callable[[Things], Request]:
    return lambda things: {"query": {name: getattr(things, of) for name, of in names.items()}}


def dlq(body: Request | None = None) -> Callable[[Things], Request]:
    return lambda things: {"path": {"queue": queue(things)}, **({"json": body} if body else {})}


def purge(things: Things) -> Request:
    return {"path": {"queue": queue(things)}, "json": {"confirm": queue(things)}}


#: The pages, which hold no data, and what keeps who uses them logged in.
PAGES: dict[str, Entry] = {
    **{
        f"GET {address}": Entry("open", lambda _: {"path": {"id": "x"}})
        for address in (
            "/",
            "/login",
            "/logs",
            "/logs/{id}",
            "/jobs",
            "/jobs/{id}",
            "/letters",
            "/partners",
        )
    },
    "POST /session": Entry("open", page_login),
    "POST /session/token": Entry("open", page_session),
    "DELETE /session": Entry("open", page_session, 204),
}
ENTRIES: dict[str, Entry] = {
    "GET /api/openapi.json": Entry("open"),
    "GET /api/docs": Entry("open"),
    "GET /api/docs.css": Entry("open"),
    "GET /metrics": Entry("open"),
    "GET /api/health": Entry("open"),
    "GET /api/health/live": Entry("open"),
    "GET /api/health/ready": Entry("open"),
    "GET /api/overview": Entry("member"),
    "POST /api/auth/login": Entry("open", page_login),
    "POST /api/auth/refresh": Entry("open", tokens),
    "POST /api/auth/logout": Entry("member", own_session, 204),
    "GET /api/auth/me": Entry("member"),
    "GET /api/partners": Entry("member"),
    "POST /api/partners": Entry("admin", no_partner, 201),
    "GET /api/partners/stats": Entry("member"),
    "GET /api/partners/customers": Entry("owner"),
    "GET /api/partners/aircraft": Entry(
        "owner",
        lambda t: {"query": {"customerId": t.id, "partnerCode": "SATLOC"}},
        foreign=True,
    ),
    "POST /api/partners/uploadJob": Entry(
        "owner", lambda t: {"json": {"assignId": t.assign}}, foreign=True
    ),
    "POST /api/partners/syncData": Entry(
        "owner", lambda t: {"json": {"customerId": t.id}}, foreign=True
    ),
    "GET /api/partners/{id}": Entry("member", with_path(id=partner)),
    "PUT /api/partners/{id}": Entry(
        "admin", with_path(id=partner, json=lambda _: {"partnerName": "Agi"})
    ),
    "DELETE /api/partners/{id}": Entry("admin", with_path(id=partner)),
    "GET /api/partners/{id}/status": Entry("member", with_path(id=partner)),
    "GET /api/partners/systemUsers": Entry("owner", query(customerId="id"), foreign=True),
    "POST /api/partners/systemUsers": Entry(
        "owner",
        lambda t: {
            "json": {
                "partnerId": t.no_account(),
                "customerId": t.id,
                "username": f"{t.which}@y.example",
                "password": "secret there",
            }
        },
        201,
        foreign=True,
    ),
    "POST /api/partners/systemUsers/testAuth": Entry(
        "owner", lambda t: {"json": {"systemUserId": t.account}}, foreign=True
    ),
    "GET /api/partners/systemUsers/{id}": Entry("owner", path(id="account"), foreign=True),
    "PUT /api/partners/systemUsers/{id}": Entry(
        "owner",
        with_path(id=Things.new_account, json=lambda _: {"password": "another one"}),
        foreign=True,
    ),
    "DELETE /api/partners/systemUsers/{id}": Entry(
        "owner", with_path(id=Things.new_account), foreign=True
    ),
    "GET /api/users": Entry("member", query(customerId="id"), foreign=True),
    "POST /api/users": Entry(
        "owner",
        lambda t: {"json": {"kind": "PILOT", "name": "Pim", "customerId": t.id}},
        201,
        foreign=True,
    ),
    "GET /api/users/{id}": Entry("member", path(id="aircraft"), foreign=True),
    "PUT /api/users/{id}": Entry(
        "owner", with_path(id=Things.new_pilot, json=lambda _: {"name": "Po"}), foreign=True
    ),
    "DELETE /api/users/{id}": Entry("owner", with_path(id=Things.new_pilot), foreign=True),
    "GET /api/jobs": Entry("member", query(customerId="id"), foreign=True),
    "POST /api/jobs": Entry("owner", new_job, 201, foreign=True),
    "GET /api/jobs/{id}": Entry("member", path(id="job"), foreign=True),
    "POST /api/jobs/assign": Entry(
        "owner",
        lambda t: {"json": {"jobId": t.job, "asUsers": [{"uid": t.aircraft}]}},
        foreign=True,
    ),
    "POST /api/jobs/{jobId}/assign": Entry(
        "owner",
        lambda t: {"path": {"jobId": t.job}, "json": {"asUsers": [{"uid": t.aircraft}]}},
        foreign=True,
    ),
    "POST /api/sync/assignments/{id}/sync": Entry(
        "owner", lambda t: {"path": {"id": t.assign}, "json": {}}, foreign=True
    ),
    "GET /api/export/newJobs": Entry("member", query(customerId="id"), foreign=True),
    "POST /api/export/downloadJob": Entry(
        "member", lambda t: {"json": {"assignId": t.assign}}, foreign=True
    ),
    "GET /api/logs": Entry("member", query(customerId="id"), foreign=True),
    "POST /api/logs": Entry("member", own_log, 202, foreign=True),
    "GET /api/logs/{id}": Entry("member", path(id="log"), foreign=True),
    "GET /api/logs/{id}/track.parquet": Entry("member", path(id="log"), foreign=True),
    "GET /api/logs/{id}/map.geojson": Entry("member", path(id="log"), foreign=True),
    "POST /api/logs/{id}/match": Entry(
        "owner",
        lambda t: {"path": {"id": t.log}, "json": {"assignmentId": t.assign}},
        foreign=True,
    ),
    "POST /api/logs/{id}/reprocess": Entry(
        "owner", with_path(id=Things.finished, json=lambda _: {}), 202, foreign=True
    ),
    "GET /api/tasks": Entry("member", query(customerId="id"), foreign=True),
    "GET /api/tasks/{executionId}": Entry("member", path(executionId="execution"), foreign=True),
    "GET /api/audit": Entry("admin"),
    "GET /api/dlq": Entry("admin"),
    "GET /api/dlq/{queue}/list": Entry("admin", dlq()),
    "GET /api/dlq/{queue}/messages": Entry("admin", dlq()),
    "GET /api/dlq/{queue}/messages/{position}": Entry("admin", letter),
    "GET /api/dlq/{queue}/stats": Entry("admin", dlq()),
    "POST /api/dlq/{queue}/retryAll": Entry("admin", dlq({"maxMessages": 1})),
    "POST /api/dlq/{queue}/retryByPosition": Entry("admin", dlq({"position": 0})),
    "POST /api/dlq/{queue}/retryByHeader": Entry(
        "admin", dlq({"headerName": "x-task-type", "headerValue": "x"})
    ),
    "POST /api/dlq/{queue}/archive": Entry("admin", dlq({"position": 0})),
    "POST /api/dlq/{queue}/purge": Entry("admin", purge),
    "DELETE /api/dlq/{queue}/purge": Entry("admin", purge),
}


#: Of the routes that may change something, those that do not as they are asked here.
CHANGES_NOTHING = {
    "POST /session/token",
    "POST /api/auth/refresh",
    "POST /api/partners/systemUsers/testAuth",
    "POST /api/jobs/assign",  # it is assigned already
    "POST /api/jobs/{jobId}/assign",
    "POST /api/export/downloadJob",  # its assignment is a partner's
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Things, Things]]:
    """What customer 0 has, who asks, and what customer 1 has, who is another."""
    with open_world(tmp_path_factory.mktemp("matrix")) as world:
        yield _things(world, 0), _things(world, 1)


def _things(world: World, which: int) -> Things:
    log = world.fly(which)
    account = world.accounts[which]
    (job,) = world.context.repositories.jobs.of_customer(account.id)
    tasks = world.context.repositories.tasks.recent(limit=10)
    return Things(
        id=account.id,
        job=job.id,
        assign=assignment_id(job.id, account.aircraft[0].id),
        aircraft=account.aircraft[0].id,
        account=account.user.id,
        log=log,
        execution=next(each for each in tasks if each.customer_id == account.id).execution_id,
        world=world,
        which=which,
    )


def routes(app: FastAPI) -> set[str]:
    return {
        f"{method} {route.path}"
        for route in _all_routes(app.routes)
        for method in route.methods or ()
        if method != "HEAD"
    }


def _all_routes(found: Iterable[BaseRoute]) -> Iterator[Route]:
    for route in found:
        if isinstance(route, Route):
            yield route
        # Some versions of FastAPI keep routers whole.
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from _all_routes(router.routes)


@cache
def _cases() -> list[tuple[str, str, bool]]:
    return [
        (name, who, foreign)
        for name, entry in (PAGES | ENTRIES).items()
        for who in ("nobody", "admin", "customer", "pilot")
        for foreign in ((False, True) if entry.foreign else (False,))
    ]


def test_every_route_has_an_entry(both: tuple[Things, Things]) -> None:
    assert routes(both[0].world.app) == set(PAGES | ENTRIES)


@pytest.mark.parametrize(
    ("name", "who", "foreign"),
    _cases(),
    ids=[f"{name}-{who}-{'foreign' if foreign else 'own'}" for name, who, foreign in _cases()],
)
def test_who_may_do_what(both: tuple[Things, Things], name: str, who: str, foreign: bool) -> None:
    entry = (PAGES | ENTRIES)[name]
    asked, other = both[foreign], both[1]
    request = entry.ask(asked)
    asked.world.as_(who)  # logging in is written down as well
    before = _audited(asked.world)
    answer = ask(asked.world, name, who, request)
    if who not in MAY[entry.access]:
        expected = (401, "not_authenticated") if who == "nobody" else (403, "forbidden")
        assert is_error(answer, *expected), answer.text
    elif foreign and who != "admin":
        assert is_error(answer, 404, "not_found"), answer.text
    else:
        assert answer.status_code == entry.status, answer.text
    asks_for_a_change = not name.startswith("GET ") and name not in CHANGES_NOTHING
    changes = asks_for_a_change and answer.is_success
    assert (_audited(asked.world) > before) == changes, "who changed what is written down"
    if who in {"customer", "pilot"} and not foreign:
        shown = [each for each in other.all_ids if each in answer.text]
        assert shown == [], "something of another customer"


def _audited(world: World) -> int:
    return world.context.repositories.audit.count()


def ask(world: World, name: str, who: str, request: Request) -> httpx.Response:
    method, template = name.split(" ")
    sent = {key: request[key] for key in ("json", "files", "data", "headers") if key in request}
    address = template.format(**request.get("path", {}))
    if request.get("fresh") and who != "nobody":
        with world.logged_in(who) as client:
            return client.request(method, address, params=request.get("query"), **sent)
    return world.as_(who).request(method, address, params=request.get("query"), **sent)
