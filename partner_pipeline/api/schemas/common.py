"""What all schemas share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SecretStr, StringConstraints
from pydantic.alias_generators import to_camel

from partner_pipeline.model.document import Moment


class Schema(BaseModel):
    """What goes out."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
        ser_json_inf_nan="null",
    )


class Body(BaseModel):
    """What comes in: no other fields than these."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        hide_input_in_errors=True,
        populate_by_name=True,
    )


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


#: A time that goes out: UTC, to the millisecond.
Time = Annotated[Moment, PlainSerializer(_utc, return_type=str, when_used="json")]

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

#: An id, as a path or a body has it.
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
#: A name that people give.
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE, strip_whitespace=True),
]
Code = Annotated[
    str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.-]+$", to_upper=True)
]
Notes = Annotated[str, StringConstraints(max_length=2000)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1024)]
#: What the analysis of a flight tells: names and units as `satlog schema` has them.
Facts = dict[str, Any]


class ErrorDetails(Schema):
    """What went wrong."""

    tag: Annotated[str, Field(alias=".tag", description="Stable: programs go by it.")]
    message: Annotated[str, Field(description="For people.")]
    details: Any = None


class ErrorAnswer(Schema):
    """The shape of every error."""

    error: ErrorDetails
