"""Requests that are generated from the OpenAPI document: none of them is the server's fault, and each answer is one
that the document speaks of. A sample: benchmarks/serving_cases.py asks 20,000 times.
"""

import json

import pytest

from benchmarks.asgi_client import asgi_client
from benchmarks.generated_cases import ask_generated, operations
from serving.api import api
from serving.openapi import FILE

DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))
CASES = 40


@pytest.fixture(scope="module")
def asked(small_parts):
    with asgi_client(api(small_parts())) as found:
        yield found


@pytest.mark.parametrize("operation", operations(DOCUMENT))
def test_generated_requests_are_answered_as_documented(asked, operation):
    statuses = ask_generated(asked, DOCUMENT, operation, CASES, seed=5)
    assert sum(statuses.values()) >= 1
