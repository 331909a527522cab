"""Trackers of logs: one each, and each step done by one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import LogStatus
from partner_pipeline.store.repositories import Repositories
from pipeline.repositories.tools import Clock, at_once

FILE = {"saved_local_file": "c1/a/l1.log", "size": 10, "sha256": "0" * 64}


def _offered(repositories: Repositories, log_id: str = "l1") -> PartnerLogTracker:
    return repositories.trackers.offered("SATLOC", "c1", "a", log_id, f"{log_id}.log")


def _downloaded(repositories: Repositories, log_id: str = "l1") -> PartnerLogTracker:
    tracker = _offered(repositories, log_id)
    assert repositories.trackers.claim_download(tracker.id, "d")
    found = repositories.trackers.downloaded(tracker.id, "d", **FILE)  # type: ignore[arg-type]
    assert found
    return found


def test_a_log_is_tracked_once(repositories: Repositories) -> None:
    found = at_once(4, lambda _: _offered(repositories).id)
    assert len(set(found)) == 1
    assert repositories.trackers.count() == 1
    assert _offered(repositories, "l2").id not in found


def test_the_whole_way(repositories: Repositories, clock: Clock) -> None:
    tracker = _downloaded(repositories)
    assert (tracker.status, tracker.sha256) == (LogStatus.DOWNLOADED, "0" * 64)
    assert tracker.claim is None
    clock.advance(seconds=1)
    assert repositories.trackers.enqueued(tracker.id, clock() - timedelta(minutes=5))
    assert repositories.trackers.claim_processing(tracker.id, "p")
    done = repositories.trackers.processed(
        tracker.id, "p", application_file_id="f1", damage={"bytesLost": 0}
    )
    assert done is not None
    assert done.processed
    assert done == repositories.trackers.require(tracker.id)
    assert done.damage == {"bytesLost": 0}
    assert repositories.trackers.counts()[LogStatus.PROCESSED] == 1


def test_of_many_one_downloads_and_one_processes(repositories: Repositories) -> None:
    id_ = _offered(repositories).id
    won = at_once(6, lambda n: repositories.trackers.claim_download(id_, f"d{n}"))
    (winner,) = [tracker for tracker in won if tracker is not None]
    assert winner.claim
    assert repositories.trackers.downloaded(id_, winner.claim, **FILE)  # type: ignore[arg-type]
    won = at_once(6, lambda n: repositories.trackers.claim_processing(id_, f"p{n}"))
    assert len([tracker for tracker in won if tracker is not None]) == 1


def test_of_many_one_enqueues(repositories: Repositories, clock: Clock) -> None:
    id_ = _downloaded(repositories).id
    long_ago = clock() - timedelta(minutes=5)
    won = at_once(6, lambda _: repositories.trackers.enqueued(id_, long_ago))
    assert len([tracker for tracker in won if tracker is not None]) == 1
    clock.advance(minutes=6)
    assert repositories.trackers.enqueued(id_, clock() - timedelta(minutes=5))


def test_who_was_given_up_for_dead_ends_nothing(repositories: Repositories, clock: Clock) -> None:
    id_ = _downloaded(repositories).id
    repositories.trackers.claim_processing(id_, "slow")
    (stuck,) = repositories.trackers.stuck(clock.advance(minutes=20))
    recovered = repositories.trackers.recover(stuck, most=5)
    assert recovered is not None
    assert (recovered.status, recovered.recoveries) == (LogStatus.DOWNLOADED, 1)
    assert recovered.enqueued_at is None
    trackers = repositories.trackers
    assert trackers.processed(id_, "slow", application_file_id="f", damage={}) is None
    assert trackers.claim_processing(id_, "quick")
    assert trackers.processed(id_, "slow", application_file_id="f", damage={}) is None
    assert trackers.processed(id_, "quick", application_file_id="f", damage={})


def test_what_is_stuck_is_found_and_nothing_else(repositories: Repositories, clock: Clock) -> None:
    for log_id in ("pending", "downloading", "lost", "processing", "fresh"):
        _offered(repositories, log_id)
    trackers = {t.log_id: t.id for t in repositories.trackers.recent()}
    repositories.trackers.claim_download(trackers["downloading"], "x")
    for log_id in ("lost", "processing"):
        _downloaded(repositories, log_id)
    repositories.trackers.enqueued(trackers["processing"], clock())
    repositories.trackers.claim_processing(trackers["processing"], "x")
    before = clock.advance(minutes=18)
    repositories.trackers.claim_download(trackers["fresh"], "x")
    found = {tracker.log_id for tracker in repositories.trackers.stuck(before)}
    assert found == {"downloading", "lost", "processing"}


def test_recovery_is_done_by_one_and_ends(repositories: Repositories, clock: Clock) -> None:
    id_ = _offered(repositories).id
    for attempt in range(3):
        assert repositories.trackers.claim_download(id_, f"d{attempt}")
        (stuck,) = repositories.trackers.stuck(clock.advance(minutes=20))
        won = at_once(3, lambda _, stuck=stuck: repositories.trackers.recover(stuck, most=2))  # type: ignore[misc]
        assert len([tracker for tracker in won if tracker is not None]) == 1
    tracker = repositories.trackers.require(id_)
    assert tracker.status is LogStatus.FAILED
    assert "never ended" in (tracker.error_message or "")


def test_a_file_that_is_gone_is_downloaded_again(repositories: Repositories, clock: Clock) -> None:
    _downloaded(repositories)
    (stuck,) = repositories.trackers.stuck(clock.advance(minutes=20))
    again = repositories.trackers.recover(stuck, most=5, file_gone=True)
    assert again is not None
    assert again.status is LogStatus.PENDING


def test_failures(repositories: Repositories) -> None:
    trackers = repositories.trackers
    id_ = _offered(repositories).id
    trackers.claim_download(id_, "d")
    failed = trackers.download_failed(id_, "d", "no answer", ErrorCategory.TRANSIENT)
    assert failed is not None
    assert (failed.status, failed.error_category) == (LogStatus.PENDING, ErrorCategory.TRANSIENT)
    done = _downloaded(repositories)
    trackers.claim_processing(id_, "p")
    failed = trackers.processing_failed(
        id_, "p", "store away", ErrorCategory.INFRASTRUCTURE, final=False, counted=False
    )
    assert failed is not None
    assert (failed.status, failed.retry_count, failed.id) == (LogStatus.DOWNLOADED, 0, done.id)
    trackers.claim_processing(id_, "p")
    failed = trackers.processing_failed(id_, "p", "no log", ErrorCategory.PROCESSING, final=True)
    assert failed is not None
    assert (failed.status, failed.retry_count) == (LogStatus.FAILED, 1)


@pytest.mark.parametrize("download", [False, True])
def test_a_finished_log_is_taken_up_again(repositories: Repositories, *, download: bool) -> None:
    id_ = _downloaded(repositories).id
    assert repositories.trackers.again(id_) is None
    repositories.trackers.claim_processing(id_, "p")
    repositories.trackers.processing_failed(
        id_, "p", "no log", ErrorCategory.PROCESSING, final=True
    )
    again = repositories.trackers.again(id_, download=download)
    assert again is not None
    assert again.status is (LogStatus.PENDING if download else LogStatus.DOWNLOADED)
    assert (again.error_message, again.error_category, again.retry_count) == (None, None, 0)


def test_a_log_without_file_is_downloaded_again(repositories: Repositories) -> None:
    id_ = _offered(repositories).id
    assert repositories.trackers.skipped(id_, "too large")
    again = repositories.trackers.again(id_)
    assert again is not None
    assert again.status is LogStatus.PENDING


def test_only_the_holder_of_a_claim_skips(repositories: Repositories) -> None:
    id_ = _offered(repositories).id
    repositories.trackers.claim_download(id_, "d")
    assert repositories.trackers.skipped(id_, "too large") is None
    assert repositories.trackers.skipped(id_, "too large", "d")


def test_logs_of_an_aircraft(repositories: Repositories) -> None:
    for log_id in ("l1", "l2"):
        _offered(repositories, log_id)
    repositories.trackers.offered("SATLOC", "c2", "a", "l1", "other customer")
    found = repositories.trackers.of_aircraft("SATLOC", "c1", "a")
    assert {log_id: t.log_file_name for log_id, t in found.items()} == {
        "l1": "l1.log",
        "l2": "l2.log",
    }


def test_ids_that_are_operators_match_nothing(repositories: Repositories) -> None:
    _offered(repositories)
    hostile: str = {"$gt": ""}  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"\$gt|dict"):
        repositories.trackers.of_aircraft(hostile, "c1", "a")
    with pytest.raises(NotFoundError, match="none"):
        repositories.trackers.require("unknown")


def test_a_log_whose_task_is_dead_has_failed(repositories: Repositories) -> None:
    id_ = _downloaded(repositories).id
    failed = repositories.trackers.failed(id_, "unknown partner", ErrorCategory.VALIDATION)
    assert failed is not None
    assert (failed.status, failed.error_message) == (LogStatus.FAILED, "unknown partner")
    assert repositories.trackers.failed(id_, "again", ErrorCategory.VALIDATION) is None


def test_a_log_that_was_never_enqueued_is_looked_at_again_later(
    repositories: Repositories, clock: Clock
) -> None:
    id_ = _downloaded(repositories).id
    before = clock.advance(minutes=20)
    (stuck,) = repositories.trackers.stuck(before)
    seen = repositories.trackers.recover(stuck, most=5)
    assert seen is not None
    assert (seen.status, seen.recoveries) == (LogStatus.DOWNLOADED, 1)
    assert repositories.trackers.stuck(before) == []
    assert repositories.trackers.enqueued(id_, before)


def test_a_status_is_only_moved(repositories: Repositories) -> None:
    id_ = _offered(repositories).id
    with pytest.raises(ValidationError, match="only moved"):
        repositories.trackers._update({"_id": id_}, {"status": "processed"})
