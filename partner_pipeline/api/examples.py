"""Examples of answers, told by their schemas: so none is ever out of date."""

from __future__ import annotations

from typing import Any, Final

_DEEPEST: Final = 8
_ID: Final = "0af3c2d1e4b54f0c9a5e0d5f3c2b1a09"
_TIME: Final = "2025-09-15T12:00:00.000Z"

#: By name, where the type tells too little.
_VALUES: Final[dict[str, Any]] = {
    "name": "Rice Farms",
    "customerName": "Rice Farms",
    "jobName": "North 40",
    "jobNumber": "4711",
    "number": "4711",
    "partnerCode": "SATLOC",
    "partnerName": "SatLoc Cloud",
    "tailNumber": "N101SL",
    "userName": "N101SL",
    "username": "ops@ricefarms.example",
    "fileName": "4711_250915.LOG",
    "queue": "dev_partner_tasks",
    "enqueuedAt": _TIME,
    "executionId": "3f0d8f0e-6a53-4b0e-9f34-4c1f5d1d7a10",
    "taskId": "partner_tasks:SATLOC:7c9e6679:1042",
    "accessToken": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "refreshToken": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "error": None,
    "errorMessage": None,
    "errorCategory": None,
    "nextCursor": None,
}


def add_examples(document: dict[str, Any]) -> None:
    """Give every answer of JSON in an OpenAPI document an example."""
    schemas = document.get("components", {}).get("schemas", {})
    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation.get("responses", {}).values():
                content = answer.get("content", {}).get("application/json")
                if content and "example" not in content:
                    content["example"] = example_of(content.get("schema", {}), schemas)


def example_of(
    schema: dict[str, Any], schemas: dict[str, Any], name: str = "", depth: int = 0
) -> Any:
    """A value that a schema allows; `name`: of the field that it is for."""
    if depth > _DEEPEST:
        return None
    if "$ref" in schema:
        named = schemas[schema["$ref"].rpartition("/")[2]]
        return example_of(named, schemas, name, depth)
    if "examples" in schema:
        return schema["examples"][0]
    for value in ("const", "default"):
        if schema.get(value) is not None:
            return schema[value]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _either(schema["anyOf"], schemas, name, depth)
    return _of_type(schema, schemas, name, depth)


def _either(choices: list[dict[str, Any]], schemas: dict[str, Any], name: str, depth: int) -> Any:
    nullable = any(choice.get("type") == "null" for choice in choices)
    if nullable and _VALUES.get(name, "") is None:
        return None
    return example_of(choices[0], schemas, name, depth + 1)


def _of_type(schema: dict[str, Any], schemas: dict[str, Any], name: str, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            return {
                field: example_of(inner, schemas, field, depth + 1)
                for field, inner in schema.get("properties", {}).items()
            }
        case "array":
            return [example_of(schema.get("items", {}), schemas, name, depth + 1)]
        case "string":
            return _text(name)
        case "integer":
            return max(schema.get("minimum", 0), 1)
        case "number":
            return 24.5
        case "boolean":
            return True
    return None


def _text(name: str) -> str:
    known = _VALUES.get(name)
    if isinstance(known, str):
        return known
    if name == "id" or name.endswith("Id"):
        return _ID
    if name in {"at", "date", "since"} or name.endswith(
        ("At", "Date", "Time", "Success", "Failure")
    ):
        return _TIME
    return "…"
