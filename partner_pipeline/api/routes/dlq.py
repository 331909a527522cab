"""``/api/dlq``: dead letters, for administrators: a queue is no customer's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from partner_pipeline.api.auth import Administrator, Here
from partner_pipeline.api.paging import Page, PageQuery, offset_cursor, read_offset
from partner_pipeline.api.schemas.common import Id
from partner_pipeline.api.schemas.tasks import (
    Archived,
    ByPosition,
    DeadLetterShown,
    DeadLetterWhole,
    DlqStats,
    Purge,
    Purged,
    Replayed,
    RetryAll,
    RetryByHeader,
)
from partner_pipeline.errors import ValidationError
from partner_pipeline.work.archive import archive_letters
from partner_pipeline.work.dead_letters import (
    letter_stats,
    list_letters,
    purge_letters,
    replay_letters,
    show_letter,
)

router = APIRouter(prefix="/api/dlq", tags=["dead letters"])

_MOST: Final = 1000
_Position = Annotated[int, Path(ge=0, lt=1 << 31)]


@router.get("")
def list_queues(context: Here, who: Administrator) -> Page[DlqStats]:
    """All queues, and how full they are."""
    del who
    queues = context.settings.task_queues
    return Page(items=[DlqStats.of(letter_stats(context, each), context.now()) for each in queues])


@router.get("/{queue}/list")
@router.get("/{queue}/messages")
def list_messages(
    context: Here, who: Administrator, queue: Id, query: Annotated[PageQuery, Query()]
) -> Page[DeadLetterShown]:
    """Dead letters, the oldest first; nothing is removed."""
    del who
    offset = read_offset(query.cursor)
    found = list_letters(context, queue, offset=offset, limit=query.limit + 1)
    items = [DeadLetterShown.of(each) for each in found[: query.limit]]
    more = len(found) > query.limit
    return Page(items=items, next_cursor=offset_cursor(offset + query.limit) if more else None)


@router.get("/{queue}/messages/{position}")
def get_message(
    context: Here, who: Administrator, queue: Id, position: _Position
) -> DeadLetterWhole:
    """One dead letter, what it says, and every execution of its task."""
    del who
    return DeadLetterWhole.of_details(show_letter(context, queue, position))


@router.get("/{queue}/stats")
def stats(context: Here, who: Administrator, queue: Id) -> DlqStats:
    """How full a queue is, its dead queue, and the archive behind it."""
    del who
    return DlqStats.of(letter_stats(context, queue), context.now())


@router.post("/{queue}/retryAll")
def retry_all(context: Here, who: Administrator, queue: Id, body: RetryAll) -> Replayed:
    """Have dead letters worked on again, the oldest first, at most ``maxMessages``."""
    return Replayed.of(replay_letters(context, queue, who.id, limit=body.max_messages))


@router.post("/{queue}/retryByPosition")
def retry_by_position(context: Here, who: Administrator, queue: Id, body: ByPosition) -> Replayed:
    """Have dead letters at these positions worked on again.

    Positions shift when letters go: with ``messageIds`` no other letter is taken than those seen.
    """
    positions = _positions(body, "retrying dead letters")
    report = replay_letters(
        context, queue, who.id, positions=positions, message_ids=_message_ids(body)
    )
    return Replayed.of(report)


@router.post("/{queue}/retryByHeader")
def retry_by_header(context: Here, who: Administrator, queue: Id, body: RetryByHeader) -> Replayed:
    """Have dead letters with this header worked on again."""
    header = (body.header_name, body.header_value)
    report = replay_letters(context, queue, who.id, header=header, limit=body.max_messages)
    return Replayed.of(report)


@router.post("/{queue}/archive")
def archive(context: Here, who: Administrator, queue: Id, body: ByPosition) -> Archived:
    """Write dead letters at these positions to files, and take them out of the queue.

    They cannot be retried afterwards. ``messageIds`` is as for ``retryByPosition``.
    """
    positions = _positions(body, "archiving dead letters")
    report = archive_letters(context, queue, who.id, positions, message_ids=_message_ids(body))
    return Archived.of(report)


@router.post("/{queue}/purge")
@router.delete("/{queue}/purge")
def purge(context: Here, who: Administrator, queue: Id, body: Purge) -> Purged:
    """Throw all dead letters of a queue away; ``confirm`` is the queue's name."""
    letter_stats(context, queue)
    if body.confirm != queue:
        raise ValidationError(f"purging dead letters: to confirm, type the queue's name, {queue}")
    return Purged(purged=purge_letters(context, queue, who.id))


def _message_ids(body: ByPosition) -> frozenset[str] | None:
    return None if body.message_ids is None else frozenset(body.message_ids)


def _positions(body: ByPosition, doing: str) -> Sequence[int]:
    first, last = body.start_position, body.end_position
    given = (body.position is not None, body.positions is not None, first is not None)
    if sum(given) != 1 or (first is None) != (last is None):
        raise ValidationError(
            f"{doing}: give position, or startPosition and endPosition, or positions"
        )
    if body.position is not None:
        return [body.position]
    if body.positions is not None:
        return body.positions
    if first is None or last is None or not 0 <= last - first < _MOST:
        raise ValidationError(
            f"{doing}: endPosition must lie after startPosition, {_MOST:,} at most"
        )
    return range(first, last + 1)
