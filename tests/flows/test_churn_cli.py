"""`refrain churn` over a snapshot and models that stand for the champions."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from features.registry import all_targets
from flows import churn as flow
from flows.cli import app
from models.baselines import BaseRate, ColumnScore
from models.class_baselines import ClassShares
from refrain.errors import ModelError, UsageError
from tasks.churn_figures import AskedModel, ServedModel

# Targets of any kind will do: the figures know nothing of what the columns mean.
CHURN = replace(
    all_targets()["breakout.core"], name=flow.CHURN, numeric=("silence", "sessions"), categorical=(), text=()
)
REASON = replace(CHURN, name=flow.REASON, kind="class", classes=("price", "other"))
NEWEST = date(2024, 3, 31)


def rows():
    frame = pd.DataFrame({"silence": np.arange(40.0), "sessions": 1.0})
    older = frame.assign(as_of=date(2024, 3, 3), label_known_at=date(2024, 3, 17), label=(frame["silence"] > 29) * 1.0)
    newer = frame.assign(as_of=NEWEST, label_known_at=date(2024, 4, 14), label=np.nan)
    both = pd.concat([older, newer], ignore_index=True)
    return both.assign(user_id=[f"[u{number:02}]" for number in range(40)] * 2)


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text("{sources: {}, datasets: {}, targets: {}}")
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "data" / "snapshots").mkdir(parents=True)
    rows().to_parquet(tmp_path / "data" / "snapshots" / "audience.churn.parquet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(flow, "find_target", {flow.CHURN: CHURN, flow.REASON: REASON}.__getitem__)
    return tmp_path


def serve(monkeypatch, churn, reason, is_baseline=False):
    models = {flow.CHURN: churn, flow.REASON: reason}

    def load(store, target):
        if models[target.name] is None:
            raise ModelError(f"{target.name} has no champion yet.", hint="Run `refrain run audience` first.")
        served = ServedModel(
            target=target.name,
            name="some",
            family="f",
            version=7,
            is_baseline=is_baseline,
            learned_until=date(2024, 3, 10),
        )
        return AskedModel(target, served, models[target.name])

    monkeypatch.setattr(flow, "load_champion", load)


def by_silence():
    frame = rows().query("label == label")
    return ColumnScore("silence").fit(frame, frame["label"].astype(int).to_numpy())


def refrain(*words):
    return CliRunner().invoke(app, ["churn", *words], catch_exceptions=False)


def test_the_newest_users_are_asked_and_the_whole_table_written(project, monkeypatch):
    serve(monkeypatch, by_silence(), ClassShares(2).fit(pd.DataFrame(), np.array([0, 0, 0, 1])))
    said = json.loads(refrain("--json", "-o", "users.csv").stdout)
    assert (said["as_of"], said["users"], said["base_rate"], said["threshold"]) == ("2024-03-31", 40, 0.25, 0.4)
    assert said["reasons"] == {"price": pytest.approx(0.75), "other": pytest.approx(0.25)}
    table = pd.read_csv(project / "users.csv")
    assert len(table) == 40
    assert table["likely"].sum() == said["likely"] > 0
    assert table["probability"].is_monotonic_decreasing
    assert (table["user_id"][0], table["driver_1"][0], table["effect_1"][0] > 0) == ("[u39]", "silence", True)
    assert list(table["reason"].notna()) == list(table["likely"] == 1)
    assert said["first_users"][0]["user_id"] == "[u39]"
    assert len(said["first_users"]) == 10


def test_it_is_said_in_sentences_and_users_are_called_as_they_are(project, monkeypatch):
    serve(monkeypatch, by_silence(), None)
    said = refrain("--threshold", "0.5").stdout
    assert "probability of 0.50 or more; 25.0% left before" in said
    assert "No reasons: audience.churn_reason has no champion yet. Run `refrain run audience` first." in said
    assert "[u39]" in said
    assert "silence +" in said
    assert "no test of it" not in said


def test_a_baseline_is_called_one(project, monkeypatch):
    rate = BaseRate().fit(pd.DataFrame(), np.array([1, 0, 0, 0]))
    serve(monkeypatch, rate, None, is_baseline=True)
    said = refrain("--at", "2024-03-03").stdout
    assert "as the baseline some v7 says" in said
    assert "learned from days up to 2024-03-10: this day is no test of it" in said
    assert "This is the baseline: no model has beaten it yet" in said
    assert "Expected to leave: 10 (25.0%); this model knows no interval" in said


def test_what_cannot_be_answered_is_said(project, monkeypatch):
    serve(monkeypatch, None, None)
    with pytest.raises(ModelError, match=r"audience\.churn has no champion yet\. Run `refrain run audience` first"):
        refrain()
    with pytest.raises(UsageError, match=r"--threshold 2\.0 is no probability"):
        refrain("--threshold", "2")
    serve(monkeypatch, by_silence(), None)
    with pytest.raises(UsageError, match="has no rows of 2024-03-10"):
        refrain("--at", "2024-03-10")
