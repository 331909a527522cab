"""Planted credentials appear in no log line, no error, no traceback and no repr."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from partner_pipeline.errors import PipelineError
from partner_pipeline.model.backoff import RetryPolicy
from partner_pipeline.partners.base import Account
from partner_pipeline.partners.satloc import SatlocService
from partner_pipeline.partners.simulator import Fault, SatlocSimulator
from pipeline.partners.tools import OpenService, job_upload

PASSWORDS = ("correct-horse-battery", "p@ss \"w&rd?=%/'\\ é<>\t#+")

FAULTS: tuple[Fault | tuple[Fault, ...], ...] = (
    (),
    Fault("status", status=400, message="You asked {query}"),
    Fault("status", status=500, message="x" * 190 + " {query}"),
    Fault("status", status=503, message="{query}"),
    Fault("status", status=429, retry_after="1", message="{query}"),
    Fault("refused", message="{query}"),
    Fault("redirect"),
    Fault("reset"),
    Fault("reset_after"),
    Fault("truncated"),
    Fault("wrong_credentials"),
    Fault("web_page"),
    Fault("time_out"),
    (Fault("envelope"), Fault("old_keys")),
)


def forms(value: str) -> set[str]:
    """A value as it might be written."""
    return {
        value,
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
    }


def everything(error: BaseException) -> str:
    """An error and all it refers to, as the most talkative of error reports would show it."""
    parts = []
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        each = todo.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        parts += [str(each), repr(each), repr(vars(each)), repr(each.args)]
        parts += traceback.format_exception(each)
        parts += locals_of(each)
        todo += [each.__cause__, each.__context__]
    return "\n".join(parts)


def locals_of(error: BaseException) -> list[str]:
    """The traceback with the variables of every function but the test's own."""
    steps = list(traceback.walk_tb(error.__traceback__))
    ours = [step for step in steps if step[0].f_code.co_filename != __file__]
    return traceback.StackSummary.extract(iter(ours), capture_locals=True).format()


def leaks(planted: set[str], told: str) -> list[str]:
    """Where a planted secret stands, with what is around it."""
    return [told[max(0, told.find(f) - 80) :][: 160 + len(f)] for f in planted if f in told]


def calls(
    satloc: SatlocService, customer: Account, aircraft_id: str
) -> Iterator[Callable[[], Any]]:
    yield lambda: satloc.authenticate(customer)
    yield lambda: satloc.aircraft_list(customer)
    yield lambda: satloc.aircraft_logs(customer, aircraft_id)
    yield lambda: satloc.log_data(customer, "log-1", "a.log", aircraft_id=aircraft_id)
    yield lambda: satloc.upload_job(customer, aircraft_id, job_upload(), {"jobId": "j"})


@pytest.mark.parametrize(
    ("fault", "password"),
    [(fault, password) for fault in FAULTS for password in PASSWORDS],
    ids=str,
)
def test_credentials_stay_where_they_are(
    open_service: OpenService,
    simulator: SatlocSimulator,
    caplog: pytest.LogCaptureFixture,
    fault: Any,
    password: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    known = simulator.world.accounts[0]
    aircraft_id = simulator.world.aircraft(known)[0].id
    known.password = password
    customer = known.account()
    secrets = {password, known.user_id, known.company_id, customer.username}
    planted = set().union(*map(forms, secrets))
    retries = RetryPolicy(tries=2, delay=1.0, factor=1.0, longest=1.0)
    satloc = open_service(timeout=0.2, retries=retries)
    satloc.authenticate_and_cache(customer)
    simulator.world.add_log(aircraft_id, "a.log", log_id="log-1")

    for call in calls(satloc, customer, aircraft_id):
        for endpoint in ("AuthenticateAPIUser", "GetAircraftList", "GetAircraftLogs"):
            simulator.faults.script(endpoint, fault, fault)
        for endpoint in ("GetAircraftLogData", "UploadJobData"):
            simulator.faults.script(endpoint, fault, fault)
        try:
            told = repr(call())
        except PipelineError as error:
            told = everything(error)
        assert leaks(planted, told) == []
        simulator.faults.clear()

    logged = "\n".join(
        f"{record.getMessage()} {record.args!r} {record.exc_text}" for record in caplog.records
    )
    assert "GetAircraftList" in logged  # the client's own lines are there
    assert leaks(planted, caplog.text + logged) == []


def test_the_clients_lines_are_silenced_whatever_their_level(
    satloc: SatlocService, customer: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="httpx")
    satloc.authenticate(customer)
    [line] = [record.getMessage() for record in caplog.records if record.name == "httpx"]
    assert "AuthenticateAPIUser?***" in line


def test_reprs_hide_what_opens_an_account(satloc: SatlocService, customer: Account) -> None:
    found = satloc.authenticate(customer)
    shown = f"{customer!r} {customer} {found!r} {found}"
    for secret in (
        customer.username,
        customer.password.get_secret_value(),
        found.user_id,
        found.company_id,
    ):
        assert secret not in shown
    assert "customer-1" in shown


def test_what_was_received_tells_no_password(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account
) -> None:
    satloc.authenticate(customer)
    [received] = simulator.received("AuthenticateAPIUser")
    assert customer.password.get_secret_value() not in repr(received)
    assert received.fields["userLogin"] == customer.username
