"""Work that nobody ended, taken up again: what a killed worker, a lost message or a crash leaves.

Everything that is done here is conditional on what was seen, so a worker that was only slow and
ends its work meanwhile wins; and what is taken up again too often is given up, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from partner_pipeline.broker import message as headers
from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import BrokerError, NotFoundError, PipelineError
from partner_pipeline.model.backoff import LONGEST_RETRY_AFTER
from partner_pipeline.model.categories import POLICIES, ErrorCategory
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.ids import deterministic_id, new_execution_id
from partner_pipeline.model.jobs import JobAssign
from partner_pipeline.model.logs import PartnerLogTracker
from partner_pipeline.model.states import ACTIVE_TASKS, LogStatus, TaskStatus
from partner_pipeline.model.tasks import ProcessLogTask, TaskMessage, TaskTracker, TaskType
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.alerting import raise_alert
from partner_pipeline.work.context import Context
from partner_pipeline.work.enqueueing import (
    enqueue_log,
    enqueue_upload,
    log_task,
    upload_task_key,
)
from partner_pipeline.work.failure import retry_delay
from partner_pipeline.work.lease import HeldLease, lease
from partner_pipeline.work.publishing import (
    enqueue,
    headers_of,
    publish,
    publish_again,
    publish_waiting,
)

LEASE: Final = "recover"

T = TypeVar("T")

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was taken up again.

    Attributes
    ----------
    busy : bool
        Another recovery is under way: nothing was done.
    published : int
        Messages that waited in the outbox.
    executions : int
        That were begun and not ended, or whose message was lost: queued again.
    logs : int
        Downloads and processings that were begun and not ended, and logs that nobody enqueued.
    uploads : int
        Assignments that nobody uploaded.
    followed : int
        Failures that nothing had followed: tried again, or dead.
    given_up : int
        Executions and logs that were taken up too often.
    """

    busy: bool = False
    published: int = 0
    executions: int = 0
    logs: int = 0
    uploads: int = 0
    followed: int = 0
    given_up: int = 0


def recover(context: Context) -> Recovery:
    """Take up again what nobody ended.

    Raises
    ------
    InfrastructureError
        If the store does not work. A broker that does not is no error: its messages wait.
    """
    with lease(context, LEASE) as held:
        if held is None:
            return Recovery(busy=True)
        return _Recovering(context, held).run()


class _Recovering:
    def __init__(self, context: Context, held: HeldLease) -> None:
        self._context = context
        self._repositories = context.repositories
        self._held = held
        self._most = context.settings.partner_max_retries
        self._given_up = 0

    def run(self) -> Recovery:
        before = self._context.now() - self._context.settings.stuck_timeout
        published = 0
        while sent := publish_waiting(self._context):
            published += sent
        # Executions before logs: a log follows its execution.
        executions = self._each(self._repositories.tasks.stuck(before), self._stuck_execution)
        executions += self._each(self._lost_messages(), self._lost_message)
        logs = self._each(self._repositories.trackers.stuck(before), self._stuck_log)
        logs += self._each(self._left_logs(before), self._left_log)
        return Recovery(
            published=published,
            executions=executions,
            logs=logs,
            uploads=self._each(self._left_assignments(before), self._left_assignment),
            followed=self._each(self._repositories.tasks.unfollowed(before), self._follow),
            given_up=self._given_up,
        )

    def _each(self, found: Iterable[T], take_up: Callable[[T], bool]) -> int:
        """How many were taken up; the lease is kept meanwhile."""
        count = 0
        for each in found:
            if not self._held.keep():
                break
            count += take_up(each)
        return count

    def _publish(self, work: Callable[[Repositories], OutboxMessage | None]) -> bool:
        decided = self._repositories.transact(work)
        publish(self._context, decided)
        return decided is not None

    # Executions.

    def _stuck_execution(self, task: TaskTracker) -> bool:
        """Somebody began it and has not ended it."""
        if task.recoveries >= self._most:
            return self._give_up(task, "was begun and never ended")

        def take_up(repositories: Repositories) -> OutboxMessage | None:
            recovered = repositories.tasks.recover(task)
            if recovered is None:
                return None
            if tracker := _tracker(repositories, task):
                repositories.trackers.recover(tracker, most=self._most)
                repositories.trackers.enqueued(tracker.id, self._context.now())
            return publish_again(repositories, recovered)

        _log.warning("execution taken up again", task=task.task_id, execution=task.execution_id)
        return self._publish(take_up)

    def _lost_messages(self) -> Iterator[TaskTracker]:
        """Executions that wait for a message that is not in the queue."""
        for queue in self._context.settings.task_queues:
            try:
                lost = self._lost(queue)
            except BrokerError as error:
                _log.warning("queue cannot be looked at", queue=queue, error=str(error))
                continue
            yield from (task for task in lost if not self._in_outbox(task))

    def _lost(self, queue: str) -> list[TaskTracker]:
        """Executions that have waited for long, and whose message is not in this queue.

        To look into a main queue of RabbitMQ counts as a delivery; there they are told when the
        queue is empty.
        """
        stats = self._context.broker.stats(queue)
        patience = self._context.settings.stuck_timeout
        if stats.delayed:
            patience += timedelta(seconds=LONGEST_RETRY_AFTER)
        waiting = self._repositories.tasks.waiting(self._context.now() - patience, queue)
        if not waiting or not stats.messages:
            return waiting
        if stats.oldest is None:
            return []
        there = self._context.broker.peek(queue, limit=stats.messages)
        known = {each.message.headers.get(headers.EXECUTION_ID) for each in there}
        return [task for task in waiting if task.execution_id not in known]

    def _in_outbox(self, task: TaskTracker) -> bool:
        ids = (task.execution_id, f"{task.execution_id}/{task.recoveries}")
        outbox = self._repositories.outbox
        return any(
            outbox.get(deterministic_id("outbox", task.queue_name, each)) is not None
            for each in ids
        )

    def _lost_message(self, task: TaskTracker) -> bool:
        if task.recoveries >= self._most:
            return self._give_up(task, "was queued and never begun")

        def send_again(repositories: Repositories) -> OutboxMessage | None:
            queued = repositories.tasks.requeue(task)
            return None if queued is None else publish_again(repositories, queued)

        _log.warning(
            "message of an execution sent again", task=task.task_id, execution=task.execution_id
        )
        return self._publish(send_again)

    def _give_up(self, task: TaskTracker, what: str) -> bool:
        """A dead letter: it cost too many workers their lives."""
        error = (
            f"task {task.task_id} {what}, {task.recoveries + 1} times: its workers were killed "
            "each time, or hang on it. Look at what it works on, then retry the dead letter"
        )
        category = ErrorCategory.PROCESSING

        def bury(repositories: Repositories) -> OutboxMessage | None:
            dead = repositories.tasks.dead(task.execution_id, error, category)
            if dead is None:
                return None
            tracker = _tracker(repositories, task)
            if tracker is not None:
                repositories.trackers.processing_failed(
                    tracker.id, tracker.claim or "", error, category, final=True
                )
            elif isinstance(message := _message(task), ProcessLogTask):
                repositories.trackers.failed(message.tracker_id, error, category)
            told = {headers.ERROR_CATEGORY: category.value, headers.ERROR_MESSAGE: error}
            letter = Message(Message.of(task.metadata["message"]).body).with_headers(
                {**headers_of(dead), **told}
            )
            return repositories.outbox.add(
                dead_queue(task.queue_name),
                f"{task.execution_id}/dead",
                letter.body,
                letter.headers,
            )

        if self._publish(bury):
            self._given_up += 1
            self._context.metrics.task(task.task_type, TaskStatus.DEAD, category)
            if task.task_type is TaskType.PROCESS_LOG:
                self._context.metrics.log(LogStatus.FAILED)
            raise_alert(self._context, f"given-up:{task.task_id}", "high", "Task given up", error)
        return False

    def _follow(self, task: TaskTracker) -> bool:
        """It failed, and neither a retry nor a dead letter followed."""
        category = task.error_category or ErrorCategory.PROCESSING
        delay = retry_delay(self._context, task, category)
        if delay is None:
            # Its dead letter was sent before its state was to change.
            return self._repositories.tasks.dead(task.execution_id) is not None
        again = _message(task).model_copy(update={"execution_id": new_execution_id()})
        return self._publish(
            lambda repositories: enqueue(
                repositories,
                again,
                task.queue_name,
                retry_of=task,
                counted=POLICIES[category].counted,
            )
        )

    # Logs.

    def _stuck_log(self, tracker: PartnerLogTracker) -> bool:
        gone = tracker.status is LogStatus.DOWNLOADED and self._file_gone(tracker)

        def take_up(
            repositories: Repositories,
        ) -> tuple[PartnerLogTracker | None, OutboxMessage | None]:
            moved = repositories.trackers.recover(tracker, most=self._most, file_gone=gone)
            if moved is None or moved.status is not LogStatus.DOWNLOADED:
                return moved, None
            return moved, enqueue_log(self._context, repositories, moved)

        moved, decided = self._repositories.transact(take_up)
        publish(self._context, decided)
        if moved is None:
            return False
        _log.warning("log taken up again", log=moved.log_id, status=moved.status.value)
        if moved.status is not LogStatus.FAILED:
            return True
        self._given_up += 1
        self._context.metrics.log(LogStatus.FAILED)
        what = f"Log {moved.log_id!r} ({moved.log_file_name!r}): {moved.error_message}"
        raise_alert(self._context, f"given-up:{moved.id}", "high", "Log given up", what)
        return False

    def _file_gone(self, tracker: PartnerLogTracker) -> bool:
        try:
            service = self._context.service(tracker.partner_code)
            service.resolve_log_file(tracker.saved_local_file or "")
        except NotFoundError:
            return True
        except PipelineError as error:
            _log.warning("file of a log cannot be looked at", log=tracker.id, error=str(error))
        return False

    def _left_logs(self, before: datetime) -> list[PartnerLogTracker]:
        """Logs that were enqueued, and have no task that is queued or worked on."""
        left = self._repositories.trackers.left(before)
        keys = {tracker.id: log_task(self._context.settings, tracker) for tracker in left}
        newest = self._repositories.tasks.newest(list(set(keys.values())))
        return [tracker for tracker in left if not _goes_on(newest.get(keys[tracker.id]))]

    def _left_log(self, tracker: PartnerLogTracker) -> bool:
        return self._publish(lambda repositories: enqueue_log(self._context, repositories, tracker))

    # Assignments.

    def _left_assignments(self, before: datetime) -> list[JobAssign]:
        """New assignments that nobody uploads: neither a task nor a person is asked to."""
        left = [
            assign
            for assign in self._repositories.assigns.left(before)
            if assign.sync.error_category is None
            or POLICIES[assign.sync.error_category].retry != "none"
        ]
        keys = {assign.id: upload_task_key(self._context.settings, assign) for assign in left}
        newest = self._repositories.tasks.newest(list(keys.values()))
        return [
            assign
            for assign in left
            if keys[assign.id] not in newest
            or newest[keys[assign.id]].status is TaskStatus.COMPLETED
        ]

    def _left_assignment(self, assign: JobAssign) -> bool:
        return self._publish(
            lambda repositories: enqueue_upload(self._context, repositories, assign)
        )


def _goes_on(task: TaskTracker | None) -> bool:
    """Whether something will come of a task by itself, or of what follows its failure."""
    return task is not None and task.status in {*ACTIVE_TASKS, TaskStatus.FAILED}


def _message(task: TaskTracker) -> TaskMessage:
    return TaskMessage.parse(Message.of(task.metadata["message"]).body)


def _tracker(repositories: Repositories, task: TaskTracker) -> PartnerLogTracker | None:
    """The log that an execution processes, where it is in this execution's hands."""
    message = _message(task)
    if not isinstance(message, ProcessLogTask):
        return None
    tracker = repositories.trackers.get(message.tracker_id)
    in_hand = tracker is not None and tracker.status is LogStatus.PROCESSING
    return tracker if in_hand and tracker is not None and tracker.claim == task.claim else None
