"""Files that are sent: read only after it is known who sends them, and spooled to the disk."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, BinaryIO, Final, TypeVar
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError as PydanticError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from partner_pipeline.api.auth import Member
from partner_pipeline.api.errors import BadRequest
from partner_pipeline.api.schemas.common import Body

B = TypeVar("B", bound=Body)

_MOST_FIELDS: Final = 20
_LONGEST_FIELD: Final = 1 << 14


class Sent:
    """A multipart body: one file, and fields beside it."""

    def __init__(self, file: UploadFile, fields: dict[str, str]) -> None:
        self.file: BinaryIO = file.file
        self.file_name = file.filename or ""
        self._fields = fields

    def read(self, kind: type[B]) -> B:
        """The fields; raises RequestValidationError as for any other body."""
        try:
            return kind.model_validate(
                {name: value for name, value in self._fields.items() if value}
            )
        except PydanticError as error:
            found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
            raise RequestValidationError(found) from None


async def _sent(request: Request, who: Member) -> AsyncIterator[Sent]:
    del who  # nobody else's file is taken
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise BadRequest("expected multipart/form-data with a file")
    try:
        form = await request.form(
            max_files=1, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD
        )
    except (MultiPartException, ValueError) as error:
        raise BadRequest(f"reading the multipart body: {error}") from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise RequestValidationError(
                [{"loc": ("body", "file"), "msg": "a file is missing", "type": "missing"}]
            )
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        yield Sent(file, fields)
    finally:
        await form.close()


def attachment(file_name: str) -> dict[str, str]:
    """The header that has a browser, or ``curl -OJ``, keep an answer under this name."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", file_name)
    exact = quote(file_name, safe="")
    return {"content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}"}


SentFile = Annotated[Sent, Depends(_sent)]


def multipart(fields: type[Body], what: str) -> dict[str, Any]:
    """What OpenAPI says of a multipart body: a file, and these fields."""
    schema = fields.model_json_schema(by_alias=True)
    file = {"type": "string", "format": "binary", "description": what}
    properties = {"file": file, **schema.get("properties", {})}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": properties,
                        "required": ["file", *schema.get("required", [])],
                    }
                }
            },
        }
    }
