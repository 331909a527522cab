"""``/api/docs``: the interface as one plain page, made on the server from its OpenAPI document.

The usual viewers come from a CDN, or are megabytes of script that asks for a weaker
Content-Security-Policy. This page has no script at all: it works offline, prints, and can be
searched by the browser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

router = APIRouter(include_in_schema=False)

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2563a8; }
@media (prefers-color-scheme: dark) { :root { --accent: #8ab8ee; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1, h2 { line-height: 1.2; }
a { color: var(--accent); }
code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
pre { background: var(--soft); padding: .75rem; overflow-x: auto; border-radius: .375rem; }
details { border: 1px solid var(--line); border-radius: .375rem; margin: .5rem 0; }
summary { cursor: pointer; padding: .5rem .75rem; }
summary b { display: inline-block; min-width: 4.5rem; }
details > div { padding: 0 .75rem .75rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem;
         border-bottom: 1px solid var(--line); }
"""


@router.get("/api/docs")
def docs(request: Request) -> HTMLResponse:
    """The page."""
    return HTMLResponse("".join(_page(request.app.openapi())))


@router.get("/api/docs.css")
def style() -> Response:
    """How it looks."""
    return Response(_STYLE, media_type="text/css")


def _page(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    title = escape(info["title"])
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="/api/docs.css"></head><body>'
        f"<h1>{title} {escape(info['version'])}</h1>{_paragraphs(info['description'])}"
        '<p>For programs: <a href="/api/openapi.json">OpenAPI</a>.</p>'
    )
    tag = None
    for method, path, operation in _operations(document):
        if operation["tags"][0] != tag:
            tag = operation["tags"][0]
            yield f"<h2>{escape(tag.capitalize())}</h2>"
        yield from _operation(document, method, path, operation)
    yield "</body></html>"


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    found = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    order = list(dict.fromkeys(operation["tags"][0] for _, _, operation in found))
    return sorted(found, key=lambda each: order.index(each[2]["tags"][0]))


def _operation(
    document: dict[str, Any], method: str, path: str, operation: dict[str, Any]
) -> Iterator[str]:
    yield (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code></summary><div>"
        f"{_paragraphs(operation.get('description', ''))}"
    )
    if parameters := operation.get("parameters"):
        yield "<table><thead><tr><th>Parameter</th><th>In</th><th>What</th></tr></thead><tbody>"
        for each in parameters:
            told = (each["name"], each["in"], _kind(document, each))
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in told) + "</tr>"
        yield "</tbody></table>"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        example = _example(document, content.get("schema", {}))
        yield f"<p>Body, <code>{escape(kind)}</code>:</p>{_code(example)}"
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            yield f"<p>{escape(status)}: {escape(answer.get('description', ''))}</p>"
            for content in answer.get("content", {}).values():
                yield _code(content.get("example"))
    yield "</div></details>"


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
    if "examples" in schema:
        return schema["examples"][0]
    return {
        name: field.get("description", "…") for name, field in schema.get("properties", {}).items()
    }


def _kind(document: dict[str, Any], parameter: dict[str, Any]) -> str:
    schema = parameter.get("schema", {})
    values: list[str] = []
    for choice in (schema, *schema.get("anyOf", [])):
        name = choice.get("$ref", "").rpartition("/")[2]
        named = document["components"]["schemas"].get(name, choice)
        values += map(str, named.get("enum", []))
    told = parameter.get("description") or schema.get("description") or ""
    return " ".join(filter(None, (told, f"One of {', '.join(values)}." if values else "")))


def _code(value: Any) -> str:
    return (
        ""
        if value is None
        else f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
    )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part.strip())
