"""The worker that takes tasks from the queue: one consumer, several threads."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Final

from partner_pipeline.broker.base import Consumer, Delivery
from partner_pipeline.errors import BrokerError
from partner_pipeline.model.states import TaskStatus
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.work.alerting import raise_alert
from partner_pipeline.work.context import Context
from partner_pipeline.work.handling import handle
from partner_pipeline.workers.limit import DeadLetterLimit

#: Seconds that a thread waits for a message before it looks whether it is to stop.
_WAIT: Final = 1.0

_log = get_logger(__name__)


class SyncWorker:
    """Works on the tasks of all queues of the settings.

    Parameters
    ----------
    context : Context
    threads : int, optional
        Tasks at once; by default ``WORKER_THREADS``.
    """

    name = "sync"

    def __init__(self, context: Context, threads: int | None = None) -> None:
        settings = context.settings
        self._context = context
        count = threads or settings.worker_threads
        self._limit = DeadLetterLimit(
            settings.dlq_limit_window, settings.dlq_limit_share, settings.dlq_limit_in_a_row
        )
        self._stop = threading.Event()
        self._consumer: Consumer | None = None
        self._threads = [
            threading.Thread(target=self._run, name=f"sync-{number}", daemon=True)
            for number in range(count)
        ]

    def start(self) -> None:
        """Begin to take tasks."""
        self._consumer = self._consume()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no more tasks; those in hand are ended."""
        self._stop.set()
        if self._consumer is not None:
            self._consumer.stop()

    def join(self, seconds: float) -> bool:
        """Wait for the tasks in hand to end; hand back the others. Whether all ended."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0.0))
        if self._consumer is not None:
            self._consumer.close()
        return not any(thread.is_alive() for thread in self._threads)

    def once(self) -> Counter[TaskStatus]:
        """Work on what waits now, in this thread; how many tasks came to which end.

        It ends early where too many become dead letters.
        """
        done: Counter[TaskStatus] = Counter()
        with self._consume() as consumer:
            self._consumer = consumer
            while (delivery := consumer.get(_WAIT)) is not None:
                status = self._handle(delivery)
                if status is not None:
                    done[status] += 1
        return done

    def _consume(self) -> Consumer:
        settings = self._context.settings
        prefetch = min(len(self._threads), settings.partner_max_concurrent_jobs)
        return self._context.broker.consume(settings.task_queues, prefetch=prefetch)

    def _run(self) -> None:
        consumer = self._consumer
        while consumer is not None and not self._stop.is_set():
            try:
                delivery = consumer.get(_WAIT)
            except BrokerError as error:
                _log.error("no messages to be had", error=str(error))
                self._stop.wait(_WAIT)
                continue
            if delivery is not None:
                self._handle(delivery)

    def _handle(self, delivery: Delivery) -> TaskStatus | None:
        try:
            status = handle(self._context, delivery)
        except BrokerError as error:
            # It could not be settled: the broker hands it out again.
            _log.error("delivery lost", error=str(error))
            return None
        except Exception:
            # A mistake in this program must not cost a thread as well. After so many deliveries
            # the broker makes a dead letter of it.
            _log.exception("delivery not handled, by an unforeseen error")
            self._hand_back(delivery)
            return None
        if status is not None:
            why = self._limit.exceeded(dead=status is TaskStatus.DEAD)
            if why is not None and not self._stop.is_set():
                self._give_up(why)
        return status

    def _hand_back(self, delivery: Delivery) -> None:
        try:
            delivery.requeue()
        except BrokerError as error:
            _log.error("delivery lost", error=str(error))

    def _give_up(self, why: str) -> None:
        """Stop consuming, and stay: a supervisor that restarted it would bury the next ones."""
        self.stop()
        text = (
            f"{why}. The worker {self._context.owner} takes no more tasks until it is restarted. "
            "Look at the dead letters (partner-pipeline dlq list), mend the cause, restart the "
            "worker, and replay them (partner-pipeline dlq retry)."
        )
        _log.error("too many dead letters: worker stopped", why=why)
        raise_alert(self._context, "dead_letter_limit", "critical", "Worker stopped", text)
