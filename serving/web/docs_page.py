"""The page /docs: the OpenAPI document made readable here, since a browser without the network shows it too."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from html import escape
from shlex import quote
from typing import Any

from serving.web.endpoint import Call, Endpoint, Reply

_STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
h2 { margin-top: 3rem; text-transform: capitalize } h3 { margin-top: 2.5rem; overflow-wrap: anywhere }
pre { background: #8882; padding: .75rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } caption { text-align: left; font-weight: 600; padding: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8886 }
td { overflow-wrap: anywhere } summary { cursor: pointer; padding: .25rem 0 }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LONGEST_EXAMPLE = 4_000
Document = Mapping[str, Any]


def docs_endpoints(document: Callable[[], dict[str, Any]]) -> list[Endpoint]:
    """GET /docs and GET /openapi.json. `document` is asked when somebody first comes."""

    @cache
    def page() -> Reply:
        return Reply(docs_page(document()).encode(), media_type="text/html; charset=utf-8")

    @cache
    def openapi() -> Reply:
        return Reply(json.dumps(document()).encode())

    async def answer_page(_: Call) -> Reply:
        return page()

    async def answer_openapi(_: Call) -> Reply:
        return openapi()

    return [
        Endpoint("GET", "/docs", "What may be asked", answer_page, "docs"),
        Endpoint("GET", "/openapi.json", "What may be asked, as OpenAPI", answer_openapi, "docs"),
    ]


def docs_page(document: Document) -> str:
    """An OpenAPI document as a page of HTML that fetches nothing."""
    info = document["info"]
    sections = "".join(_sections(document))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info.get('description', ''))}</p>"
        f'<p>The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>{sections}</main></body></html>'
    )


def _sections(document: Document) -> Iterator[str]:
    by_tag: dict[str, list[tuple[str, str, Document]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation.get("tags", ["other"])[0], []).append((method.upper(), path, operation))
    links = "".join(
        f'<li><a href="#{escape(operation["operationId"])}"><code>{method} {escape(path)}</code></a> '
        f"{escape(operation.get('summary', ''))}</li>"
        for operations in by_tag.values()
        for method, path, operation in operations
    )
    yield f'<nav aria-label="Endpoints"><ul>{links}</ul></nav>'
    for tag, operations in by_tag.items():
        yield f"<section><h2>{escape(tag)}</h2>"
        for method, path, operation in operations:
            yield from _operation(document, method, path, operation)
        yield "</section>"


def _operation(document: Document, method: str, path: str, operation: Document) -> Iterator[str]:
    yield f'<article><h3 id="{escape(operation["operationId"])}"><code>{method} {escape(path)}</code></h3>'
    yield f"<p>{escape(operation.get('summary', ''))}</p>"
    if operation.get("parameters"):
        rows = [(one["name"], _type(document, one.get("schema", {})), _about(one)) for one in operation["parameters"]]
        yield _table("Parameters", rows)
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content.get("schema", {})
        example = _example(document, content)
        yield f"<pre>{escape(_curl(method, path, media, example))}</pre>"
        yield _table(f"Body ({media})", _fields(document, schema))
    for status, answer in operation["responses"].items():
        for media, content in answer.get("content", {}).items():
            if media.startswith("application/problem"):
                yield f"<p><strong>{status}</strong> {escape(answer['description'])}</p>"
                continue
            shown = _example(document, content)
            if shown is not None:
                yield f"<details><summary>{status}: an answer</summary><pre>{escape(_json(shown))}</pre></details>"
            yield _table(f"{status}: {answer['description']}", _fields(document, content.get("schema", {})))
    yield "</article>"


def _table(caption: str, rows: list[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f'<tr><th scope="row"><code>{escape(name)}</code></th><td>{escape(kind)}</td><td>{escape(text)}</td></tr>'
        for name, kind, text in rows
    )
    head = '<tr><th scope="col">name</th><th scope="col">type</th><th scope="col">what it is</th></tr>'
    return f"<table><caption>{escape(caption)}</caption><thead>{head}</thead><tbody>{cells}</tbody></table>"


def _fields(document: Document, schema: Any) -> list[tuple[str, str, str]]:
    """Name, type and meaning of each field. What one or many of may be sent is shown once."""
    shown: list[Document] = []

    def fields(schema: Any, prefix: str) -> Iterator[tuple[str, str, str]]:
        schema = _resolved(document, schema)
        for choice in _choices(schema):
            yield from fields(choice, prefix)
        if "items" in schema:
            yield from fields(schema["items"], f"{prefix.removesuffix('.')}[].")
        properties = schema.get("properties", {})
        if any(properties.items() <= before.items() for before in shown):
            return
        shown.append(properties)
        for name, inner in properties.items():
            found = _resolved(document, inner)
            kind = _type(document, found) + ("" if name in schema.get("required", ()) else ", optional")
            yield f"{prefix}{name}", kind, _about(inner) or _about(found)
            yield from fields(found, f"{prefix}{name}.")

    return list(fields(schema, ""))


def _choices(schema: Document) -> list[Any]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _resolved(document: Document, schema: Any) -> Document:
    while isinstance(schema, Mapping) and "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema if isinstance(schema, Mapping) else {}


def _type(document: Document, schema: Any) -> str:
    schema = _resolved(document, schema)
    if _choices(schema):
        return " or ".join(dict.fromkeys(_type(document, choice) for choice in _choices(schema)))
    if "const" in schema or "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _about(part: Any) -> str:
    schema = part.get("schema", part)
    names = ("default",) if "description" in part else ("minimum", "maximum", "maxLength", "default")
    bounds = ", ".join(f"{name} {json.dumps(schema[name])}" for name in names if name in schema)
    return " ".join(text for text in (part.get("description", ""), bounds and f"({bounds})") if text)


def _example(document: Document, content: Document) -> Any:
    schema = _resolved(document, content.get("schema", {}))
    given = [content.get("example"), *schema.get("examples", ())]
    return next((one for one in given if one is not None), None)


def _curl(method: str, path: str, media: str, example: Any) -> str:
    data = "" if example is None else f" -d {quote(json.dumps(example))}"
    line = f"curl -X {method} http://127.0.0.1:8000{path} -H 'Content-Type: {media}'{data}"
    return line if len(line) <= _LONGEST_EXAMPLE else f"{line[:_LONGEST_EXAMPLE]} ..."


def _json(value: Any) -> str:
    text = json.dumps(value, indent=2)
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[:_LONGEST_EXAMPLE]}\n..."
