"""What the API answers is what its prediction log holds, request by request."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from features.registry import find_target
from refrain.settings import PredictionLogSettings
from serving.api import Parts, api
from tasks.prediction_log.log import PredictionLog
from tasks.prediction_log.reading import read_predictions

HIT = {"danceability": 0.7, "energy": 0.6, "valence": 0.5, "tempo": 120.0}
WEEK = {"popularity": 62, "days_since_release": 40, **{f"day_{day}": 5210 - 40 * day for day in range(7)}}
MONTH = {"month": "2024-07", "share_t": 0.01}
BREAKOUTS = [MONTH | {"artist_name": f"artist {number}", "plays_t": 5 + number} for number in range(3)]
USERS = [{"user_id": f"U{number}", "sessions_28": 4 + number, "days_since_last": 3} for number in range(2)]
TRACK = {"track_id": "t1", "first_day": "2024-01-01", "daily": [100 + day % 7 for day in range(200)], "months": 3}


@pytest.fixture
def logged(small_parts: Callable[..., Parts], tmp_path: Path) -> Callable[..., Any]:
    """Sends requests to an API with a log, ends it, and gives the answers and the log's file."""

    def send(*requests: tuple[str, Any], share: float = 1.0) -> tuple[list[Any], Path]:
        path = tmp_path / "predictions.db"
        log = PredictionLog(path, PredictionLogSettings(share=share))
        with TestClient(api(small_parts(predictions=log))) as client:
            answers = []
            for number, (where, body) in enumerate(requests):
                response = client.post(where, json=body, headers={"X-Request-ID": f"request-{number}"})
                assert response.status_code == 200, response.text
                answers.append(response.json())
        return answers, path

    return send


def test_a_record_is_kept_with_its_answer_its_model_and_what_was_sent(logged):
    (answer,), path = logged(("/hit/predict", HIT))
    (row,) = read_predictions(path, "hits.hit").to_dict("records")
    assert row["probability"] == answer["probability"]
    assert (row["name"], row["version"]) == (answer["model"]["name"], answer["model"]["version"])
    assert (row["request_id"], row["record"]) == ("request-0", 1)
    assert {name: row[name] for name in HIT} == HIT
    assert row["loudness"] is None or row["loudness"] != row["loudness"]


def test_each_record_of_a_request_is_kept_in_its_place(logged):
    (answer,), path = logged(("/breakout/predict", {"records": BREAKOUTS}))
    rows = read_predictions(path, "breakout.core")
    assert list(rows["record"]) == [1, 2, 3]
    assert list(rows["probability"]) == [each["probability"] for each in answer["predictions"]]
    assert list(rows["plays_t"]) == [5, 6, 7]
    assert {"artist 0", "2024-07"} <= set(map(str, rows.iloc[0]))


def test_amounts_classes_and_forecasts_are_kept_too(logged):
    answers, path = logged(
        ("/oneweek/predict", WEEK), ("/audience/churn/predict", {"records": USERS}), ("/catalogue/forecast", TRACK)
    )
    week = read_predictions(path, "streams.one_week").iloc[0]
    assert [week["prediction"], week["low_80"], week["high_80"]] == [
        answers[0]["prediction"],
        *answers[0]["interval_80"],
    ]
    churn, reasons = (read_predictions(path, name) for name in ("audience.churn", "audience.churn_reason"))
    assert list(churn["probability"]) == [each["probability"] for each in answers[1]["predictions"]]
    assert list(reasons["class"]) == [each["reason"] for each in answers[1]["predictions"]]
    assert list(churn["user_id"]) == list(reasons["user_id"]) == ["U0", "U1"]
    months = read_predictions(path, "catalogue.decay").sort_values("month_ahead")
    assert list(months["prediction"]) == answers[2]["prediction"]
    assert list(months["month_ahead"]) == [1, 2, 3]
    assert set(months["track_id"]) == {"t1"}
    assert find_target("catalogue.decay").entity == ("track_id", "month_ahead")


def test_what_is_not_drawn_is_not_kept(logged):
    _, path = logged(("/hit/predict", HIT), share=0.0)
    assert len(read_predictions(path, "hits.hit")) == 0


def test_what_is_refused_is_not_kept(small_parts, tmp_path):
    log = PredictionLog(tmp_path / "predictions.db", PredictionLogSettings())
    with TestClient(api(small_parts(predictions=log))) as client:
        assert client.post("/hit/predict", json=HIT | {"energy": "much"}).status_code == 422
    assert (log.written, log.dropped) == (0, 0)
