"""Filters, sort orders and lists of fields: checked once, the same for every store.

A filter is built by a repository, its values may come from anywhere. A value that is a dict is
therefore never taken for a condition by accident: a dict is a condition only if all its keys are
operators that are known here, and no condition takes a dict.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, Final, Literal, TypeAlias, get_args

from partner_pipeline.errors import ValidationError
from partner_pipeline.store.base import Filter, Index, Keys
from partner_pipeline.store.values import checked_path, checked_value

Operator: TypeAlias = Literal["$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$in", "$exists"]
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
RANGES: Final = ("$lt", "$lte", "$gt", "$gte")
MOST_CHOICES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold: the field at a path, an operator, a value."""

    path: str
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class Where:
    """A filter that was checked.

    Attributes
    ----------
    conditions : tuple of Condition
        All of them hold.
    either : tuple of Where, optional
        At least one of them holds.
    """

    conditions: tuple[Condition, ...] = ()
    either: tuple[Where, ...] | None = None


def checked_filter(filter: Filter | None, doing: str) -> Where:
    """A filter in its checked form.

    Raises
    ------
    ValidationError
        If an operator is not known, or a value is of no use to it.
    """
    if filter is None:
        return Where()
    if not isinstance(filter, Mapping):
        raise ValidationError(f"{doing}: the filter is a {type(filter).__name__}; expected a dict")
    conditions: list[Condition] = []
    either = None
    for path, wanted in filter.items():
        if path == "$or":
            either = _alternatives(wanted, doing)
        else:
            conditions += _conditions(checked_path(path, doing), wanted, doing)
    return Where(tuple(conditions), either)


def checked_equalities(filter: Filter, doing: str) -> dict[str, Any]:
    """The values that a filter of equalities alone asks for, by path."""
    where = checked_filter(filter, doing)
    if where.either is not None or any(c.operator != "$eq" for c in where.conditions):
        raise ValidationError(f"{doing}: expected equality with keys, and no other condition")
    if not where.conditions:
        raise ValidationError(f"{doing}: the filter names no key")
    wanted = {condition.path: condition.value for condition in where.conditions}
    checked_apart(tuple(wanted), doing)
    return wanted


def checked_keys(keys: Keys, doing: str) -> Keys:
    """Paths to sort or to index by, each once, with their directions."""
    for _, direction in keys:
        if direction not in {1, -1}:
            raise ValidationError(f"{doing}: a sort direction is {direction!r}; expected 1 or -1")
    paths = [checked_path(path, doing) for path, _ in keys]
    if len(set(paths)) != len(paths):
        raise ValidationError(f"{doing}: a path is there twice in {', '.join(paths)}")
    return keys


def checked_fields(fields: Sequence[str], doing: str) -> tuple[str, ...]:
    """Paths to fetch, none inside another."""
    paths = tuple(dict.fromkeys(checked_path(path, doing) for path in fields))
    checked_apart(paths, doing)
    return paths


def checked_limit(limit: int | None, doing: str) -> int | None:
    """How many documents to fetch, at least one."""
    if limit is not None and limit < 1:
        raise ValidationError(f"{doing}: the limit is {limit}; expected 1 or more")
    return limit


def checked_apart(paths: Sequence[str], doing: str) -> None:
    """Nothing, if no path is there twice or leads into another."""
    for one, other in combinations(paths, 2):
        if f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}."):
            raise ValidationError(f"{doing}: {one} and {other} are one field, or one inside it")


def checked_index(index: Index) -> Where | None:
    """The condition of a partial index; nothing for an index of every document."""
    doing = f"making index {index.name} of {index.collection}"
    checked_keys(index.keys, doing)
    if not index.keys:
        raise ValidationError(f"{doing}: it has no keys")
    if index.where is None:
        return None
    where = checked_filter(index.where, doing)
    for condition in where.conditions:
        if not _may_be_partial(condition):
            raise ValidationError(
                f"{doing}: {condition.path} {condition.operator} can't be the condition of a"
                " partial index; use equality with a value, a range, or $exists: True"
            )
    if where.either is not None or not where.conditions:
        raise ValidationError(f"{doing}: its condition is not a plain list of conditions")
    return where


def _may_be_partial(condition: Condition) -> bool:
    if condition.operator == "$exists":
        return bool(condition.value)
    return condition.operator in RANGES or (
        condition.operator == "$eq" and condition.value is not None
    )


def _alternatives(wanted: object, doing: str) -> tuple[Where, ...]:
    if not isinstance(wanted, (list, tuple)) or not wanted:
        raise ValidationError(f"{doing}: $or takes a list of filters, at least one")
    return tuple(checked_filter(one, doing) for one in wanted)


def _conditions(path: str, wanted: object, doing: str) -> Iterator[Condition]:
    if not isinstance(wanted, Mapping):
        yield Condition(path, "$eq", _scalar(wanted, path, doing))
        return
    if not wanted:
        raise ValidationError(f"{doing}: {path} is to be an empty dict, which matches nothing")
    for operator, value in wanted.items():
        if operator not in OPERATORS:
            raise ValidationError(
                f"{doing}: {path} is compared by {operator!r}; expected a value,"
                f" or one of {' '.join(OPERATORS)}"
            )
        yield Condition(path, operator, _operand(operator, value, path, doing))


def _operand(operator: Operator, value: object, path: str, doing: str) -> Any:
    if operator == "$exists":
        if not isinstance(value, bool):
            raise ValidationError(f"{doing}: {path} $exists takes True or False")
        return value
    if operator == "$in":
        if not isinstance(value, (list, tuple)) or len(value) > MOST_CHOICES:
            raise ValidationError(
                f"{doing}: {path} $in takes a list of at most {MOST_CHOICES:,} values"
            )
        return tuple(_scalar(item, path, doing) for item in value)
    scalar = _scalar(value, path, doing)
    if operator in RANGES and not _has_order(scalar):
        raise ValidationError(
            f"{doing}: {path} {operator} takes a number, text or datetime,"
            f" not {scalar!r:.20} of type {type(scalar).__name__}"
        )
    return scalar


def _has_order(scalar: object) -> bool:
    if isinstance(scalar, bool):
        return False
    if isinstance(scalar, float):
        return not math.isnan(scalar)
    return isinstance(scalar, (int, str, datetime))


def _scalar(value: object, path: str, doing: str) -> Any:
    if isinstance(value, (Mapping, list, tuple)):
        raise ValidationError(
            f"{doing}: {path} is compared with a {type(value).__name__}; expected a single value"
        )
    return checked_value(value, doing, path)
