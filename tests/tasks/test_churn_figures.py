"""Churn figures by hand, the users in order with what drives their scores, and what a day knew of itself."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from trained_project import TARGET as BREAKOUT

from features.target import Kind, Target
from models.baselines import BaseRate
from models.calibration import CalibratedModel, PlattCalibrator
from models.classifiers import FAMILIES
from models.contributions import LOG_ODDS, contributions
from models.expected_number import ExpectedNumber
from models.preprocessing import Columns
from refrain.errors import InputError, UsageError
from refrain.settings import Frozen
from tasks.churn_figures import (
    AskedModel,
    DayOfUsers,
    ServedModel,
    churn_figures,
    default_threshold,
    explained,
    load_champion,
    read_users,
)
from tasks.versions import champion

DAY = date(2024, 3, 31)
COLUMNS = ("sessions", "silence", "pauses")


def target(name: str, **more: Any) -> Target:
    return Target(
        name=name,
        question="?",
        datasets=("events",),
        entity=("user_id",),
        cluster=("user_id",),
        numeric=COLUMNS,
        categorical=(),
        text=(),
        required=(),
        baselines=(),
        headline="average_precision",
        settings_type=Frozen,
        rows=lambda frames, settings: frames["events"],
        **more,
    )


CHURN = target("audience.churn")
REASON = target("audience.churn_reason", kind=Kind.CLASS, classes=("price", "quality"))


class SaysColumn:
    """A churn model whose probability is one column, and which may know the number."""

    def __init__(self, column: str = "silence", number: Any = None) -> None:
        self.column, self.expected_number = column, number

    def predict_proba(self, rows: pd.DataFrame) -> Any:
        ones = rows[self.column].to_numpy()
        return np.column_stack([1 - ones, ones])


class SaysReasons:
    """A reason model: price is as likely as `pauses` says."""

    def answers(self, rows: pd.DataFrame) -> Any:
        price = rows["pauses"].to_numpy()
        return np.column_stack([price, 1 - price, price < 0.5])


def asked(wanted: Target, model: Any) -> AskedModel:
    served = ServedModel(
        target=wanted.name, name="some", family="logistic", version=3, is_baseline=False, learned_until=None
    )
    return AskedModel(wanted, served, model)


def day(rows: dict[str, list[Any]], base_rate: float | None = 0.25) -> DayOfUsers:
    frame = pd.DataFrame({"sessions": 1, "pauses": 0.5, "as_of": DAY, **rows})
    return DayOfUsers(DAY, frame, base_rate)


USERS = day({"user_id": ["b", "a", "c", "d"], "silence": [0.8, 0.8, 0.1, 0.5], "pauses": [0.9, 0.2, 0.5, 0.4]})


def test_the_figures_are_those_made_by_hand():
    figures, users = churn_figures(USERS, asked(CHURN, SaysColumn()), asked(REASON, SaysReasons()))
    assert figures.threshold == pytest.approx(0.4)  # odds of 1 to 3, doubled
    assert (figures.users, figures.likely, figures.share_likely) == (4, 3, 0.75)
    assert figures.expected.number == pytest.approx(2.2)
    price = (0.8 * 0.9 + 0.8 * 0.2 + 0.5 * 0.4) / 2.1
    assert figures.reasons == {"price": pytest.approx(price), "quality": pytest.approx(1 - price)}
    assert list(users["user_id"]) == ["a", "b", "d", "c"]
    assert list(users["likely"]) == [1, 1, 1, 0]
    assert list(users["reason"].fillna("")) == ["quality", "price", "quality", ""]
    assert list(users["reason_price"][:3]) == [0.2, 0.9, 0.4]
    assert np.isnan(users["reason_price"].iloc[3])


def test_a_threshold_may_be_named_and_is_reached_by_what_equals_it():
    figures, users = churn_figures(USERS, asked(CHURN, SaysColumn()), None, threshold=0.8)
    assert (figures.likely, figures.reasons, figures.reason_model) == (2, None, None)
    assert "reason" not in users


def test_nobody_likely_has_no_reasons():
    figures, users = churn_figures(USERS, asked(CHURN, SaysColumn()), asked(REASON, SaysReasons()), threshold=0.9)
    assert (figures.likely, figures.reasons) == (0, None)
    assert users["reason"].isna().all()


@pytest.mark.parametrize(
    ("base_rate", "threshold"), [(0.1, 0.2 / 1.1), (0.6, 0.75), (0.0, 0.0), (1.0, 1.0), (None, 0.5)]
)
def test_the_usual_threshold_doubles_the_odds(base_rate, threshold):
    assert default_threshold(base_rate) == pytest.approx(threshold)


def test_the_expected_number_has_the_intervals_that_its_model_learned():
    number = ExpectedNumber().fit(np.tile(0.5, 400), np.tile([0, 1], 200), np.repeat(np.arange(20), 20))
    figures, _ = churn_figures(USERS, asked(CHURN, SaysColumn(number=number)), None)
    said = figures.expected
    assert said.low_95 is not None
    assert said.low_80 is not None
    assert 0 <= said.low_95 <= said.low_80 <= said.number <= said.high_80 <= said.high_95 <= 4
    assert churn_figures(USERS, asked(CHURN, SaysColumn()), None)[0].expected.low_80 is None


def fitted() -> tuple[AskedModel, DayOfUsers]:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({name: rng.normal(size=300) for name in COLUMNS})
    labels = (rng.random(300) < 1 / (1 + np.exp(-2 * rows["silence"] + rows["sessions"]))).astype(int)
    family = FAMILIES.candidates["logistic"]
    model, _ = family.fit(Columns(COLUMNS, (), ()), family.defaults, (rows, labels.to_numpy()), 0, None)
    scores = model.predict_proba(rows)[:, 1]
    frame = rows.assign(user_id=[f"u{number:03}" for number in range(300)], as_of=DAY)
    return asked(CHURN, CalibratedModel(model, PlattCalibrator().fit(scores, labels))), DayOfUsers(DAY, frame, 0.5)


def test_each_user_has_the_features_that_move_the_score_most_with_their_sign():
    model, users = fitted()
    _, ordered = churn_figures(users, model, None)
    table, scale = explained(ordered.head(40), users, model)
    table = table.set_index("user_id")
    assert scale == LOG_ODDS
    given = contributions(model.model, users.rows[list(COLUMNS)])
    for place, name in enumerate(users.rows["user_id"]):
        if name not in table.index:
            continue
        by_size = sorted(zip(np.abs(given.values[place]), given.features, given.values[place], strict=True))[::-1]
        for rank in (1, 2, 3):
            assert table.loc[name, f"driver_{rank}"] == by_size[rank - 1][1]
            assert table.loc[name, f"effect_{rank}"] == pytest.approx(by_size[rank - 1][2])
    likeliest = table.iloc[0]
    assert (likeliest["driver_1"], likeliest["effect_1"] > 0) == ("silence", True)


def write_snapshot(path: Path) -> Path:
    days = [date(2024, 3, 17), date(2024, 3, 24), DAY]
    rows = [
        {"user_id": f"u{user}", "as_of": as_of, "label_known_at": known, "sessions": user, "label": label}
        for as_of, known, labels in zip(
            days,
            [date(2024, 3, 24), date(2024, 4, 7), date(2024, 4, 14)],
            [(1, 0, 0, 0), (1, 1, 1, 0), (None, None, None, None)],
            strict=True,
        )
        for user, label in enumerate(labels)
    ]
    pd.DataFrame(rows).to_parquet(path)
    return path


def test_a_day_knows_the_base_rate_of_what_had_come_by_then(tmp_path):
    path = write_snapshot(tmp_path / "churn.parquet")
    newest = read_users(path, None)
    assert (newest.as_of, len(newest.rows), newest.base_rate) == (DAY, 4, 0.25)
    assert read_users(path, date(2024, 3, 17)).base_rate is None
    assert set(read_users(path, date(2024, 3, 24)).rows["as_of"]) == {date(2024, 3, 24)}


def test_a_day_or_a_snapshot_that_is_not_there_is_told(tmp_path):
    path = write_snapshot(tmp_path / "churn.parquet")
    with pytest.raises(UsageError, match=r"2024-03-20; they are of 2024-03-17 to 2024-03-31.*2024-03-17, 2024-03-24"):
        read_users(path, date(2024, 3, 20))
    with pytest.raises(InputError, match="Run `refrain run audience`"):
        read_users(tmp_path / "none.parquet", None)


def test_the_champion_is_asked(registered):
    store = registered[1]
    found = load_champion(store, BREAKOUT)
    served = champion(store, BREAKOUT.name)
    assert (found.served.name, found.served.version) == (served.name, served.version)
    assert not found.served.is_baseline
    assert str(found.served.learned_until) == served.tags["learned_until"]
    assert hasattr(found.model, "predict_proba")


def test_a_baseline_that_knows_no_feature_is_driven_by_none():
    rate = BaseRate().fit(pd.DataFrame(), np.array([1, 0, 0, 0]))
    _, users = churn_figures(USERS, asked(CHURN, rate), None)
    table, _ = explained(users, USERS, asked(CHURN, rate))
    assert table[["driver_1", "effect_1", "driver_3", "effect_3"]].isna().all(axis=None)
