"""The bytes of a log: raw, or as base64 in JSON, told apart by content type and body."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

from partner_pipeline.partners.base import Progress
from partner_pipeline.partners.satloc.answers import unwrapped
from partner_pipeline.partners.satloc.call import Call
from partner_pipeline.partners.satloc.transport import Body
from partner_pipeline.partners.storage import Draft

#: Keys that the base64 text may be under, where it is in an object.
_DATA: Final = ("data", "logdata", "filedata", "filecontent", "content", "bytes")

#: Bytes around base64 in JSON: keys, an envelope, other fields.
_AROUND: Final = 64 << 10

_JSON_STARTS: Final = (b'"', b"{")
_BLANKS: Final = b" \t\r\n\xef\xbb\xbf"


def receive_log(body: Body, call: Call, draft: Draft, progress: Progress | None) -> None:
    """Write a log that arrives into a draft.

    Raises
    ------
    ValidationError
        If it is larger than the draft takes.
    TransientError
        If it is a web page, or JSON that holds no log.
    """
    draft.restart()
    if body.content_type in ("text/html", "application/xhtml+xml"):
        raise call.transient("a web page came instead of a log; is SatLoc being serviced?")
    labelled = body.content_type.endswith("json")
    held, received, raw = bytearray(), 0, False
    for chunk in body.chunks():
        received += len(chunk)
        raw = raw or not _may_be_json(held, chunk)
        if raw:
            draft.write(bytes(held) + chunk)
            held.clear()
        else:
            held += chunk
            if len(held) > draft.most * 4 // 3 + _AROUND:
                raise draft.too_large()
        if progress is not None:
            progress(received)
    if held:
        draft.write(_log_in_json(bytes(held), call, labelled=labelled))


def _may_be_json(held: bytearray, chunk: bytes) -> bool:
    start = bytes(held[:64] + chunk[:64]).lstrip(_BLANKS)
    return not start or start.startswith(_JSON_STARTS)


def _log_in_json(body: bytes, call: Call, *, labelled: bool) -> bytes:
    """The log in a body that begins as JSON does; the body itself where that is all it has of it.

    Parameters
    ----------
    labelled : bool
        Whether the answer says that it is JSON.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    else:
        if (data := _decoded(_data_of(unwrapped(value, call)))) is not None:
            return data
    if value is None and not labelled:
        return body
    raise call.transient("JSON came that holds no log in base64, or not the whole of it")


def _data_of(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    keys = {str(name).lower(): each for name, each in value.items()}
    return next((keys[name] for name in _DATA if name in keys), None)


def _decoded(text: Any) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
