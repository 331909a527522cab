"""What people decide about logs: which job one belongs to, and that one is processed again."""

from __future__ import annotations

import pytest

from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.applications import ApplicationFile, Totals
from partner_pipeline.model.jobs import JobAssign
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.work.handling import handle
from partner_pipeline.work.manual import match_by_hand, reprocess
from partner_pipeline.work.poll import poll
from pipeline.work.tools import Pipeline

Flown = tuple[PartnerLogTracker, ApplicationFile, JobAssign]


def work(pipeline: Pipeline) -> list[TaskStatus | None]:
    """Do all tasks that wait."""
    done = []
    with pipeline.context.broker.consume([pipeline.queue], prefetch=1) as consumer:
        while (delivery := consumer.get(0.2)) is not None:
            done.append(handle(pipeline.context, delivery))
    return done


@pytest.fixture
def flown(pipeline: Pipeline) -> Flown:
    """A log that was matched to the assignment it was flown for."""
    job = pipeline.job()
    pipeline.assign(job, pipeline.accounts[0].aircraft[0].id)
    (assign,) = pipeline.store.assigns.of_job(job.id)
    poll(pipeline.context)
    assert work(pipeline) == [TaskStatus.COMPLETED]
    (tracker,) = pipeline.logs().values()
    file = pipeline.store.application_files.require(tracker.application_file_id or "")
    assert file.job_match.assign_id == assign.id
    return tracker, file, assign


@pytest.fixture
def other(pipeline: Pipeline, flown: Flown) -> JobAssign:
    """Another assignment of the same customer."""
    return pipeline.uploaded(aircraft=1)


def totals(pipeline: Pipeline, file: ApplicationFile) -> Totals:
    return pipeline.store.applications.require(file.application_id or "").totals


def job_ids(pipeline: Pipeline, file: ApplicationFile) -> set[str | None]:
    rows = pipeline.store.details.of_file(file.id)
    assert len(rows) == file.processing.records
    return {row["satlocJobId"] for row in rows}


def test_another_assignment(pipeline: Pipeline, flown: Flown, other: JobAssign) -> None:
    _, before, first = flown
    assert totals(pipeline, before).files == 1
    assert job_ids(pipeline, before) == {first.ext_job_id}
    after = match_by_hand(pipeline.context, before.id, other.id, by="ann")
    assert after == pipeline.store.application_files.require(before.id)
    match = after.job_match
    assert (match.decision, match.assign_id, match.job_id, match.user_id, match.by) == (
        *("manual", other.id, other.job, other.user),
        "ann",
    )
    assert job_ids(pipeline, after) == {other.ext_job_id}
    # It counts where it is, and nowhere else.
    assert totals(pipeline, before) == Totals()
    assert totals(pipeline, after).net_area == pytest.approx(before.statistics["netArea"])
    assert totals(pipeline, after).files == 1
    (entry,) = pipeline.store.audit.of("application_files", before.id)
    assert (entry.actor, entry.action) == ("ann", "match")
    assert entry.changes == {"assignId": other.id, "before": first.id}


def test_twice_is_once(pipeline: Pipeline, flown: Flown, other: JobAssign) -> None:
    _, file, _ = flown
    match_by_hand(pipeline.context, file.id, other.id, by="ann")
    after = match_by_hand(pipeline.context, file.id, other.id, by="ann")
    assert totals(pipeline, after).files == 1
    assert [each["assignId"] for each in after.job_match.candidates].count(other.id) == 1


def test_there_and_back(pipeline: Pipeline, flown: Flown, other: JobAssign) -> None:
    _, file, first = flown
    match_by_hand(pipeline.context, file.id, other.id, by="ann")
    after = match_by_hand(pipeline.context, file.id, first.id, by="ann")
    assert after.application_id == file.application_id
    assert totals(pipeline, after).net_area == pytest.approx(file.statistics["netArea"])
    assert after.job_match.candidates == file.job_match.candidates
    assert job_ids(pipeline, after) == {first.ext_job_id}


def test_no_assignment(pipeline: Pipeline, flown: Flown) -> None:
    _, file, first = flown
    after = match_by_hand(pipeline.context, file.id, None, by="ann")
    assert after.application_id is None
    assert (after.job_match.decision, after.job_match.assign_id) == ("manual", None)
    assert totals(pipeline, file) == Totals()
    # What is left is what the log itself says: its name does.
    assert job_ids(pipeline, after) == {first.ext_job_id}
    assert [each.id for each in pipeline.store.application_files.unmatched()] == [file.id]


@pytest.mark.parametrize("to_other", [True, False])
def test_stays_when_processed_again(
    to_other: bool, pipeline: Pipeline, flown: Flown, other: JobAssign
) -> None:
    tracker, file, _ = flown
    said = match_by_hand(pipeline.context, file.id, other.id if to_other else None, by="ann")
    before = job_ids(pipeline, said)
    reprocess(pipeline.context, tracker.id, by="bob")
    assert work(pipeline) == [TaskStatus.COMPLETED]
    again = pipeline.store.application_files.require(file.id)
    assert again.job_match == said.job_match
    assert again.application_id == said.application_id
    assert job_ids(pipeline, again) == before
    if to_other:
        assert totals(pipeline, again).files == 1


def test_another_customers_assignment(pipeline: Pipeline, flown: Flown) -> None:
    foreign = pipeline.uploaded(customer=1)
    _, file, first = flown
    with pytest.raises(ValidationError, match="of another customer"):
        match_by_hand(pipeline.context, file.id, foreign.id, by="ann")
    assert pipeline.store.application_files.require(file.id) == file
    assert job_ids(pipeline, file) == {first.ext_job_id}


def test_nothing_to_match(pipeline: Pipeline, flown: Flown) -> None:
    _, file, _ = flown
    for ids in (("nobody", None), (file.id, "nobody")):
        with pytest.raises(NotFoundError, match="nobody"):
            match_by_hand(pipeline.context, *ids, by="ann")


def test_processed_again_from_its_file(pipeline: Pipeline, flown: Flown) -> None:
    tracker, file, _ = flown
    downloads = pipeline.calls("GetAircraftLogData")
    again = reprocess(pipeline.context, tracker.id, by="ann")
    assert again.status is LogStatus.DOWNLOADED
    assert work(pipeline) == [TaskStatus.COMPLETED]
    assert pipeline.calls("GetAircraftLogData") == downloads
    after = pipeline.store.application_files.require(file.id)
    assert after.processing.records == file.processing.records
    assert totals(pipeline, after) == totals(pipeline, file)
    assert totals(pipeline, after).files == 1
    assert len(pipeline.store.tasks.chain(pipeline.store.tasks.recent()[0].task_id)) == 2
    (entry,) = pipeline.store.audit.of("partner_log_trackers", tracker.id)
    assert (entry.actor, entry.action, entry.changes) == ("ann", "reprocess", {"download": False})


@pytest.mark.parametrize("file_is_gone", [False, True])
def test_downloaded_again(file_is_gone: bool, pipeline: Pipeline, flown: Flown) -> None:
    tracker, file, _ = flown
    if file_is_gone:
        (log,) = pipeline.files()
        log.unlink()
    again = reprocess(pipeline.context, tracker.id, download=True, by="ann")
    assert again.status is LogStatus.PENDING
    assert work(pipeline) == []
    poll(pipeline.context)
    assert work(pipeline) == [TaskStatus.COMPLETED]
    assert pipeline.calls("GetAircraftLogData") == 2
    assert totals(pipeline, file).files == 1


def test_not_finished(pipeline: Pipeline, flown: Flown) -> None:
    tracker, _, _ = flown
    reprocess(pipeline.context, tracker.id, by="ann")
    with pytest.raises(ValidationError, match="it is downloaded; wait"):
        reprocess(pipeline.context, tracker.id, by="bob")
    assert work(pipeline) == [TaskStatus.COMPLETED]
    with pytest.raises(NotFoundError):
        reprocess(pipeline.context, "nobody", by="ann")
