"""What the workers' commands share: run until told to stop, or one round and its outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.exceptions import Exit

from partner_pipeline.cli.group import FAILED
from satlog_native.cli.common import counted, note, printable

if TYPE_CHECKING:
    from partner_pipeline.model.states import TaskStatus
    from partner_pipeline.work.alerting import AlertCheck
    from partner_pipeline.work.archive import ArchiveReport
    from partner_pipeline.work.context import Context
    from partner_pipeline.work.poll import AccountPoll, PollReport
    from partner_pipeline.work.recover import Recovery
    from partner_pipeline.workers.running import Worker

_Command = TypeVar("_Command", bound=Callable[..., Any])


def once_option(command: _Command) -> _Command:
    """One round, for tests and cron."""
    return click.option(
        "--once", is_flag=True, help="Do what is to be done now, and end; for tests and cron."
    )(command)


@contextmanager
def worker_context() -> Iterator[Context]:
    """All parts of a worker, which logs what it does."""
    from partner_pipeline.observe.logs import configure_logging
    from partner_pipeline.settings import Settings
    from partner_pipeline.workers.opening import open_context

    settings = Settings.load()
    configure_logging(settings)
    with open_context(settings) as context:
        yield context


def run_workers(context: Context, workers: Sequence[Worker]) -> None:
    """Run until SIGTERM or Ctrl-C; the exit status is 1 where work in hand did not end in time.

    Metrics are served from before the first task until after the last.
    """
    from partner_pipeline.observe.endpoint import metrics_served
    from partner_pipeline.workers.running import run

    with metrics_served(context.settings, context.metrics):
        in_time = run(workers, context.settings.shutdown_grace.total_seconds())
    if not in_time:
        raise Exit(FAILED)


# One round: what it did, a line each; whether all of it went well.


def tell_poll(recovered: Recovery, polled: PollReport) -> bool:
    """A poll and what was taken up again before it."""
    _tell_recovery(recovered)
    if polled.busy:
        note("another poll is under way")
    for account in polled.accounts:
        note(printable(_account(account)))
    return not any(account.error or account.failed for account in polled.accounts)


def _tell_recovery(recovered: Recovery) -> None:
    taken_up = recovered.executions + recovered.logs + recovered.uploads + recovered.followed
    if taken_up or recovered.given_up:
        note(f"taken up again: {taken_up:,}; given up: {recovered.given_up:,}")


def _account(account: AccountPoll) -> str:
    name = f"{account.partner_code}, customer {account.customer_id}"
    if account.resting_until is not None:
        return f"{name}: not polled before {account.resting_until:%H:%M:%S}, as it failed"
    text = (
        f"{name}: {account.aircraft:,} aircraft, {counted(account.offered, 'log')} offered, "
        f"{account.new:,} new, {account.downloaded:,} downloaded, {account.failed:,} failed"
    )
    return f"{text}. Error: {account.error}" if account.error else text


def tell_tasks(done: dict[TaskStatus, int]) -> bool:
    """Tasks that were worked on."""
    from partner_pipeline.model.states import TaskStatus

    counts = ", ".join(f"{count:,} {status.value}" for status, count in sorted(done.items()))
    note(f"tasks: {counts or 'none waited'}")
    return not (done.get(TaskStatus.FAILED) or done.get(TaskStatus.DEAD))


def tell_archive(archived: ArchiveReport) -> None:
    """Dead letters that became files; their names are data."""
    for file in archived.files:
        click.echo(file)
    note(f"archived: {counted(len(archived.files), 'dead letter')}")


def tell_alerts(checked: AlertCheck) -> bool:
    """What people should know."""
    for cause in checked.found:
        note(f"alert: {cause}{'' if cause in checked.sent else ' (told before)'}")
    return not checked.found


def end_round(*went_well: bool) -> None:
    """The exit status of a round is 1 where something of it failed."""
    if not all(went_well):
        raise Exit(FAILED)
