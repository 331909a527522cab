"""Killed between any two writes: nothing is lost, nothing is there twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.model.ids import assignment_id
from partner_pipeline.model.states import AssignStatus, LogStatus, TaskStatus
from partner_pipeline.model.tasks import TaskMessage
from partner_pipeline.work.failpoints import FAILPOINTS, VARIABLE
from partner_pipeline.work.poll import poll
from partner_pipeline.work.publishing import publish_waiting
from partner_pipeline.work.recover import recover
from pipeline.work.tools import Pipeline

TESTS = Path(__file__).resolve().parents[2]
PASSED_ON = (
    *("embedded_path", "satloc_storage_path", "dlq_archive_path", "satloc_api_endpoint"),
    *("satloc_rate_limit", "satloc_burst_limit", "satloc_retry_attempts"),
    *("circuit_failures", "file_circuit_failures", "partner_max_concurrent_jobs"),
)


def killed_at(pipeline: Pipeline, point: str, **told: Any) -> None:
    """Have another process do something, and die at a fail-point."""
    settings = {name: str(getattr(pipeline.context.settings, name)) for name in PASSED_ON}
    arguments = {"now": pipeline.clock.time.isoformat(), "settings": settings, **told}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.work.child", json.dumps(arguments)],
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent}", VARIABLE: point},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def go_on(pipeline: Pipeline) -> None:
    """What the schedule of any other process does, until everything has had its time."""
    for _ in range(3):
        pipeline.clock.advance(minutes=19)
        recover(pipeline.context)
        publish_waiting(pipeline.context)
        poll(pipeline.context)


@pytest.mark.parametrize(
    "point",
    [
        *(point for point in FAILPOINTS if point.startswith("poll.")),
        "poll.downloaded:2",
        "outbox.published",
        "outbox.published:3",
    ],
)
def test_a_poll_that_is_killed(pipeline: Pipeline, point: str) -> None:
    pipeline.uploaded(0)
    pipeline.uploaded(1)
    offered = {
        pipeline.simulator.world.add_log(pipeline.accounts[customer].at_partner()).id
        for customer in (0, 1, 0, 1)
    }
    killed_at(pipeline, point, do="poll")
    go_on(pipeline)
    logs = [*pipeline.logs(0).values(), *pipeline.logs(1).values()]
    assert {log.log_id for log in logs} == offered
    assert {log.status for log in logs} == {LogStatus.DOWNLOADED}
    assert len(pipeline.files()) == len(offered)
    tasks = [TaskMessage.parse(each.message.body) for each in pipeline.messages()]
    assert len({task.task_id for task in tasks}) == len(offered)
    # A message may come twice; what it starts is one execution.
    assert len({task.execution_id for task in tasks}) == len(offered)
    for task in tasks:
        (execution,) = pipeline.store.tasks.chain(task.task_id)
        assert execution.status is TaskStatus.QUEUED


@pytest.mark.parametrize(
    "point", ["assign.stored", "upload.claimed", "upload.sent", "upload.stored"]
)
def test_an_assignment_that_is_killed(pipeline: Pipeline, point: str) -> None:
    job, aircraft = pipeline.job(), pipeline.accounts[0].aircraft[0]
    killed_at(pipeline, point, do="assign", job=job.id, user=aircraft.id)
    go_on(pipeline)
    uncertain = [error for error in map(pipeline.upload, pipeline.messages()) if error]
    assert len(pipeline.simulator.world.uploads) == 1, "at most once, and here it arrived"
    assign = pipeline.store.assigns.require(assignment_id(job.id, aircraft.id))
    if point == "upload.sent":
        # Whether the partner has it only the dead process knew.
        assert ["uncertain" in error for error in uncertain] == [True]
        assert assign.status is AssignStatus.NEW
        assert assign.sync.uncertain_since is not None
    else:
        assert uncertain == []
        assert assign.status is AssignStatus.UPLOADED
