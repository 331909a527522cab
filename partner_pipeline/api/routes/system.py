"""Health, metrics, and the overview."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from partner_pipeline.api.auth import Anybody, Here, Member
from partner_pipeline.api.errors import Forbidden
from partner_pipeline.api.schemas.system import (
    CheckShown,
    HealthAnswer,
    LiveAnswer,
    LogFigures,
    Overview,
    OverviewQuery,
    PartnerSeen,
    TaskFigures,
    TroubleShown,
)
from partner_pipeline.api.schemas.tasks import DlqStats
from partner_pipeline.errors import BrokerError, InfrastructureError
from partner_pipeline.observe.endpoint import may_read
from partner_pipeline.observe.health import Health, PartnerWatch, check_health, check_ready
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.observe.metrics import CONTENT_TYPE
from partner_pipeline.setting_values import is_this_machine
from partner_pipeline.work.context import Context
from partner_pipeline.work.dead_letters import letter_stats
from partner_pipeline.work.overview import (
    logs_since,
    partner_alive,
    partner_numbers,
    partners,
    tasks_lately,
    troubles,
)
from partner_pipeline.work.sign_in import NotSignedIn

router = APIRouter(tags=["system"])

_log = get_logger(__name__)

_ILL: dict[int | str, dict[str, Any]] = {503: {"model": HealthAnswer, "description": "Unhealthy."}}


@router.get("/api/health", responses=_ILL)
def health(request: Request, response: Response, context: Here, who: Anybody) -> HealthAnswer:
    """How the pipeline is; 503 where nobody can work with it."""
    found = _health(request, context)
    response.status_code = 503 if found.status == "unhealthy" else 200
    return HealthAnswer.of(found, whole=who is not None and who.is_admin)


@router.get("/api/health/live")
async def live() -> LiveAnswer:
    """Say that this process answers, however busy all threads are."""
    return LiveAnswer()


@router.get("/api/health/ready", responses=_ILL)
def ready(response: Response, context: Here) -> HealthAnswer:
    """Store and broker answer; 503 where one does not."""
    found = check_ready(context.repositories, context.broker)
    response.status_code = 503 if found.status == "unhealthy" else 200
    return HealthAnswer.of(found, whole=False)


@router.get("/api/overview")
def overview(
    request: Request, context: Here, who: Member, query: Annotated[OverviewQuery, Query()]
) -> Overview:
    """What an operator looks at first; a customer sees what is theirs."""
    watch: PartnerWatch = request.app.state.watch
    found = _health(request, context)
    seen = []
    for partner in partners(context):
        alive = partner_alive(context, watch, partner)
        numbers = partner_numbers(context, partner, who.customer_id)
        seen.append(PartnerSeen.seen(numbers, alive.alive, alive.at))
    return Overview(
        at=context.now(),
        status=found.status,
        checks=[CheckShown.of(check) for check in found.checks] if who.is_admin else None,
        partners=seen,
        logs=LogFigures.of(logs_since(context, query.since, who.customer_id)),
        queues=_queues(context) if who.is_admin else None,
        tasks=TaskFigures.of(tasks_lately(context, who.customer_id)),
        recent_errors=[TroubleShown.of(each) for each in troubles(context, None, who.customer_id)],
    )


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(
    request: Request, context: Here, authorization: Annotated[str | None, Header()] = None
) -> Response:
    """For Prometheus: with METRICS_TOKEN as bearer, or where none is set from this machine."""
    _may_read_metrics(request, context, authorization)
    for queue in context.settings.task_queues:
        _measure(context, queue)
    return Response(context.metrics.text(), headers={"content-type": CONTENT_TYPE})


def _queues(context: Context) -> list[DlqStats] | None:
    """None: the broker does not work, as the checks say."""
    queues = context.settings.task_queues
    try:
        return [DlqStats.of(letter_stats(context, each), context.now()) for each in queues]
    except BrokerError:
        return None


def _health(request: Request, context: Context) -> Health:
    watch: PartnerWatch = request.app.state.watch
    return check_health(context.settings, context.repositories, context.broker, watch, context.now)


def _may_read_metrics(request: Request, context: Context, authorization: str | None) -> None:
    token = context.settings.metrics_token
    if token is None:
        if request.client is None or not is_this_machine(request.client.host):
            raise Forbidden("metrics are told to this machine only; set METRICS_TOKEN")
        return
    if not may_read(token, authorization):
        raise NotSignedIn("metrics: send METRICS_TOKEN as bearer")


def _measure(context: Context, queue: str) -> None:
    try:
        stats = letter_stats(context, queue)
    except InfrastructureError as error:
        # The other metrics are needed now more than ever.
        _log.error("queue cannot be measured", queue=queue, error=str(error))
        context.metrics.queue_unknown(queue)
        return
    oldest = stats.waiting.oldest
    age = None if oldest is None else (context.now() - oldest).total_seconds()
    context.metrics.queue(queue, stats.waiting.messages + stats.waiting.delayed, age)
    context.metrics.dead_letters(queue, stats.dead.messages)
