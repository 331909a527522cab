"""Several processes on one pipeline: each log is fetched, worked on and stored once."""

from __future__ import annotations

from collections import Counter

from partner_pipeline.model.states import LogStatus, TaskStatus
from partner_pipeline.work.poll import PollReport
from partner_pipeline.workers.poller import Poller
from partner_pipeline.workers.sync import SyncWorker
from pipeline.broker.tools import eventually
from pipeline.e2e.ledger import check_all
from pipeline.e2e.stage import EMBEDDED, Stage, is_done
from pipeline.repositories.tools import at_once

LOGS = 5


def test_two_customers_two_workers_two_pollers(stage: Stage) -> None:
    for customer in (0, 1):
        stage.flown(customer)
        for _ in range(LOGS):
            stage.offer(customer=customer)
    contexts = [stage.context, stage.another()]
    # At the same moment; and then again, now that all is tracked.
    reports = at_once(2, lambda number: stage.poll(contexts[number]))
    assert sorted(report.busy for report in reports) in ([False, True], [False, False])
    stage.work(*contexts)
    for context in contexts:
        stage.poll(context)
    stage.work(*contexts)

    downloads = Counter(
        each.fields["logId"] for each in stage.simulator.received("GetAircraftLogData")
    )
    assert downloads == dict.fromkeys((log.id for log in stage.simulator.world.logs), 1)
    assert stage.statuses() == {LogStatus.PROCESSED: 2 * (LOGS + 1)}
    tasks = stage.store.tasks.recent(limit=100)
    assert Counter(task.status for task in tasks) == {TaskStatus.COMPLETED: 2 * (LOGS + 1)}
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


def test_pollers_and_workers_that_run_at_the_same_time(stage: Stage) -> None:
    for customer in (0, 1):
        stage.flown(customer)
    contexts = [stage.context, stage.another()]
    workers: list[Poller | SyncWorker] = [*map(Poller, contexts), *map(SyncWorker, contexts)]
    offered = [log.id for log in stage.simulator.world.logs]
    for worker in workers:
        worker.start()
    try:
        eventually(lambda: is_done(stage.context, offered), "the first logs")
    finally:
        for worker in workers:
            worker.stop()
        ended = [worker.join(30.0) for worker in workers]
    assert all(ended)
    assert stage.calls("GetAircraftLogData") == 2
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


@EMBEDDED
def test_a_customer_whose_account_is_refused_delays_no_other(stage: Stage) -> None:
    for customer in (0, 1):
        stage.flown(customer)
    other = stage.simulator.world.accounts[0]
    stage.simulator.world.change_password(other.username, "another one")
    report: PollReport = stage.poll()
    refused, fine = (
        next(each for each in report.accounts if each.customer_id == account.id)
        for account in stage.accounts
    )
    assert (refused.error_category, refused.downloaded) == ("authentication", 0)
    assert (fine.error_category, fine.enqueued) == (None, 1)
