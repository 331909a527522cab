"""``/api/tasks``: what is at work, and how it went; ``/api/audit``: who changed what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from partner_pipeline.api.auth import Administrator, Here, Member
from partner_pipeline.api.paging import Page, paged
from partner_pipeline.api.schemas.common import Id
from partner_pipeline.api.schemas.tasks import (
    AuditQuery,
    AuditShown,
    TaskQuery,
    TaskShown,
    TaskWithChain,
)
from partner_pipeline.store.repositories.paging import Order, Place

router = APIRouter(tags=["tasks"])

_LAST_QUEUED_FIRST = Order("enqueuedAt", -1)
_LATEST_FIRST = Order("at", -1)


@router.get("/api/tasks")
def list_tasks(context: Here, who: Member, query: Annotated[TaskQuery, Query()]) -> Page[TaskShown]:
    """Executions of tasks, the last queued first."""
    found = context.repositories.tasks.page(
        {
            "status": query.status,
            "queueName": query.queue,
            "errorCategory": query.category,
            "taskType": query.type,
            "customerId": who.only(query.customer_id),
        },
        _LAST_QUEUED_FIRST,
        after=query.place,
        limit=query.limit + 1,
    )
    return paged(found, query, lambda each: Place(each.enqueued_at, each.id), TaskShown.of)


@router.get("/api/tasks/{executionId}")
def get_task(context: Here, who: Member, executionId: Id) -> TaskWithChain:  # noqa: N803
    """One execution, and all of its task."""
    found = context.repositories.tasks.execution(executionId)
    owner = None if found is None else found.customer_id
    task = who.own(found, owner, f"execution {executionId!r}")
    chain = context.repositories.tasks.chain(task.task_id)
    return TaskWithChain(**dict(TaskShown.of(task)), chain=[TaskShown.of(each) for each in chain])


@router.get("/api/audit")
def audit(
    context: Here, who: Administrator, query: Annotated[AuditQuery, Query()]
) -> Page[AuditShown]:
    """Changes, the latest first."""
    del who
    found = context.repositories.audit.page(
        {"actor": query.actor, "subject": query.subject, "subjectId": query.subject_id},
        _LATEST_FIRST,
        after=query.place,
        limit=query.limit + 1,
    )
    users = context.repositories.users.among(sorted({entry.actor for entry in found}))
    names = {id: user.name for id, user in users.items()}
    return paged(
        found,
        query,
        lambda each: Place(each.at, each.id),
        lambda each: AuditShown.of(each, names.get(each.actor)),
    )
