"""Jobs are sent at most once, as far as SatLoc tells."""

from __future__ import annotations

from typing import Any

import pytest

from partner_pipeline.errors import (
    TransientError,
    UncertainError,
    ValidationError,
)
from partner_pipeline.partners.base import Account, JobUpload
from partner_pipeline.partners.satloc import SatlocService
from partner_pipeline.partners.simulator import Fault, SatlocSimulator
from pipeline.partners.tools import FakeTime, OpenService, job_upload


@pytest.mark.parametrize(
    "kind", ["reset", "reset_after", "time_out", "time_out_after", "truncated", "no_job_id"]
)
def test_an_upload_without_a_whole_answer_is_uncertain_and_never_repeated(
    open_service: OpenService,
    simulator: SatlocSimulator,
    customer: Account,
    aircraft_id: str,
    kind: Any,
) -> None:
    satloc = open_service(timeout=0.3)
    simulator.faults.script("UploadJobData", Fault(kind))
    with pytest.raises(UncertainError, match=r"4711.job.*not sent again"):
        satloc.upload_job(customer, aircraft_id, job_upload(), {})
    assert len(simulator.received("UploadJobData")) == 1
    assert len(simulator.world.uploads) <= 1


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_gave_up_leaves_an_upload_uncertain(
    satloc: SatlocService,
    simulator: SatlocSimulator,
    customer: Account,
    aircraft_id: str,
    status: int,
) -> None:
    simulator.faults.script("UploadJobData", Fault("status", status=status))
    with pytest.raises(UncertainError):
        satloc.upload_job(customer, aircraft_id, job_upload(), {})
    assert len(simulator.received("UploadJobData")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500),
        Fault("status", status=503),
        Fault("status", status=429, retry_after="5"),
        Fault("wrong_credentials"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_an_upload_that_was_refused_is_sent_again_and_taken_once(
    satloc: SatlocService,
    simulator: SatlocSimulator,
    customer: Account,
    aircraft_id: str,
    fault: Fault,
) -> None:
    simulator.faults.script("UploadJobData", fault)
    job_id = satloc.upload_job(customer, aircraft_id, job_upload(), {})
    assert [upload.job_id for upload in simulator.world.uploads] == [job_id]


def test_an_upload_that_finds_nobody_is_safe_to_repeat(
    open_service: OpenService,
    simulator: SatlocSimulator,
    customer: Account,
    aircraft_id: str,
    fake_time: FakeTime,
) -> None:
    satloc = open_service()
    satloc.authenticate_and_cache(customer)
    simulator.stop()
    with pytest.raises(TransientError, match="cannot be reached"):
        satloc.upload_job(customer, aircraft_id, job_upload(), {})
    assert fake_time.slept == [10.0, 20.0, 40.0]


def test_a_job_file_that_satloc_cannot_read(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    with pytest.raises(ValidationError):
        satloc.upload_job(customer, aircraft_id, JobUpload("a.job", b"rubbish"), {})
    assert len(simulator.received("UploadJobData")) == 1


def test_no_upload_uses_a_connection_that_may_be_closing(
    satloc: SatlocService, simulator: SatlocSimulator, customer: Account, aircraft_id: str
) -> None:
    for _ in range(2):
        satloc.aircraft_list(customer)
        satloc.upload_job(customer, aircraft_id, job_upload(), {})
    ports = [each.port for each in simulator.received()]
    uploads = [each.port for each in simulator.received("UploadJobData")]
    assert [ports.count(port) for port in uploads] == [1, 1]
    # Other calls, which may be repeated, share one.
    assert len(set(ports)) == 3
