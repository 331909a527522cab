"""What every document is: camelCase outside, snake_case inside, times in UTC to the millisecond."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic import ValidationError as PydanticError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.clock import to_milliseconds

#: A time as stores keep it.
Moment = Annotated[AwareDatetime, AfterValidator(to_milliseconds)]

#: An id, or a name that people gave: never empty.
Text = Annotated[str, Field(min_length=1)]


def _stored_name(name: str) -> str:
    return "_id" if name == "id" else to_camel(name)


class Part(BaseModel):
    """A part of a document. It does not change: repositories change what is stored.

    Fields that it does not know are not read, and not touched in the store either.
    """

    model_config = ConfigDict(
        alias_generator=_stored_name,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    def to_document(self) -> dict[str, Any]:
        """What is stored: plain values; a field that is None is left out."""
        document: dict[str, Any] = plain(self.model_dump(by_alias=True, exclude_none=True))
        return document

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read what is stored.

        Raises
        ------
        ValidationError
            Fields that are missing or not as expected: which, and what was expected.
        """
        try:
            return cls.model_validate(document)
        except PydanticError as error:
            found = document.get("_id")
            raise ValidationError(
                f"reading {cls.__name__} {found if isinstance(found, str) else 'without id'}: "
                f"{problems(error)}"
            ) from None


class Document(Part):
    """A document of a collection."""

    id: Text


def problems(error: PydanticError) -> str:
    """What pydantic found wrong, without the values: they may be secret."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'it'}: {_message(problem)}"
        for problem in error.errors(include_url=False, include_input=False)
    )


def _message(problem: ErrorDetails) -> str:
    # The one message of pydantic's that quotes what it was given, whatever is hidden.
    if problem["type"] == "union_tag_invalid":
        return f"expected {problem['ctx']['expected_tags']}"
    return problem["msg"]


def plain(value: Any) -> Any:
    """Values as a store takes them: a member of an enumeration is its value, a tuple a list."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return to_milliseconds(value) if isinstance(value, datetime) else value
