"""What fails several times in a row is left alone: an account, SatLoc, a log."""

from __future__ import annotations

from typing import Any

import pytest

from partner_pipeline.errors import (
    PartnerDownError,
    TransientError,
    ValidationError,
)
from partner_pipeline.model.backoff import RetryPolicy
from partner_pipeline.partners.base import Account
from partner_pipeline.partners.simulator import Fault, SatlocSimulator
from pipeline.partners.tools import FakeTime, OpenService, account


def test_an_account_that_only_fails_is_left_alone(
    open_service: OpenService, simulator: SatlocSimulator, fake_time: FakeTime
) -> None:
    satloc = open_service(clock=fake_time.clock, circuit_failures=3, circuit_rest=600.0)
    one, other = (known.account() for known in simulator.world.accounts)
    simulator.faults.rate("AuthenticateAPIUser", 1.0, Fault("status", status=503))
    with pytest.raises(PartnerDownError, match=r"left alone for another 5[0-9][0-9] s"):
        satloc.authenticate(one)
    assert len(simulator.received()) == 3
    with pytest.raises(PartnerDownError):
        satloc.authenticate(one)
    assert len(simulator.received()) == 3
    # Another account's calls go on: that one fails says little of SatLoc.
    simulator.faults.clear()
    satloc.authenticate(other)
    # After the rest one call is let through.
    fake_time.now += 600.0
    satloc.authenticate(one)


def test_when_two_accounts_fail_nobody_calls(
    open_service: OpenService, simulator: SatlocSimulator, fake_time: FakeTime
) -> None:
    satloc = open_service(clock=fake_time.clock, circuit_failures=3, circuit_rest=600.0)
    simulator.faults.rate("*", 1.0, Fault("reset"))
    for known in simulator.world.accounts:
        with pytest.raises(PartnerDownError):
            satloc.authenticate(known.account())
    before = len(simulator.received())
    with pytest.raises(PartnerDownError):
        satloc.authenticate(account())
    assert len(simulator.received()) == before
    simulator.faults.clear()
    fake_time.now += 600.0
    satloc.authenticate(simulator.world.accounts[0].account())


def test_refusals_open_no_circuit(
    open_service: OpenService, simulator: SatlocSimulator, customer: Account
) -> None:
    satloc = open_service(circuit_failures=2)
    for _ in range(4):
        with pytest.raises(ValidationError):
            satloc.aircraft_logs(customer, "none")
    assert len(satloc.aircraft_list(customer)) == 2


def test_a_log_that_only_fails_is_left_alone_and_others_are_not(
    open_service: OpenService, simulator: SatlocSimulator, fake_time: FakeTime
) -> None:
    satloc = open_service(
        clock=fake_time.clock,
        file_failures=2,
        file_rest=900.0,
        retries=RetryPolicy(tries=1, delay=1.0, factor=1.0, longest=1.0),
    )
    customer = simulator.world.accounts[0].account()
    bad, good, *_ = simulator.world.logs

    def download(log: Any) -> Any:
        return satloc.log_data(customer, log.id, log.file_name, aircraft_id=log.aircraft_id)

    simulator.faults.script("GetAircraftLogData", Fault("truncated"), Fault("truncated"))
    for _ in range(2):
        with pytest.raises(TransientError, match="no whole answer"):
            download(bad)
    with pytest.raises(TransientError, match="left alone for another 900 s"):
        download(bad)
    assert download(good).size == len(good.data())
    assert len(simulator.received("GetAircraftLogData")) == 3
    fake_time.now += 900.0
    assert download(bad).size == len(bad.data())
