"""What a document may hold: checked once, the same for every store.

Both stores get only what comes out of here, so neither has meanings of its own to add: no silent
change of keys to text, no datetime of unknown time zone, no integer that one of them would round.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from partner_pipeline.errors import ValidationError
from partner_pipeline.store.base import Document

DEEPEST: Final = 100
INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
_COLLECTION = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_PATH = re.compile(r"(?!\d+(?:\.|$))[A-Za-z0-9_-]+(?:\.(?!\d+(?:\.|$))[A-Za-z0-9_-]+)*")


def checked_collection(collection: str) -> str:
    """A collection's name, if it is one."""
    if _COLLECTION.fullmatch(collection) is None:
        raise ValidationError(
            f"using the store: {collection!r} is no name of a collection;"
            " expected at most 64 letters, digits and _, a letter first"
        )
    return collection


def checked_path(path: object, doing: str) -> str:
    """A path such as ``status`` or ``dlOp.type``: names from code, never from users."""
    if not isinstance(path, str) or _PATH.fullmatch(path) is None:
        raise ValidationError(
            f"{doing}: {path!r} is no path; expected names of letters, digits, _ and -,"
            " not of digits alone, with dots between"
        )
    return path


def checked_document(document: object, doing: str) -> Document:
    """A copy of a document that every store keeps exactly.

    Parameters
    ----------
    document : dict
    doing : str
        What was being done, for the message of an error.

    Raises
    ------
    ValidationError
        If it has no ``_id`` of type str, or holds what no store keeps; see :mod:`.base`.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("_id"), str):
        raise ValidationError(f"{doing}: the document has no _id of type str; give it one")
    if not document["_id"]:
        raise ValidationError(f"{doing}: the document's _id is empty; give it one")
    return _checked_dict(document, doing, "", 1)


def checked_value(value: object, doing: str, path: str, depth: int = 1) -> Any:
    """A value as every store keeps it: datetimes in UTC cut to milliseconds, plain types."""
    if value is None or isinstance(value, (bool, float, bytes)):
        return value
    if isinstance(value, str):
        return _checked_text(value, doing, path)
    if isinstance(value, int):
        if not INT64_MIN <= value <= INT64_MAX:
            raise ValidationError(f"{doing}: field {path} holds an integer of more than 64 bits")
        return int(value)
    if isinstance(value, datetime):
        return checked_datetime(value, doing, path)
    if depth >= DEEPEST:
        raise ValidationError(f"{doing}: field {path} is nested more than {DEEPEST} deep")
    if isinstance(value, Mapping):
        return _checked_dict(value, doing, path, depth + 1)
    if isinstance(value, (list, tuple)):
        return [checked_value(item, doing, path, depth + 1) for item in value]
    raise ValidationError(
        f"{doing}: field {path} holds a {type(value).__name__}; expected None, bool, int, float,"
        " str, bytes, datetime, list or dict"
    )


def checked_datetime(value: datetime, doing: str, path: str) -> datetime:
    """An aware datetime in UTC, cut to milliseconds."""
    if value.utcoffset() is None:
        raise ValidationError(
            f"{doing}: field {path} holds a datetime without time zone; give it UTC"
        )
    try:
        moment = value.astimezone(UTC)
    except OverflowError as error:
        raise ValidationError(f"{doing}: field {path} holds a datetime out of range") from error
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000, fold=0)


def _checked_text(value: str, doing: str, path: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValidationError(
                f"{doing}: field {path} holds text with half a surrogate pair, which is no Unicode"
            ) from error
    return str.__str__(value)


def _checked_dict(value: Mapping[Any, Any], doing: str, path: str, depth: int) -> dict[str, Any]:
    within = path + "." if path else ""
    checked = {}
    for key, item in value.items():
        if not isinstance(key, str) or not key or key[0] == "$" or "." in key or "\0" in key:
            raise ValidationError(
                f"{doing}: {within}{key!r} is no name of a field; expected text that is not empty,"
                " does not start with $ and holds no . and no NUL"
            )
        _checked_text(key, doing, within + "(name)")
        checked[str.__str__(key)] = checked_value(item, doing, within + key, depth)
    return checked


def pruned(document: Document, paths: tuple[str, ...]) -> Document:
    """Only these paths of a document, and its ``_id``."""
    tree: dict[str, Any] = {"_id": {}}
    for path in paths:
        branch = tree
        for name in path.split("."):
            branch = branch.setdefault(name, {})
    return _pruned_dict(document, tree)


def _pruned_dict(value: dict[str, Any], tree: dict[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, branch in tree.items():
        if name not in value:
            continue
        if not branch:
            kept[name] = value[name]
        elif isinstance(value[name], (dict, list)):
            kept[name] = _pruned_inside(value[name], branch)
    return kept


def _pruned_inside(value: Any, tree: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return _pruned_dict(value, tree)
    return [_pruned_inside(item, tree) for item in value if isinstance(item, (dict, list))]
