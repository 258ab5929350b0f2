"""The OpenAPI document: committed, complete, and sound."""

import json
from html.parser import HTMLParser

import pytest
from jsonschema import Draft202012Validator

from serving.openapi import COMMAND, FILE, differences
from serving.web.docs_page import docs_page

METHODS = {"get", "post"}
ISSUE = {
    ("post", "/oneweek/predict"),
    ("post", "/threeweek/predict"),
    ("post", "/hit/predict"),
    ("post", "/catalogue/forecast"),
    ("post", "/audience/churn/predict"),
    ("get", "/audience/churn/summary"),
    ("get", "/audience/hourly"),
    ("get", "/audience/activity"),
    ("post", "/breakout/predict"),
    ("post", "/register-user"),
    ("post", "/log-event"),
    ("post", "/log-events"),
    ("get", "/models"),
    ("get", "/models/{target}"),
    ("get", "/health"),
    ("get", "/ready"),
    ("get", "/metrics"),
}


@pytest.fixture(scope="module")
def document():
    return json.loads(FILE.read_text(encoding="utf-8"))


def _operations(document):
    return {(method, path): one for path, item in document["paths"].items() for method, one in item.items()}


def test_the_committed_document_is_that_of_the_api():
    found = differences()
    assert not found, f"docs/openapi.json is not up to date. Run `{COMMAND}`, and look at what changed:\n{found}"


def test_every_endpoint_is_in_it(document):
    assert set(_operations(document)) >= ISSUE


def _schemas(document):
    yield from document["components"]["schemas"].values()
    for operation in _operations(document).values():
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for content in part.get("content", {}).values():
                yield content.get("schema", {})
        for parameter in operation.get("parameters", ()):
            yield parameter["schema"]


def test_every_schema_is_one_and_finds_what_it_refers_to(document):
    def require(part):
        if isinstance(part, dict):
            assert "$defs" not in part
            if isinstance(part.get("$ref"), str):
                assert part["$ref"].removeprefix("#/components/schemas/") in document["components"]["schemas"]
            for inner in part.values():
                require(inner)
        elif isinstance(part, list):
            for inner in part:
                require(inner)

    for schema in _schemas(document):
        Draft202012Validator.check_schema(schema)
        require(schema)


def test_every_operation_says_who_it_is_and_what_may_go_wrong(document):
    operations = _operations(document)
    assert len({one["operationId"] for one in operations.values()}) == len(operations)
    for (_, path), one in operations.items():
        assert one["summary"]
        assert one["tags"]
        assert ("401" in one["responses"]) == ("security" in one) == (path not in ("/health", "/ready"))
        assert ("415" in one["responses"]) <= ("requestBody" in one)
        for status, answer in one["responses"].items():
            assert answer["description"]
            problem = "application/problem+json" in answer.get("content", {})
            assert problem == (int(status) >= 400)


def test_every_answer_has_a_schema_with_fields(document):
    for (_, path), one in _operations(document).items():
        if path in ("/metrics", "/audience/activity") or one["tags"] == ["collecting"]:
            continue
        schema = one["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema, path


class _Page(HTMLParser):
    """Which elements are open, and what a page fetches."""

    def __init__(self):
        super().__init__()
        self.open, self.fetched, self.ids, self.links = [], [], set(), set()

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag in ("script", "link", "img", "iframe") or "src" in found:
            self.fetched.append(tag)
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "a" and found["href"].startswith("#"):
            self.links.add(found["href"][1:])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_shows_every_operation_and_fetches_nothing(document):
    text = docs_page(document)
    page = _Page()
    page.feed(text)
    assert (page.open, page.fetched) == ([], [])
    assert page.links == page.ids == {one["operationId"] for one in _operations(document).values()}
    assert "curl -X POST http://127.0.0.1:8000/hit/predict" in text


def test_the_page_shows_signs_as_what_they_are():
    operation = {
        "operationId": "a<b",
        "summary": "<script>alert(1)</script>",
        "parameters": [{"name": "<i>", "schema": {"type": "string"}, "description": "<b>"}],
        "requestBody": {"content": {"application/json": {"schema": {"properties": {"<u>": {"description": "<p>"}}}}}},
        "responses": {"200": {"description": "<h1>", "content": {"application/json": {"example": {"<a>": "</pre>"}}}}},
    }
    info = {"title": "<em>", "version": "1", "description": "<s>"}
    page = _Page()
    page.feed(docs_page({"info": info, "paths": {"/<x>": {"post": operation}}, "components": {"schemas": {}}}))
    assert (page.open, page.fetched) == ([], [])


def test_the_page_and_the_document_are_served(client):
    served = client.get("/openapi.json")
    assert served.json() == json.loads(FILE.read_text(encoding="utf-8"))
    page = client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "/hit/predict" in page.text
