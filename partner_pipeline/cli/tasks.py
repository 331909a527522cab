"""``partner-pipeline tasks``: list, show, chain, stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from partner_pipeline.cli.common import (
    limit_option,
    number,
    opened,
    short,
    show_facts,
    show_table,
    when,
)
from partner_pipeline.errors import NotFoundError
from satlog_native.cli.common import json_option, note, to_json
from satlog_native.cli.group import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partner_pipeline.model.logs import PartnerLogTracker
    from partner_pipeline.model.tasks import TaskTracker
    from partner_pipeline.store.repositories import Repositories

_STATUS: Final = ("queued", "processing", "completed", "failed", "dlq", "archived")
_CATEGORIES: Final = (
    *("transient", "authentication", "rate_limit", "partner_down"),
    *("validation", "processing", "infrastructure"),
)
#: What kinds of tasks are called in lists.
TASK_NAMES: Final = {
    "upload_partner_job": "upload",
    "process_partner_log": "process log",
    "process_partner_data_file": "process file",
}


@click.group(
    epilog=examples("partner-pipeline tasks list --status failed", "partner-pipeline tasks stuck")
)
def command() -> None:
    """Look at tasks, their tries, and those that are stuck.

    A task is tried several times where it fails; each try is an execution of its own. EXECUTION is
    an execution's id or the beginning of its short one.
    """


@command.command(
    "list",
    epilog=examples(
        "partner-pipeline tasks list", "partner-pipeline tasks list --category authentication"
    ),
)
@click.option("--status", type=click.Choice(_STATUS), help="Only executions in this state.")
@click.option("--category", type=click.Choice(_CATEGORIES), help="Only failures of this kind.")
@limit_option
@json_option
def list_(status: str | None, category: str | None, limit: int, as_json: bool) -> None:
    """List executions, the last queued first."""
    from partner_pipeline.model.categories import ErrorCategory
    from partner_pipeline.model.states import TaskStatus

    with opened() as context:
        tasks = context.repositories.tasks
        found = tasks.recent(
            status=None if status is None else TaskStatus(status),
            category=None if category is None else ErrorCategory(category),
            limit=limit,
        )
        counts = {state.value: count for state, count in tasks.counts().items() if count}
    if as_json:
        click.echo(to_json([told(task) for task in found]))
        return
    _show(found)
    note("all: " + ", ".join(f"{count:,} {state}" for state, count in counts.items()))


def told(task: TaskTracker) -> dict[str, Any]:
    """An execution for programs."""
    found = task.model_dump(by_alias=True, exclude_none=True)
    return {"id": found.pop("_id"), **found}


def _show(tasks: Sequence[TaskTracker]) -> None:
    head = ("id", "what", "status", "try", "queued", "seconds", "outcome")
    rows = [
        (
            short(task.id),
            TASK_NAMES[task.task_type.value],
            task.status.value,
            str(task.number),
            when(task.enqueued_at),
            number(task.process_time, 2),
            outcome(task),
        )
        for task in tasks
    ]
    show_table([head, *rows], right=(3, 5), none="no tasks")


def outcome(task: TaskTracker) -> str:
    """What came of an execution, in a few words."""
    if task.error_message is not None:
        return f"{task.error_category or 'failure'}: {task.error_message}"
    result = task.result or {}
    words = ("status", "decision", "extJobId")
    return ", ".join(str(result[word]) for word in words if result.get(word) is not None)


@command.command(epilog=examples("partner-pipeline tasks show 0af3c2d1e4b5"))
@click.argument("execution")
@json_option
def show(execution: str, as_json: bool) -> None:
    """Show an execution: what it was to do, what came of it, where it failed."""
    with opened() as context:
        task = _find(context.repositories, execution)
    if as_json:
        click.echo(to_json(told(task)))
        return
    show_facts(
        {
            "task": task.task_id,
            "execution": task.execution_id,
            "what": task.task_type.value,
            "status": task.status.value,
            "partner": task.partner_code,
            "customer": task.customer_id,
            "queue": task.queue_name,
            "try": f"{task.number}, {task.retry_count:,} counted before it",
            "queued": when(task.enqueued_at),
            "begun": when(task.processing_started_at),
            "completed": when(task.completed_at),
            "failed": when(task.failed_at),
            "took": f"{task.process_time:.3f} s" if task.process_time is not None else "",
            "taken up again": number(task.recoveries) if task.recoveries else "",
            "category": task.error_category or "",
            "error": task.error_message or "",
            "message": to_json(task.metadata.get("message", {})),
            "result": to_json(task.result) if task.result else "",
        }
    )
    if task.error_stack:
        note(task.error_stack)


@command.command(
    epilog=examples(
        "partner-pipeline tasks chain 0af3c2d1e4b5",
        "partner-pipeline tasks chain partner_tasks:SATLOC:upload:790258b82d5483014bb5014d4ea30a10",
    )
)
@click.argument("task")
@json_option
def chain(task: str, as_json: bool) -> None:
    """Show every execution of a task, oldest first.

    TASK is a task's id, or one of its executions.
    """
    with opened() as context:
        repositories = context.repositories
        found = repositories.tasks.chain(task) or repositories.tasks.chain(
            _find(repositories, task).task_id
        )
    if as_json:
        click.echo(to_json([told(each) for each in found]))
        return
    note(found[0].task_id)
    _show(found)


def _find(repositories: Repositories, word: str) -> TaskTracker:
    from partner_pipeline.cli.finding import find

    try:
        return find(repositories.tasks, "execution", word)
    except NotFoundError:
        named = repositories.tasks.execution(word)
        if named is None:
            raise
        return named


@command.command(epilog=examples("partner-pipeline tasks stuck"))
@json_option
def stuck(as_json: bool) -> None:
    """Show what stands still: executions and logs that were begun and not ended.

    That is longer ago than STUCK_TIMEOUT_MS. The poll worker takes them up again by itself, at most
    PARTNER_MAX_RETRIES times.
    """
    with opened() as context:
        now = context.now()
        before = now - context.settings.stuck_timeout
        tasks = context.repositories.tasks.stuck(before)
        logs = context.repositories.trackers.stuck(before)
    if as_json:
        trackers = [log.model_dump(by_alias=True, exclude_none=True) for log in logs]
        logs_told = [{"id": log.pop("_id"), **log} for log in trackers]
        click.echo(to_json({"tasks": [told(task) for task in tasks], "logs": logs_told}))
        return
    head = ("id", "what", "status", "since", "taken up", "task or file")
    rows = [*map(_task_row, tasks), *map(_log_row, logs)]
    show_table([head, *rows], right=(4,), none="nothing is stuck")


def _task_row(task: TaskTracker) -> tuple[str, ...]:
    return (
        short(task.id),
        TASK_NAMES[task.task_type.value],
        task.status.value,
        when(task.processing_started_at),
        str(task.recoveries),
        task.task_id,
    )


def _log_row(log: PartnerLogTracker) -> tuple[str, ...]:
    return (
        short(log.id),
        "log",
        log.status.value,
        when(log.claimed_at or log.updated_at),
        str(log.recoveries),
        log.log_file_name,
    )
