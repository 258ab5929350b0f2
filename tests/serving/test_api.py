"""The whole API behind its door: what is there for every path."""

import json

import pytest
from starlette.testclient import TestClient

from refrain.settings import ServingSettings
from serving.api import api

ORIGIN = "https://pages.example"


def _problem(response, status):
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    return response.json()


@pytest.mark.parametrize("path", ["/hit/predict", "/log-event", "/catalogue/forecast", "/register-user"])
def test_a_method_that_a_path_does_not_take_is_said_with_those_it_takes(client, path):
    answer = client.get(path)
    assert (_problem(answer, 405)["detail"], answer.headers["allow"]) == ("This path takes POST.", "POST")
    answer = client.options(path)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "POST", b"")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/health", "/models"])
def test_what_is_read_is_read_by_get_and_head_alone(client, path):
    assert client.get(path).status_code == 200
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    answer = client.post(path, json={})
    assert (_problem(answer, 405)["status"], answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("path", ["/", "/nowhere", "/hit/predict/", "/models/", "/models/a/b", "//health"])
def test_a_path_that_is_not_there_is_said_and_nobody_is_sent_elsewhere(client, path):
    assert _problem(client.get(f"http://testserver{path}"), 404)["detail"] == "Not Found."


def test_the_collector_is_there(client):
    answer = client.post("/register-show", json={"show_id": "s1", "title": "A"})
    assert (answer.status_code, answer.json()["status"]) == (201, "stored")
    assert "refrain_collector_waiting 0.0" in client.get("/metrics").text


def test_figures_name_every_target_and_what_answers(client, small_registry):
    body = {"danceability": 0.5, "energy": 0.5, "valence": 0.5, "tempo": 120}
    version = client.post("/hit/predict", json=body).json()["model"]["version"]
    figures = client.get("/metrics").text
    for target in small_registry.targets:
        assert f'refrain_target_ready{{target="{target}"}} 1.0' in figures
    model = f'refrain_model_info{{family="xgboost",name="xgboost",target="hits.hit",version="{version}"}} 1.0'
    assert model in figures
    assert f'refrain_predicted_rows_total{{target="hits.hit",version="{version}"}}' in figures


def test_pages_of_named_origins_alone_may_read_answers(small_parts):
    with TestClient(api(small_parts(settings=ServingSettings(cors_origins=(ORIGIN,))))) as client:
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-api-key",
        }
        answer = client.options("/hit/predict", headers=asked)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ORIGIN)
        answer = client.post("/hit/predict", json={}, headers={"Origin": ORIGIN})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (422, ORIGIN)
        answer = client.get("/health", headers={"Origin": "https://other.example"})
        assert "access-control-allow-origin" not in answer.headers


def test_the_settings_of_the_api_count(small_parts):
    record = {"danceability": 0.5, "energy": 0.5, "valence": 0.5, "tempo": 120}
    with TestClient(api(small_parts(settings=ServingSettings(max_body_bytes=2_000, max_records=2)))) as client:
        assert len(client.post("/hit/predict", json=[record] * 2).json()["predictions"]) == 2
        assert client.post("/hit/predict", json=[record] * 3).status_code == 422
        _problem(client.post("/hit/predict", content=json.dumps([record] * 40)), 413)
