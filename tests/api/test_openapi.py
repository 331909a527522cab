"""The OpenAPI document is true: its examples, and what it says of every route."""

from __future__ import annotations

import re
from typing import Any
from unittest import SkipTest

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.test_matrix import ENTRIES
from api.world import World

UNTOLD = {"GET /api/openapi.json", "GET /api/docs", "GET /api/docs.css"}


@pytest.fixture(scope="module")
def document(shared: World) -> dict[str, Any]:
    answer = shared.as_("nobody").get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_is_told(document: dict[str, Any]) -> None:
    assert set(_operations(document)) == set(ENTRIES) - UNTOLD


def test_operations_have_ids_and_words_of_their_own(document: dict[str, Any]) -> None:
    operations = _operations(document)
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(set(ids)) == len(ids)
    assert [name for name, each in operations.items() if not each.get("description")] == []


def test_who_must_be_logged_in_is_told(document: dict[str, Any]) -> None:
    optional = {"GET /api/health"}
    for name, operation in _operations(document).items():
        is_open = ENTRIES[name].access == "open"
        assert ("security" in operation) != is_open or name in optional, name


def test_examples_are_what_their_schemas_allow(document: dict[str, Any]) -> None:
    seen = 0
    for name, operation in _operations(document).items():
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (body.get("content", {}).get("application/json") for body in bodies):
            if content is None:
                continue
            schema = {**content["schema"], "components": document["components"]}
            for example in _examples(document, content):
                jsonschema.Draft202012Validator(schema).validate(example)
                seen += 1
            assert list(_examples(document, content)), name
    assert seen > 150


def _examples(document: dict[str, Any], content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    named = content["schema"]["$ref"].rpartition("/")[2]
    found: list[Any] = document["components"]["schemas"][named]["examples"]
    return found


def test_no_password_goes_out(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    def fields(schema: Any) -> set[str]:
        if isinstance(schema, list):
            return set().union(*map(fields, schema))
        if not isinstance(schema, dict):
            return set()
        if "$ref" in schema:
            return fields(schemas[schema["$ref"].rpartition("/")[2]])
        inner = {
            key: value for key, value in schema.items() if key not in {"properties", "example"}
        }
        return set(schema.get("properties", {})).union(
            *map(fields, inner.values()), *map(fields, schema.get("properties", {}).values())
        )

    for operation in _operations(document).values():
        out = fields(list(operation["responses"].values()))
        assert not [name for name in out if re.search("(?i)password|secret|hash$", name)]


def test_the_docs_work_offline_and_without_script(shared: World) -> None:
    client = shared.as_("nobody")
    page = client.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "style=" not in page.text
    linked = set(re.findall(r'(?:href|src)="([^"]+)"', page.text))
    assert linked == {"/api/docs.css", "/api/openapi.json"}
    assert all(client.get(each).status_code == 200 for each in linked)
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    for name in ENTRIES:
        if name.startswith("POST /api/jobs"):
            assert name.split(" ")[1] in page.text


# Everything that the document allows, and much that it does not.

#: Logging out would end the session that all others need.
ASKED = sorted(
    name
    for name in ENTRIES
    if name not in UNTOLD and name not in {"POST /api/auth/logout", "POST /api/auth/login"}
)
CHECKS = (
    not_a_server_error,
    response_schema_conformance,
    content_type_conformance,
    status_code_conformance,
)


@pytest.fixture(scope="module")
def operations(shared: World, document: dict[str, Any]) -> Any:
    shared.fly()
    return schemathesis.openapi.from_dict(document)


def _known(shared: World) -> list[str]:
    """Ids of what is there; not of who asks, who would lock himself out."""
    store = shared.context.repositories.store
    collections = ("users", "jobs", "job_assigns", "partner_log_trackers", "sessions")
    ids = [each["_id"] for name in collections for each in store.find(name, limit=10)]
    executions = [each.execution_id for each in shared.context.repositories.tasks.recent(limit=3)]
    me = shared.users["admin"].id
    return [each for each in (*ids, *executions, shared.pipeline.queue) if each != me]


def _name_what_is_there(part: Any, data: st.DataObject, known: st.SearchStrategy[str]) -> None:
    if not isinstance(part, dict):
        return
    for name, value in part.items():
        if isinstance(value, str) and re.search("(?i)id$|^queue$|^confirm$", name):
            part[name] = data.draw(st.one_of(st.just(value), known))
        for inner in value if isinstance(value, list) else [value]:
            _name_what_is_there(inner, data, known)


@pytest.mark.parametrize("name", ASKED)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(data=st.data())
def test_nothing_breaks_it(shared: World, operations: Any, name: str, data: st.DataObject) -> None:
    method, path = name.split(" ")
    mode = data.draw(st.sampled_from(list(GenerationMode)))
    try:
        strategy = operations[path][method].as_strategy(generation_mode=mode)
        case = data.draw(strategy)
    except SkipTest:
        return  # every request is as it should be: nothing can be wrong with it
    if mode is GenerationMode.POSITIVE:
        known = st.sampled_from(_known(shared))
        for part in (case.path_parameters, case.query, case.body):
            _name_what_is_there(part, data, known)
    token = shared.as_("admin").headers["authorization"]
    answer = case.call(base_url=shared.url, headers={"authorization": token}, timeout=60)
    case.validate_response(answer, checks=CHECKS)
    assert answer.status_code < 500


@pytest.mark.parametrize("method", ["TRACE", "PATCH", "OPTIONS", "PROPFIND", "HEAD"])
def test_other_methods(shared: World, method: str) -> None:
    answer: httpx.Response = shared.as_("admin").request(method, "/api/jobs")
    assert answer.status_code == 405
