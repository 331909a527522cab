"""``/api/logs``: logs, their data, their match; and users' own logs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from partner_pipeline.api.auth import Caller, Here, Member, Owner
from partner_pipeline.api.files import SentFile, attachment, multipart
from partner_pipeline.api.paging import Page, paged
from partner_pipeline.api.schemas.common import Body, Id
from partner_pipeline.api.schemas.logs import (
    LogQuery,
    LogShown,
    LogWhole,
    MatchBody,
    Reprocess,
    Taken,
)
from partner_pipeline.api.turns import in_turn
from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.applications import ApplicationFile
from partner_pipeline.model.ids import application_file_id
from partner_pipeline.model.tasks import OWN_FILES
from partner_pipeline.work.context import Context
from partner_pipeline.work.log_data import map_geojson, track_parquet
from partner_pipeline.work.manual import match_by_hand, reprocess
from partner_pipeline.work.seen_logs import SeenLog, find_log, list_logs, whole_log
from partner_pipeline.work.uploads import own_log_of_upload

router = APIRouter(prefix="/api/logs", tags=["logs"])

_PARQUET = "application/vnd.apache.parquet"
_GEOJSON = "application/geo+json"


def _answers(media_type: str, schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "The data.", "content": {media_type: {"schema": schema}}}}


class OwnLogFields(Body):
    """What is said of a log beside its file."""

    customer_id: Annotated[Id | None, Field(description="Administrators must say.")] = None


@router.get("")
def list_all(context: Here, who: Member, query: Annotated[LogQuery, Query()]) -> Page[LogShown]:
    """Logs, the last changed first."""
    found = list_logs(
        context,
        query.wanted(who.only(query.customer_id)),
        after=query.place,
        limit=query.limit + 1,
    )
    logs = [seen for _, seen in found]
    users = context.repositories.users.among(sorted({log.customer_id for log in logs}))
    jobs = {log.file.job_match.job_id for log in logs if log.file is not None}
    named = context.repositories.jobs.among(
        sorted(filter(None, jobs)), fields=("name", "customer", "number")
    )
    return paged(
        found, query, lambda each: each[0], lambda each: LogShown.of(each[1], users, named)
    )


@router.post(
    "",
    status_code=202,
    openapi_extra=multipart(OwnLogFields, "A .LOG file; its name may tell the job."),
)
def take(context: Here, who: Member, sent: SentFile) -> Taken:
    """Bring a log; it is processed soon, and can be followed by its task."""
    customer_id = who.customer(sent.read(OwnLogFields).customer_id)
    taken = own_log_of_upload(context, customer_id, who.id, sent.file, sent.file_name)
    log_id = application_file_id(OWN_FILES, customer_id, taken.sha256)
    return Taken.of(log_id, taken, sent.file_name)


@router.get("/{id}")
def get_log(context: Here, who: Member, id: Id) -> LogWhole:
    """One log with all that it tells."""
    return _whole(context, find_log(context, id, who.customer_id))


@router.get(
    "/{id}/track.parquet",
    response_class=Response,
    responses=_answers(_PARQUET, {"type": "string", "format": "binary"}),
    dependencies=[in_turn("log data")],
)
def track(context: Here, who: Member, id: Id) -> Response:
    """The positions of a log as Parquet, columns as the platform names them."""
    file = _data(context, who, id)
    headers = attachment(f"{file.log_file_name}.parquet")
    return Response(track_parquet(context, file), media_type=_PARQUET, headers=headers)


@router.get(
    "/{id}/map.geojson",
    response_class=JSONResponse,
    responses=_answers(_GEOJSON, {"type": "object"}),
    dependencies=[in_turn("log data")],
)
def on_the_map(context: Here, who: Member, id: Id) -> JSONResponse:
    """Field, track and what was sprayed, told apart by ``properties.kind``."""
    return JSONResponse(map_geojson(context, _data(context, who, id)), media_type=_GEOJSON)


@router.post("/{id}/match")
def match(context: Here, who: Owner, id: Id, body: MatchBody) -> LogWhole:
    """Say which assignment a log belongs to; it stays so when it is processed again."""
    file = _data(context, who, id)
    assign_id = body.assignment_id
    if assign_id is not None:
        assign = context.repositories.assigns.get(assign_id)
        same = assign is not None and assign.customer_id == file.customer_id
        who.own(assign if same else None, file.customer_id, f"assignment {assign_id!r}")
    match_by_hand(context, file.id, assign_id, by=who.id)
    return _whole(context, find_log(context, id, who.customer_id))


@router.post("/{id}/reprocess", status_code=202)
def again(context: Here, who: Owner, id: Id, body: Reprocess) -> LogWhole:
    """Process a finished log again; what is stored of it is replaced."""
    seen = find_log(context, id, who.customer_id)
    if seen.tracker is None:
        raise ValidationError("processing a log again: bring your own log again instead")
    reprocess(context, seen.tracker.id, download=body.download, by=who.id)
    return _whole(context, find_log(context, seen.id, who.customer_id))


def _whole(context: Context, seen: SeenLog) -> LogWhole:
    return LogWhole.whole(whole_log(context, seen))


def _data(context: Context, who: Caller, id: str) -> ApplicationFile:
    file = find_log(context, id, who.customer_id).file
    if file is None:
        raise NotFoundError(f"reading log {id[:100]!r}: it is not processed yet")
    return file
