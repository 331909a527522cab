"""Filters, sort orders and indexes as SQL over JSON documents.

Every comparison, sort order and index uses one expression of a path, its *key*: the value as a
number or as text that begins with a letter for its type. So types never mix, ``true`` is not 1, a
missing field is NULL like None, and one index serves equality, ranges and sorting.

========================  =============================
value                     key
========================  =============================
missing, None             NULL
int, float                the number
str                       ``b`` and the text
datetime, bytes, NaN      ``c`` and their Extended JSON
dict                      ``c`` and its JSON
list                      ``d`` and its JSON
False, True               ``f0``, ``f1``
========================  =============================

NULL, numbers, text is also how SQLite sorts. The key of ``_id`` is the column ``id`` itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from partner_pipeline.store.base import Index, Keys
from partner_pipeline.store.filters import Condition, Where
from partner_pipeline.store.sqlite.codec import escape, special_json

Parameter: TypeAlias = int | float | str
Sql: TypeAlias = tuple[str, list[Parameter]]
NOTHING: Final[Sql] = ("0", [])
EVERYTHING: Final[Sql] = ("1", [])
# A range stays within the type of its value: from the least key of that type to the next type's.
_TEXT_FROM, _TEXT_TO = "b", "c"
_DATE_FROM, _DATE_TO = 'c{"$date":"', 'c{"$date":#'
_COMPARISONS: Final = {"$lt": "<", "$lte": "<=", "$gt": ">", "$gte": ">="}


def table(collection: str) -> str:
    """The quoted name of a collection's table."""
    return f'"doc_{collection}"'


def create_table(collection: str) -> str:
    """The statement that makes a collection's table; ``id`` keeps whatever type it is given."""
    return (
        f"CREATE TABLE IF NOT EXISTS {table(collection)}"
        " (id BLOB PRIMARY KEY NOT NULL, doc TEXT NOT NULL)"
    )


def where_sql(where: Where) -> Sql:
    """A filter as an SQL expression with parameters."""
    parts = [_condition(condition) for condition in where.conditions]
    if where.either is not None:
        parts.append(_joined(" OR ", [where_sql(one) for one in where.either]))
    return _joined(" AND ", parts) if parts else EVERYTHING


def order_sql(sort: Keys) -> str:
    """A sort order as the rest of an SQL statement."""
    if not sort:
        return ""
    return " ORDER BY " + ", ".join(
        key(path) + (" DESC" if direction < 0 else "") for path, direction in sort
    )


def index_sql(index: Index, where: Where | None) -> dict[str, str]:
    """The statements that make an index, by the name of what they make.

    A unique index counts None as a value, SQLite counts every NULL as another. So a second index
    holds the few documents in which some key is None, with an empty text in its place.
    """
    name = f"{index.collection}.{index.name}"
    keys = [key(path) for path, _ in index.keys]
    directions = [" DESC" if direction < 0 else "" for _, direction in index.keys]
    parts = [] if where is None else [_inlined(where_sql(where))]
    ordered = [one + direction for one, direction in zip(keys, directions, strict=True)]
    made = {name: _create_index(index, name, ordered, parts)}
    if index.unique:
        nulls = " OR ".join(f"{_value(path)} IS NULL" for path, _ in index.keys)
        filled = [f"ifnull({one}, '')" for one in keys]
        made[f"{name}.none"] = _create_index(index, f"{name}.none", filled, [f"({nulls})", *parts])
    return made


def key(path: str) -> str:
    """The SQL expression of a path's key."""
    if path == "_id":
        return "id"
    value = _value(path)
    return (
        f"CASE {_type(path)}"
        f" WHEN 'text' THEN 'b' || {value} WHEN 'object' THEN 'c' || {value}"
        f" WHEN 'array' THEN 'd' || {value} WHEN 'true' THEN 'f1' WHEN 'false' THEN 'f0'"
        f" ELSE {value} END"
    )


def parameter(path: str, value: Any) -> Parameter:
    """The key of a value other than None, to be compared with the key of a path."""
    if isinstance(value, str):
        return escape(value) if path == "_id" else _TEXT_FROM + escape(value)
    if isinstance(value, bool):
        return "f1" if value else "f0"
    if isinstance(value, int) or (isinstance(value, float) and not math.isnan(value)):
        return value
    return "c" + special_json(value)


def _condition(condition: Condition) -> Sql:
    path, operator, value = condition.path, condition.operator, condition.value
    if operator == "$exists":
        return _exists(path, value)
    if operator == "$in":
        return _in(path, value)
    if operator == "$eq":
        return _in(path, [value])
    if operator == "$ne":
        return _differs(path, value)
    return _range(path, _COMPARISONS[operator], value)


def _exists(path: str, wanted: bool) -> Sql:
    if path == "_id":
        return EVERYTHING if wanted else NOTHING
    return f"{_type(path)} IS {'NOT ' * wanted}NULL", []


def _in(path: str, values: Sequence[Any]) -> Sql:
    parts = []
    given = [parameter(path, value) for value in values if _comparable(path, value)]
    if len(given) == 1:
        parts.append((f"{key(path)} = ?", given))
    elif given:
        parts.append((f"{key(path)} IN ({', '.join('?' * len(given))})", given))
    if None in values and path != "_id":
        parts.append((f"{key(path)} IS NULL", []))
    return _joined(" OR ", parts) if parts else NOTHING


def _differs(path: str, value: Any) -> Sql:
    if value is None:
        return f"{key(path)} IS NOT NULL", []
    if not _comparable(path, value):
        return EVERYTHING
    return f"{key(path)} IS NOT ?", [parameter(path, value)]


def _range(path: str, comparison: str, value: Any) -> Sql:
    if not _comparable(path, value):
        return NOTHING
    bound = parameter(path, value)
    compared = f"{key(path)} {comparison} ?"
    if path == "_id":
        return compared, [bound]
    if isinstance(value, (str, datetime)):
        lowest, highest = (
            (_DATE_FROM, _DATE_TO) if isinstance(value, datetime) else (_TEXT_FROM, _TEXT_TO)
        )
        edge = f"{key(path)} >= ?" if comparison[0] == "<" else f"{key(path)} < ?"
        return f"{compared} AND {edge}", [bound, lowest if comparison[0] == "<" else highest]
    # Numbers sort below all text, so that only their upper end needs an edge.
    return (compared if comparison[0] == "<" else f"{compared} AND {key(path)} < ''"), [bound]


def _comparable(path: str, value: Any) -> bool:
    """Whether a value can be a key of this path at all: every ``_id`` is a text."""
    return value is not None and (path != "_id" or isinstance(value, str))


def _value(path: str) -> str:
    """What is at a path; NULL exactly where its key is."""
    return "id" if path == "_id" else f"json_extract(doc, {_json_path(path)})"


def _type(path: str) -> str:
    return f"json_type(doc, {_json_path(path)})"


def _json_path(path: str) -> str:
    return "'$." + ".".join(f'"{name}"' for name in path.split(".")) + "'"


def _joined(word: str, parts: Sequence[Sql]) -> Sql:
    if len(parts) == 1:
        return parts[0]
    text = word.join(f"({one})" for one, _ in parts)
    return text, [value for _, values in parts for value in values]


def _create_index(index: Index, name: str, keys: Sequence[str], conditions: Sequence[str]) -> str:
    return (
        f'CREATE {"UNIQUE " * index.unique}INDEX "{name}" ON {table(index.collection)}'
        f" ({', '.join(keys)})" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
    )


def _inlined(sql: Sql) -> str:
    """An expression with its parameters written into it, as an index needs it."""
    text, values = sql
    first, *others = text.split("?")
    return (
        f"({first}"
        + "".join(_literal(value) + other for value, other in zip(values, others, strict=True))
        + ")"
    )


def _literal(value: Parameter) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float) and math.isinf(value):
        return "9e999" if value > 0 else "-9e999"
    return repr(value)
