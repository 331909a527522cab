"""A password that changes at the partner: told as what it is, over when the new one is set."""

from __future__ import annotations

from pydantic import SecretStr

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.states import AssignStatus, LogStatus
from partner_pipeline.work.people import set_password
from pipeline.e2e.ledger import check_all
from pipeline.e2e.stage import EMBEDDED, Stage

NEW = "a new & better one"


def test_logs_wait_for_the_new_password(stage: Stage) -> None:
    stage.flown()
    account = stage.accounts[0]
    stage.simulator.world.change_password(account.username, NEW)
    (report,) = stage.poll().accounts
    assert report.error_category is ErrorCategory.AUTHENTICATION
    assert "set them anew" in (report.error or "")
    known = stage.store.users.account("SATLOC", account.id)
    assert known is not None
    assert known.health.failures_in_a_row == 1
    # It is left alone for a while: no account is locked by us.
    calls = stage.calls("AuthenticateAPIUser")
    (resting,) = stage.poll().accounts
    assert resting.resting_until is not None
    assert stage.calls("AuthenticateAPIUser") == calls

    set_password(stage.context, known.id, SecretStr(NEW), by="test")
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: 1}
    known = stage.store.users.account("SATLOC", account.id)
    assert known is not None
    assert known.health.failures_in_a_row == 0
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


@EMBEDDED  # delays in RabbitMQ's queues are real ones
def test_a_queued_upload_waits_for_the_new_password(stage: Stage) -> None:
    account = stage.accounts[0]
    stage.simulator.world.change_password(account.username, NEW)
    assigned = stage.assign(stage.job())
    assert assigned.synced.status == "queued"
    assert assigned.synced.error_category is ErrorCategory.AUTHENTICATION
    stage.round()
    known = stage.store.users.account("SATLOC", account.id)
    assert known is not None
    set_password(stage.context, known.id, SecretStr(NEW), by="test")
    stage.until_all_is_done()
    stage.until_all_is_done()
    assign = stage.store.assigns.require(assigned.assign_id or "")
    assert assign.status is AssignStatus.UPLOADED
    assert stage.statuses() == {LogStatus.PROCESSED: 1}
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


@EMBEDDED
def test_an_upload_that_is_refused_too_often_is_a_dead_letter(stage: Stage) -> None:
    account = stage.accounts[0]
    stage.simulator.world.change_password(account.username, NEW)
    assigned = stage.assign(stage.job())
    for _ in range(5):
        stage.round()
    (letter,) = stage.dead_letters()
    assert letter.message.headers["x-error-category"] == "authentication"
    assert letter.message.headers["x-retry-count"] == 2
    assert not stage.simulator.world.uploads
    assert stage.store.assigns.require(assigned.assign_id or "").status is AssignStatus.NEW
