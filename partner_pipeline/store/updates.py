"""Updates: checked once for every store, and what they do to a document."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from partner_pipeline.errors import ValidationError
from partner_pipeline.store.base import Document, Filter, Update
from partner_pipeline.store.filters import checked_apart, checked_equalities
from partner_pipeline.store.values import INT64_MAX, INT64_MIN, checked_path, checked_value


@dataclass(frozen=True, slots=True)
class Changes:
    """An update that was checked: values by path.

    Attributes
    ----------
    set, inc, on_insert : dict
    unset : tuple of str
    """

    set: dict[str, Any]
    unset: tuple[str, ...]
    inc: dict[str, int | float]
    on_insert: dict[str, Any]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is changed."""
        return (*self.set, *self.unset, *self.inc, *self.on_insert)

    def apply(self, document: Document, doing: str) -> Document:
        """Make the changes in the document itself, and return it.

        Raises
        ------
        ValidationError
            If a path leads through a value that is no dict, or what is to be increased is no
            number or becomes too big.
        """
        for path, value in self.set.items():
            branch, name = _branch(document, path, doing)
            branch[name] = value
        for path in self.unset:
            _remove(document, path)
        for path, step in self.inc.items():
            branch, name = _branch(document, path, doing)
            branch[name] = _increased(branch.get(name, 0), step, path, doing)
        return document

    def new(self, keys: Mapping[str, Any], doing: str) -> Document:
        """The document that an upsert stores where none with these keys is."""
        both = {**keys, **self.on_insert, **self.set}
        return Changes(both, self.unset, self.inc, {}).apply({}, doing)


def checked_update(update: Update, doing: str) -> Changes:
    """An update in its checked form.

    Raises
    ------
    ValidationError
        If it has an unknown operator, a value that no store keeps, one field twice, changes
        ``_id``, or changes nothing.
    """
    changes = _changes(update, doing)
    if changes.on_insert:
        raise ValidationError(f"{doing}: $setOnInsert is for upserts")
    return changes


def checked_upsert(filter: Filter, update: Update, doing: str) -> tuple[dict[str, Any], Changes]:
    """Keys of an upsert, and its changes without those that repeat a key.

    An update may say again what a key is, as a whole document does; it can't change one.
    """
    keys = checked_equalities(filter, doing)
    changes = _changes(update, doing)
    for path in [path for path in keys if path in changes.paths]:
        for values in (changes.set, changes.on_insert):
            if path in values and _same(values[path], keys[path]):
                del values[path]
    checked_apart((*keys, *changes.paths), doing)
    if not isinstance({**changes.on_insert, **keys}.get("_id"), str):
        raise ValidationError(
            f"{doing}: a new document would have no _id of type str;"
            " give it in the filter or in $setOnInsert"
        )
    if not changes.paths:
        raise ValidationError(f"{doing}: the update changes nothing")
    return keys, changes


def _changes(update: Update, doing: str) -> Changes:
    known = {"$set", "$unset", "$inc", "$setOnInsert"}
    if not set(update) <= known:
        raise ValidationError(
            f"{doing}: the update has {', '.join(map(repr, update))};"
            f" expected {', '.join(sorted(known))}"
        )
    unset = update.get("$unset", ())
    if not isinstance(unset, (list, tuple)):
        raise ValidationError(f"{doing}: $unset takes a list of paths")
    changes = Changes(
        _values(update, "$set", doing),
        tuple(checked_path(path, doing) for path in unset),
        {path: _step(step, path, doing) for path, step in _values(update, "$inc", doing).items()},
        _values(update, "$setOnInsert", doing),
    )
    if not changes.paths:
        raise ValidationError(f"{doing}: the update changes nothing")
    checked_apart(changes.paths, doing)
    if "_id" in (*changes.set, *changes.unset, *changes.inc):
        raise ValidationError(f"{doing}: the update changes _id, which never changes")
    return changes


def _values(update: Update, operator: str, doing: str) -> dict[str, Any]:
    given = update.get(operator, {})
    if not isinstance(given, Mapping):
        raise ValidationError(f"{doing}: {operator} takes a dict of paths and values")
    return {
        checked_path(path, doing): checked_value(value, doing, path)
        for path, value in given.items()
    }


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _step(step: object, path: str, doing: str) -> int | float:
    if isinstance(step, bool) or not isinstance(step, (int, float)) or not math.isfinite(step):
        raise ValidationError(f"{doing}: $inc of {path} takes a finite number")
    return step


def _branch(document: Document, path: str, doing: str) -> tuple[Document, str]:
    """The dict that a path ends in (made where it is missing), and the last name."""
    *names, last = path.split(".")
    branch = document
    for name in names:
        inner = branch.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ValidationError(
                f"{doing}: {path} leads through {name}, which holds a {type(inner).__name__},"
                " not a dict"
            )
        branch = inner
    return branch, last


def _remove(document: Document, path: str) -> None:
    *names, last = path.split(".")
    branch: Any = document
    for name in names:
        branch = branch.get(name) if isinstance(branch, dict) else None
    if isinstance(branch, dict):
        branch.pop(last, None)


def _increased(value: object, step: int | float, path: str, doing: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValidationError(
            f"{doing}: $inc of {path}, which holds a {type(value).__name__}, not a number"
        )
    total = value + step
    if isinstance(total, int) and not INT64_MIN <= total <= INT64_MAX:
        raise ValidationError(f"{doing}: $inc of {path} leads to more than 64 bits")
    return total
