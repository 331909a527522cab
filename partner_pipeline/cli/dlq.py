"""``partner-pipeline dlq``: list, stats, show, retry, archive, purge, publish, e2e."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import Exit

from partner_pipeline.cli.common import (
    confirmed,
    limit_option,
    number,
    opened,
    operator,
    short,
    show_facts,
    show_table,
    unlogged,
    when,
    yes_option,
)
from partner_pipeline.cli.group import FAILED
from partner_pipeline.errors import ValidationError
from satlog_native.cli.common import counted, json_option, note, printable, to_json
from satlog_native.cli.group import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from partner_pipeline.work.context import Context
    from partner_pipeline.work.dead_letters import DeadLetter


@click.group(
    epilog=examples("partner-pipeline dlq list", "partner-pipeline dlq retry --position 0")
)
def command() -> None:
    """Look at dead letters; replay, archive and purge them.

    A dead letter is the message of a task that was given up. QUEUE is the task queue it came from;
    by default the main one.
    """


def queue_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Whose dead letters."""
    return click.option("--queue", help="The task queue.  [default: the main one]")(command)


def _queue(context: Context, named: str | None) -> str:
    return named or context.settings.task_queue


@command.command(
    "list", epilog=examples("partner-pipeline dlq list", "partner-pipeline dlq list -n 500 --json")
)
@click.argument("queue", required=False)
@click.option(
    "--offset", type=click.IntRange(0), default=0, show_default=True, help="Begin at this position."
)
@limit_option
@json_option
def list_(queue: str | None, offset: int, limit: int, as_json: bool) -> None:
    """List dead letters, the oldest first; nothing is removed."""
    from partner_pipeline.cli.tasks import TASK_NAMES
    from partner_pipeline.work.dead_letters import list_letters

    with opened() as context:
        letters = list_letters(context, _queue(context, queue), offset=offset, limit=limit)
    if as_json:
        click.echo(to_json([_told(letter) for letter in letters]))
        return
    head = ("position", "since", "task", "customer", "category", "error")
    rows = [
        (
            str(letter.position),
            when(letter.peeked.enqueued_at),
            TASK_NAMES.get(letter.task_type or "", letter.task_type or "unreadable"),
            short(letter.customer_id),
            letter.error_category or "",
            letter.error_message or "",
        )
        for letter in letters
    ]
    show_table([head, *rows], right=(0,), narrow={2: 14, 4: 14}, none="no dead letters")


def _told(letter: DeadLetter) -> dict[str, Any]:
    told = {name: value for name, value in asdict(letter).items() if name != "peeked"}
    message = letter.peeked.message
    return {
        **told,
        "message_id": message.message_id,
        "enqueued_at": letter.peeked.enqueued_at,
        "headers": message.headers,
        "body": message.body.decode("utf-8", "backslashreplace"),
    }


@command.command(epilog=examples("partner-pipeline dlq stats"))
@json_option
def stats(as_json: bool) -> None:
    """Show how full the queues are: waiting, delayed, dead, archived."""
    from partner_pipeline.work.dead_letters import letter_stats

    with opened() as context:
        found = [letter_stats(context, queue) for queue in context.settings.task_queues]
    if as_json:
        click.echo(to_json([asdict(each) for each in found]))
        return
    head = ("queue", "waiting", "delayed", "dead", "oldest dead letter", "to be archived")
    rows = [
        (
            each.queue,
            number(each.waiting.messages),
            number(each.waiting.delayed),
            number(each.dead.messages),
            when(each.dead.oldest),
            number(each.archive.messages),
        )
        for each in found
    ]
    show_table([head, *rows], right=(1, 2, 3, 5))


@command.command(epilog=examples("partner-pipeline dlq show 0"))
@click.argument("position", type=click.IntRange(0))
@queue_option
@json_option
def show(position: int, queue: str | None, as_json: bool) -> None:
    """Show a dead letter, and every execution of its task."""
    from partner_pipeline.cli.tasks import outcome, told
    from partner_pipeline.work.dead_letters import show_letter

    with opened() as context:
        details = show_letter(context, _queue(context, queue), position)
    letter = _told(details.letter)
    if as_json:
        click.echo(to_json({**letter, "executions": [told(each) for each in details.chain]}))
        return
    headers = {name: str(value) for name, value in letter["headers"].items()}
    show_facts(
        {
            "position": str(position),
            "message": letter["message_id"],
            "since": when(letter["enqueued_at"]),
            **headers,
            "body": letter["body"],
        }
    )
    click.echo()
    head = ("execution", "status", "try", "queued", "outcome")
    rows = [
        (
            each.execution_id,
            each.status.value,
            str(each.number),
            when(each.enqueued_at),
            outcome(each),
        )
        for each in details.chain
    ]
    show_table([head, *rows], right=(2,), none="its task is not known here")


@command.command(
    epilog=examples(
        "partner-pipeline dlq retry --position 0 --position 3",
        "partner-pipeline dlq retry --header x-error-category=validation",
        "partner-pipeline dlq retry --all",
    )
)
@click.option("--position", "positions", type=click.IntRange(0), multiple=True, help="As listed.")
@click.option("--header", metavar="NAME=VALUE", help="Only those with this header.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("-n", "--limit", type=click.IntRange(1), metavar="N", help="At most so many.")
@queue_option
@json_option
def retry(
    *,
    positions: tuple[int, ...],
    header: str | None,
    everything: bool,
    limit: int | None,
    queue: str | None,
    as_json: bool,
) -> None:
    """Have dead letters worked on again, each as a new execution of its task.

    Mend first what they failed of. One whose task is queued already is skipped. The exit status is
    1 if one could not be replayed; it stays where it is.
    """
    from partner_pipeline.work.dead_letters import replay_letters

    if bool(positions) + (header is not None) + everything != 1:
        raise ValidationError(
            "replaying dead letters: expected one of --position, --header and --all"
        )
    with opened() as context:
        report = replay_letters(
            context,
            _queue(context, queue),
            operator(),
            positions=positions or None,
            header=_header(header),
            limit=limit,
        )
    if as_json:
        click.echo(to_json(asdict(report)))
    else:
        click.echo(
            f"replayed {report.replayed:,}, skipped {report.skipped:,}, failed {report.failed:,}"
        )
    _tell_errors(report.errors)


def _header(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValidationError(f"replaying dead letters: expected NAME=VALUE, found {text!r}")
    return name, value


@command.command(epilog=examples("partner-pipeline dlq archive --position 0 --position 3"))
@click.option(
    "--position",
    "positions",
    type=click.IntRange(0),
    multiple=True,
    required=True,
    help="As listed.",
)
@queue_option
@json_option
def archive(*, positions: tuple[int, ...], queue: str | None, as_json: bool) -> None:
    """Write dead letters to files now, and take them out of their queue.

    The worker `archive` does so when DLQ_RETENTION_DAYS are over. The files' names, within the
    folder DLQ_ARCHIVE_PATH, go to standard output. The exit status is 1 if one could not be
    archived; it stays where it is.
    """
    from partner_pipeline.work.archive import archive_letters

    with opened() as context:
        report = archive_letters(context, _queue(context, queue), operator(), positions)
    if as_json:
        click.echo(to_json(asdict(report)))
    else:
        for name in report.files:
            click.echo(printable(name))
        note(f"archived {len(report.files):,}, failed {report.failed:,}")
    _tell_errors(report.errors)


def _tell_errors(errors: tuple[str, ...]) -> None:
    """Say why some failed, and end with the status of a failure if any did."""
    for why in errors:
        note(printable(f"Error: {why}"))
    if errors:
        raise Exit(FAILED)


@command.command(epilog=examples("partner-pipeline dlq purge --yes"))
@queue_option
@yes_option
def purge(queue: str | None, yes: bool) -> None:
    """Throw all dead letters of a queue away.

    What became of their tasks stays in the store; list them first.
    """
    from partner_pipeline.work.dead_letters import letter_stats, purge_letters

    with opened() as context:
        name = _queue(context, queue)
        count = letter_stats(context, name).dead.messages
        confirmed(f"Throw {counted(count, 'dead letter')} of {name} away?", yes=yes)
        purged = purge_letters(context, name, operator())
    click.echo(f"purged {purged:,}")


@command.command(epilog=examples("partner-pipeline dlq publish"))
@queue_option
def publish(queue: str | None) -> None:
    """Put a test message into the task queue; its id goes to standard output.

    It names a task that no store knows, so the sync worker makes it a dead letter: a way to try out
    workers, alerts and retries. Nothing else comes of it.
    """
    from partner_pipeline.work.probe import publish_test

    with opened() as context:
        name = _queue(context, queue)
        sent = publish_test(context, name)
    note(f"published to {name}")
    click.echo(sent)


@command.command(epilog=examples("partner-pipeline dlq e2e"))
@json_option
def e2e(as_json: bool) -> None:
    """Prove the way of a dead letter from end to end.

    A broken message is published, refused, found among the dead letters, replayed, refused again,
    and purged: on a queue of its own, so no real task is touched and no worker has to run.
    """
    from partner_pipeline.work.probe import probe_dead_letters

    with opened() as context, unlogged():
        steps = probe_dead_letters(context)
    if as_json:
        click.echo(to_json([asdict(step) for step in steps]))
        return
    show_table([("step", "seen"), *((step.name, step.seen) for step in steps)])
