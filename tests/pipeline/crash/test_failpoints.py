"""kill -9 at every step: started again, the pipeline loses nothing and does nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.model.jobs import Job
from partner_pipeline.model.states import AssignStatus, LogStatus
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.work.failpoints import FAILPOINTS
from partner_pipeline.work.upload_decisions import confirm_uploaded
from pipeline.crash.harness import KILLED, Orders, ended
from pipeline.crash.tools import values_of
from pipeline.e2e.ledger import check_all
from pipeline.e2e.stage import EMBEDDED, Stage


class Crash:
    """Children that work on the stage of a test."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.jobs: list[Job] = [stage.job(), stage.job()]
        self._folder = folder
        self._settings = values_of(stage.settings)

    def process(self, role: str, failpoint: str | None = None) -> int:
        """A process of this role, an hour after the one before."""
        stage = self.stage
        stage.clock.advance(hours=1)
        user = stage.accounts[0].aircraft[0].id
        return ended(
            Orders(
                role=role,
                settings=self._settings,
                clock=stage.clock.time,
                log=self._folder / "children.log",
                failpoint=failpoint,
                jobs=[(job.id, user) for job in self.jobs],
                offered=[log.id for log in stage.simulator.world.logs],
            )
        )

    def finish(self) -> None:
        """Processes that nobody kills, until all is done; then everything is looked at."""
        self.process("finishing")
        self.stage.clock.advance(days=1)
        stage = self.stage
        check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)
        assert {job.file_name for job in stage.simulator.world.uploads} == {
            f"{job.number}.job" for job in self.jobs
        }


@pytest.fixture
def crash(stage: Stage, tmp_path: Path) -> Crash:
    return Crash(stage, tmp_path)


@EMBEDDED
@pytest.mark.parametrize("place", FAILPOINTS)
def test_a_death_at_any_place(crash: Crash, place: str) -> None:
    die(crash, place, ("assigning", "polling", "working"))


class TestOneAtATime:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        # Else both uploads may be under way; and a process that is killed while another of its
        # threads is within a transaction leaves that open in the store that all tests share.
        return {"worker_threads": 1, "partner_max_concurrent_jobs": 1}

    @pytest.mark.parametrize("backend", ["servers"], indirect=True)
    @pytest.mark.parametrize(
        "place", ["upload.stored", "poll.recorded", "outbox.published", "process.stored"]
    )
    def test_a_death_with_servers(self, crash: Crash, place: str) -> None:
        die(crash, place, ("assigning", "polling", "working"))

    @EMBEDDED
    @pytest.mark.parametrize("place", [each for each in FAILPOINTS if each.startswith("upload.")])
    def test_a_death_while_a_queued_job_is_uploaded(self, crash: Crash, place: str) -> None:
        not_alive = Fault("status", status=503)
        crash.stage.simulator.faults.script("IsAlive", not_alive, not_alive)
        die(crash, place, ("assigning", "working"))


def die(crash: Crash, place: str, roles: tuple[str, ...]) -> None:
    codes = [crash.process(role, place) for role in roles]
    assert KILLED in codes, f"nobody came to {place}"
    crash.finish()
    assigns = [crash.stage.store.assigns.of_job(job.id)[0] for job in crash.jobs]
    unsure = [each for each in assigns if each.sync.uncertain_since is not None]
    assert len(unsure) == (place == "upload.sent")
    for each in unsure:
        # Nobody knew whether it had arrived. A person has looked.
        assert crash.stage.dead_letters() or each.sync.error
        received = crash.stage.simulator.world.uploads[0]
        confirm_uploaded(crash.stage.context, each.id, received.job_id, by="test")
        crash.finish()
    assigns = [crash.stage.store.assigns.require(each.id) for each in assigns]
    assert [each.status for each in assigns] == [AssignStatus.UPLOADED] * 2
    assert crash.stage.statuses() == {LogStatus.PROCESSED: 2}
