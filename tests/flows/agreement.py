"""What the API, `refrain predict` and training say of the same rows of a project's test windows."""

import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from starlette.testclient import TestClient

from features.target import AS_OF, Kind, Target
from models.intervals import ANSWER
from refrain.project import Project
from tasks.answers import from_columns
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of
from tasks.score import score
from tasks.tracking import open_store
from tasks.versions import champion

MOST_ROWS = 500
ASKED = {
    "audience.churn": "/audience/churn/predict",
    "audience.churn_reason": "/audience/churn/predict",
    "breakout.core": "/breakout/predict",
    "hits.hit": "/hit/predict",
    "streams.one_week": "/oneweek/predict",
    "streams.three_week": "/threeweek/predict",
}
"""Where records of features are sent."""


def judged_rows(target: Target, project: Project) -> tuple[pd.DataFrame, Answers]:
    """Rows of the test window as the snapshot has them, and what the champion said of them when it was trained.

    Of a target whose rows are asked for one by one, the newest. Of the catalogue and the hours, which are asked for as
    of a day, all of the day that has most.
    """
    said = pd.read_parquet(project.predictions(target.name))
    keys = [*target.entity, AS_OF]
    rows = pd.read_parquet(project.snapshot(target.name)).merge(said[said["window"] == "test"], on=keys)
    if target.name in ASKED:
        rows = rows.sort_values(keys[::-1], ascending=False, kind="stable").head(MOST_ROWS)
    else:
        rows = rows[rows[AS_OF] == rows[AS_OF].value_counts().sort_index(kind="stable").idxmax()]
    name = champion(open_store(project), target.name).name
    return rows, from_columns(rows, name, kind_of(target))


def predicted(target: Target, project: Project, rows: pd.DataFrame, folder: Path, suffix: str) -> Answers:
    """What `refrain predict` writes of rows."""
    given = rows[list(dict.fromkeys((*target.entity, AS_OF, *target.features)))]
    source, destination = folder / f"rows{suffix}", folder / f"scored{suffix}"
    given.to_parquet(source, index=False) if suffix == ".parquet" else given.to_csv(source, index=False)
    score(target, source, destination, open_store(project))
    found = pd.read_parquet(destination) if suffix == ".parquet" else pd.read_csv(destination)
    return _answers(target, [dict(row) for row in found.to_dict("records")])


def answered(target: Target, project: Project, rows: pd.DataFrame, client: TestClient) -> Answers:
    """What the API says of rows: of records of features, of tracks with their counts up to as_of, of the hours ahead of
    as_of.
    """
    if target.name in ASKED:
        return _of_records(target, rows, client)
    ask = _of_histories if target.name == "catalogue.decay" else _of_hours
    return ask(project, rows, client)


def of_users(rows: pd.DataFrame, client: TestClient) -> Answers:
    """What the API says of users at an as_of, whose features it makes itself."""
    (as_of,) = set(rows[AS_OF])
    body = {"user_ids": list(rows["user_id"]), "at": as_of.isoformat()}
    found = _asked(client.post(ASKED["audience.churn"], json=body))
    assert found["as_of"] == as_of.isoformat()
    said = {each["user_id"]: each["probability"] for each in found["predictions"]}
    return np.array([said[user] for user in rows["user_id"]])


def _of_records(target: Target, rows: pd.DataFrame, client: TestClient) -> Answers:
    records = [_record(row) for row in rows[list(target.features)].to_dict("records")]
    body = _asked(client.post(ASKED[target.name], json={"records": records}))["predictions"]
    if target.kind is Kind.CLASS:
        body = [{"class": each["reason"], **_named(each["reasons"])} for each in body]
    if target.kind is Kind.AMOUNT:
        body = [_flat(each) for each in body]
    return _answers(target, body)


def _of_histories(project: Project, rows: pd.DataFrame, client: TestClient) -> Answers:
    as_of: date = rows[AS_OF].iloc[0]
    known = pl.read_csv(project.raw("daily_streams"), try_parse_dates=True).filter(pl.col("date") <= as_of)
    facts = _released(pl.read_csv(project.raw("tracks"), try_parse_dates=True))
    mldr = dict(zip(rows["track_id"], rows["mldr"], strict=True))
    tracks = []
    for (track,), counts in known.sort("date").group_by("track_id", maintain_order=True):
        of = facts.row(by_predicate=pl.col("track_id") == track, named=True)
        days = dict(counts.select("date", "streams").iter_rows())
        first, last = min(days), max(days)
        daily = [days.get(day) for day in pl.date_range(first, last, eager=True)]
        one = {"track_id": track, "artist_id": of["artist_id"], "first_day": first.isoformat(), "daily": daily}
        if of["release_date"] <= as_of:
            one["release_date"] = min(of["latest"], first).isoformat()
        tracks.append(one | {"mldr": _plain(mldr.get(track))})
    months = int(rows["month_ahead"].max())
    body = {"tracks": tracks, "as_of": as_of.isoformat(), "months": months}
    forecasts = {
        each["track_id"]: each for each in _asked(client.post("/catalogue/forecast", json=body))["predictions"]
    }
    found = []
    for track, month in zip(rows["track_id"], rows["month_ahead"].astype(int), strict=True):
        each, place = forecasts[track], month - 1
        found.append([each["prediction"][place], *each["interval_80"][place], *each["interval_95"][place]])
    return np.array(found)


def _released(tracks: pl.DataFrame) -> pl.DataFrame:
    """With the latest day that a release date can mean: of some only the month or the year is known."""
    written = pl.col("release_date")
    latest = {"month": written.dt.month_end(), "year": written.dt.offset_by("11mo").dt.month_end()}
    if "release_precision" not in tracks.columns:
        return tracks.with_columns(latest=written)
    known = pl.col("release_precision")
    return tracks.with_columns(
        latest=pl.when(known == "month")
        .then(latest["month"])
        .when(known == "year")
        .then(latest["year"])
        .otherwise(written)
    )


def _of_hours(project: Project, rows: pd.DataFrame, client: TestClient) -> Answers:
    as_of: date = rows[AS_OF].iloc[0]
    hours = _asked(client.get("/audience/hourly", params={"at": as_of.isoformat()}))
    assert hours["as_of"] == as_of.isoformat()
    said = {hour["hour"]: _flat(hour) for hour in hours["hours"]}
    asked = [f"{hour:%Y-%m-%dT%H:%M:%SZ}" for hour in rows["hour"]]
    return np.array([[said[hour][name] for name in ANSWER] for hour in asked])


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """As JSON has it: a missing value is null."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return None
    return value.item() if isinstance(value, np.generic) else value


def _flat(said: Mapping[str, Any]) -> dict[str, float]:
    bounds = [*said["interval_80"], *said["interval_95"]]
    return dict(zip(ANSWER, [said["prediction"], *bounds], strict=True))


def _named(reasons: Mapping[str, float]) -> dict[str, float]:
    return {f"probability {name}": chance for name, chance in reasons.items()}


def _answers(target: Target, rows: list[dict[str, Any]]) -> Answers:
    """Answers by their columns -> as tasks.kinds has them."""
    if target.kind is Kind.CHANCE:
        return np.array([row["probability"] for row in rows])
    if target.kind is Kind.AMOUNT:
        return np.array([[row[name] for name in ANSWER] for row in rows])
    chances = [[row[f"probability {name}"] for name in target.classes] for row in rows]
    return np.column_stack([chances, [target.classes.index(row["class"]) for row in rows]])


def _asked(response: Any) -> Any:
    assert response.status_code == 200, response.text[:2000]
    return response.json()
