"""The simulated partner's answers: each endpoint's, and the forms that faults give them."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from partner_pipeline.errors import AuthenticationError, ValidationError
from partner_pipeline.partners.simulator.faults import Fault
from partner_pipeline.partners.simulator.flights import damaged_log
from partner_pipeline.partners.simulator.world import SimulatedLog, World

#: Keys of items, new and old.
_OLD_KEYS: Final = {
    "id": "Id",
    "tailNumber": "TailNumber",
    "fileName": "logFileName",
    "date": "logDate",
    "userId": "UserId",
    "companyId": "CompanyId",
    "jobId": "JobId",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire."""

    status: int = 200
    reason: str | None = None
    content_type: str = "application/json; charset=utf-8"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: the query's or form's fields, and the file of an upload."""

    endpoint: str
    fields: Mapping[str, str]
    file_name: str = ""
    file: bytes = b""


def answer(world: World, request: Request, faults: tuple[Fault, ...]) -> Answer:
    """Do what is asked, and say so in the form that the faults ask for."""
    forms: dict[str, Fault] = {fault.kind: fault for fault in faults}
    if request.endpoint == "AuthenticateAPIUser" and not request.fields.get("userLogin"):
        # As observed, though the request is to blame.
        return message(500, "An error has occurred.")
    try:
        value = _value(world, request)
    except AuthenticationError:
        return wrong_credentials()
    except ValidationError:
        return message(400, "The request is invalid.")
    if refused := forms.get("refused"):
        return _json({"IsSuccess": False, "Result": None, "ErrorMessage": told(refused, request)})
    if isinstance(value, bytes):
        return _log(value, forms, world.config.seed)
    return _json(_formed(value, forms, random.Random(world.config.seed)))


def wrong_credentials() -> Answer:
    """As observed: no body."""
    return Answer(400, "Invalid Username or Password provide.", "text/plain")


def message(status: int, text: str) -> Answer:
    """An error with a message."""
    return Answer(status, body=json.dumps({"message": text}).encode())


def told(fault: Fault, request: Request) -> str:
    """The message of a fault, the query of the request put in where it asks for that."""
    query = "&".join(f"{name}={value}" for name, value in request.fields.items())
    return fault.message.replace("{query}", query)


def _value(world: World, request: Request) -> Any:
    """What an endpoint answers: JSON, or bytes for a log."""
    fields = request.fields
    match request.endpoint:
        case "IsAlive":
            return True
        case "AuthenticateAPIUser":
            account = world.authenticate(fields["userLogin"], fields.get("password", ""))
            ids = {"userId": account.user_id, "companyId": account.company_id}
            return {**ids, "email": account.username}
        case "GetAircraftList":
            listed = world.aircraft_list(fields.get("userId", ""), fields.get("companyId", ""))
            return [{"id": each.id, "tailNumber": each.tail_number} for each in listed]
        case "GetAircraftLogs":
            logs = world.aircraft_logs(fields.get("userId", ""), fields.get("aircraftId", ""))
            return [_item(log) for log in logs]
        case "GetAircraftLogData":
            return world.log_data(fields.get("userId", ""), fields.get("logId", ""))
        case "UploadJobData":
            job = world.upload(
                fields.get("userId", ""),
                fields.get("aircraftId", ""),
                request.file_name,
                request.file,
                fields.get("metadata", ""),
            )
            return int(job.job_id)
    raise ValidationError(f"no endpoint {request.endpoint}")


def _item(log: SimulatedLog) -> dict[str, Any]:
    return {"id": log.id, "fileName": log.file_name, "date": log.date.isoformat()}


def _log(data: bytes, forms: Mapping[str, Fault], seed: int) -> Answer:
    if "damaged" in forms:
        data = damaged_log(data, seed)
    if "base64" in forms or "envelope" in forms:
        text = base64.b64encode(data).decode()
        return _json(_enveloped(text) if "envelope" in forms else text)
    return Answer(content_type="application/octet-stream", body=data)


def _formed(value: Any, forms: Mapping[str, Fault], chance: random.Random) -> Any:
    if isinstance(value, list):
        if "duplicated" in forms:
            value = [*value, *value]
        if "reordered" in forms:
            value = chance.sample(value, len(value))
    if isinstance(value, int) and not isinstance(value, bool) and "old_keys" in forms:
        value = {"jobId": value}
    if "no_job_id" in forms:
        value = {"accepted": True}
    if "old_keys" in forms:
        value = _with_old_keys(value)
    return _enveloped(value) if "envelope" in forms else value


def _with_old_keys(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_old_keys(each) for each in value]
    if isinstance(value, dict):
        return {_OLD_KEYS.get(name, name): each for name, each in value.items()}
    return value


def _enveloped(value: Any) -> dict[str, Any]:
    return {"IsSuccess": True, "Result": value, "ErrorMessage": None}


def _json(value: Any) -> Answer:
    return Answer(body=json.dumps(value).encode())
