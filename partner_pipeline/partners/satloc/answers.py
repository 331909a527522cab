"""What SatLoc's answers mean: observed and documented forms, old and new.

Names of keys are read in any case. An answer may be bare or in the older envelope ``{"IsSuccess",
"Result", "ErrorMessage"}``. What no form explains is taken for a fault of the moment, as a web page
in front of the service is, and tried again.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from partner_pipeline.errors import AuthenticationError
from partner_pipeline.partners.base import PartnerAircraft, PartnerLog
from partner_pipeline.partners.satloc.call import Call

logger = logging.getLogger(__name__)

_ASPNET_DATE: Final = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)

_SURROGATE: Final = re.compile(rb"(?i)\\ud[89a-f]")
_BARE_ID: Final = re.compile(r"[\w.-]{1,100}")

_LOG_ID: Final = ("id", "logid")
_FILE_NAME: Final = ("filename", "logfilename", "name")
_DATE: Final = ("date", "logdate", "filedate", "createddate", "datecreated", "uploaddate")
_SIZE: Final = ("size", "filesize", "length")
_AIRCRAFT_ID: Final = ("id", "aircraftid")
_TAIL_NUMBER: Final = ("tailnumber", "tailno", "name")
_JOB_ID: Final = ("jobid", "id")
_MESSAGE: Final = ("message", "errormessage", "error", "title")

_Item = TypeVar("_Item", PartnerAircraft, PartnerLog)


def read_json(body: bytes, call: Call) -> Any:
    """The value in an answer, out of its envelope.

    Raises
    ------
    TransientError
        If it is no JSON.
    ValidationError
        If the envelope says no; AuthenticationError where the call authenticates.
    """
    try:
        value = load(body)
    except (ValueError, RecursionError) as error:
        problem = type(error).__name__
    else:
        return unwrapped(value, call)
    # Of the body itself nothing is told: it may repeat what was asked.
    raise call.transient(
        f"the answer of {len(body):,} bytes is no JSON ({problem}); was it cut, or does something "
        f"else answer in SatLoc's place?"
    )


def load(body: bytes) -> Any:
    """The JSON in a body, its texts fit for every store and URL.

    Raises
    ------
    ValueError, RecursionError
        If there is none.
    """
    value = json.loads(body)
    if _SURROGATE.search(body):
        # An escape may stand for half a character, which no UTF-8 can hold.
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        value = json.loads(text)
    return value


def unwrapped(value: Any, call: Call) -> Any:
    """What an envelope holds; anything else as it is.

    Raises
    ------
    ValidationError
        If the envelope says no; AuthenticationError where the call authenticates.
    """
    if not isinstance(value, dict):
        return value
    keys = _lowered(value)
    if keys.get("issuccess") is False:
        raise call.denied(_text(keys.get("errormessage")))
    if "result" in keys and ("issuccess" in keys or len(keys) == 1):
        return keys["result"]
    return value


def read_authentication(value: Any, call: Call) -> tuple[str, str]:
    """User id and company id."""
    keys = _lowered(value) if isinstance(value, dict) else {}
    user, company = _text(keys.get("userid")), _text(keys.get("companyid"))
    if not user or not company:
        raise AuthenticationError(
            f"{call}: SatLoc answered without userId or companyId; check the account at SatLoc"
        )
    return user, company


def read_aircraft(value: Any, call: Call) -> list[PartnerAircraft]:
    """The aircraft of a list, each once; items without an id are left out with a warning."""
    return _items(value, call, _aircraft, lambda each: each.aircraft_id)


def read_logs(value: Any, call: Call) -> list[PartnerLog]:
    """The logs of a list, each once; items without an id are left out with a warning."""
    return _items(value, call, _log, lambda each: each.log_id)


def read_job_id(body: bytes, call: Call) -> str:
    """The job id in an answer: bare, quoted or in an object.

    Raises
    ------
    ValidationError
        If the envelope says that the job was not taken.
    UncertainError
        If there is no id: the job was taken, and nobody knows as what.
    """
    try:
        value = load(body)
    except (ValueError, RecursionError):
        # Some services answer a text without the quotation marks of JSON.
        value = body.decode("utf-8", "replace").strip()
        value = value if _BARE_ID.fullmatch(value) else None
    value = unwrapped(value, call)
    if isinstance(value, dict):
        value = _first_text(_lowered(value), _JOB_ID)
    if not (found := _text(value)):
        raise call.transient("SatLoc answered with success and without a job id")
    return found


def read_alive(value: Any) -> bool:
    """Whether an answer of ``IsAlive`` says yes."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def message_of(body: bytes) -> str:
    """What an answer that refuses says for itself; empty where it says nothing readable."""
    try:
        value = load(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(value, dict):
        return value if isinstance(value, str) else ""
    return _first_text(_lowered(value), _MESSAGE)


def _items(
    value: Any,
    call: Call,
    read: Callable[[Mapping[str, Any], Mapping[str, Any]], _Item | None],
    key: Callable[[_Item], str],
) -> list[_Item]:
    if value is None:
        return []
    if isinstance(value, dict) and isinstance(listed := _lowered(value).get("result"), list):
        value = listed
    if not isinstance(value, list):
        raise call.transient(
            f"expected a list, found a JSON {type(value).__name__}; does something else answer in "
            f"SatLoc's place?"
        )
    found: dict[str, _Item] = {}
    unusable = 0
    for raw in value:
        item = read(_lowered(raw), raw) if isinstance(raw, dict) else None
        if item is None:
            unusable += 1
        else:
            found.setdefault(key(item), item)
    if unusable:
        logger.warning("%s: %d items without an id are left out", call, unusable)
    return list(found.values())


def _aircraft(keys: Mapping[str, Any], raw: Mapping[str, Any]) -> PartnerAircraft | None:
    identifier = _first_text(keys, _AIRCRAFT_ID)
    if not identifier:
        return None
    return PartnerAircraft(identifier, _first_text(keys, _TAIL_NUMBER), raw)


def _log(keys: Mapping[str, Any], raw: Mapping[str, Any]) -> PartnerLog | None:
    identifier = _first_text(keys, _LOG_ID)
    if not identifier:
        return None
    return PartnerLog(
        log_id=identifier,
        file_name=_first_text(keys, _FILE_NAME) or identifier,
        date=next(filter(None, (_moment(keys.get(name)) for name in _DATE)), None),
        size=next((s for name in _SIZE if (s := _size(keys.get(name))) is not None), None),
        raw=raw,
    )


def _lowered(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name).lower(): each for name, each in value.items()}


def _first_text(keys: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := _text(keys.get(name)))), "")


def _text(value: Any) -> str:
    """An id or name as text: services change between numbers and strings."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        if found := _ASPNET_DATE.fullmatch(value.strip()):
            return datetime.fromtimestamp(int(found[1]) / 1000.0, UTC)
        moment = datetime.fromisoformat(value.strip())
    except (ValueError, OverflowError, OSError):
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def _size(value: Any) -> int | None:
    try:
        size = int(_text(value))
    except ValueError:
        return None
    return size if size >= 0 else None
