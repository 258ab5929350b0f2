"""Models of streams and of users an hour, asked with arrays: amounts, intervals and refusals are the stored ones'."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compiled_agreement import CLOSE, assert_agree, compiled_form
from hypothesis import given, settings
from hypothesis import strategies as st

from features.registry import all_targets
from models.amounts import ColumnAmount
from models.compiled.compiling import Compiled, compiled
from models.compiled.rows import Rows
from models.conformal_model import ConformalModel
from models.decay.classic import ClassicDecay
from models.families import family_set, fit_family
from models.family import FamilySet
from models.intervals import RelativeConformal
from models.preprocessing import Columns
from models.streams.cleaning import CleanWindow, Described
from refrain.audience_hours import COLUMNS as OF_HOUR
from refrain.audience_hours import DAY_OF_WEEK, RATIOS
from refrain.stream_weeks import CATALOGUE_DAYS, SOCIALS, days_back
from tasks.kinds.amounts import Amounts

COLUMNS = {
    days: Columns(all_targets()[f"streams.{name}"].numeric) for days, name in ((7, "one_week"), (21, "three_week"))
}
STREAMS: FamilySet = family_set("models.streams.families")
HOURLY: FamilySet = family_set("models.hourly.families")
SMALL = {"n_estimators": 15, "max_depth": 3}
CANDIDATES: dict[str, tuple[str, int, dict[str, Any]]] = {
    "ridge": ("ridge", 7, {"knots": 0}),
    "ridge with bends": ("ridge", 7, {"knots": 2, "context": "catalogue"}),
    "ridge of components": ("ridge", 21, {"knots": 1, "components": 20}),
    "lasso": ("lasso", 7, {"alpha": 0.01, "socials": False}),
    "svm": ("svm", 21, {"context": "track"}),
    "forest": ("forest", 7, {"n_estimators": 12}),
    "xgboost": ("xgboost", 21, SMALL),
    "blend": ("blend", 7, SMALL),
}
COUNTS = st.sampled_from([0, 1, 5, 1e6, 1e30, 1e31, 1e300, np.nan, np.inf, -np.inf, -3]) | st.integers(0, 10**7)
CONTEXT = st.sampled_from([np.nan, 0.0, 1.0, 4.0, -1.0, 0.5, 1e30, -1e300, 1e300, np.inf]) | st.floats(-10, 1000)


def examples(days: int, rows: int = 500, seed: int = 0) -> tuple[pd.DataFrame, Any]:
    """Tracks that fall or rise, with gaps, and something known of each of their surroundings."""
    generator = np.random.default_rng(seed)
    level, rate = 10 ** generator.uniform(1, 6, rows), generator.normal(-0.01, 0.03, rows)
    counts = np.round(
        level[:, None] * np.exp(-rate[:, None] * np.arange(days) + generator.normal(0, 0.1, (rows, days)))
    )
    frame = pd.DataFrame(np.where(generator.random(counts.shape) < 0.05, np.nan, counts), columns=list(days_back(days)))
    some = {
        "weekday": generator.integers(1, 8, rows),
        "days_since_release": generator.integers(0, 900, rows),
        "days_since_first_count": generator.integers(0, 400, rows),
        "highest_day": counts.max(axis=1) * generator.uniform(1, 3, rows),
        "popularity": generator.integers(0, 101, rows),
        "catalogue_ratio": generator.normal(1, 0.05, rows),
        "cutoff": np.full(rows, 50.0),
        **{name: generator.normal(1, 0.2, rows) for name in CATALOGUE_DAYS},
        **{name: generator.lognormal(3, 1, rows) for name in SOCIALS},
    }
    for name, values in some.items():
        frame[name] = np.where(generator.random(rows) < 0.2, np.nan, values)
    return frame, np.round(level * 7 * np.exp(5 * rate))


def bounded(estimator: Any, frame: pd.DataFrame, label: Any, columns: tuple[str, ...]) -> ConformalModel:
    edges = ((28.0, 90.0), (1000.0, 50_000.0))[: len(columns)]
    return ConformalModel(estimator, RelativeConformal(columns, edges).fit(estimator.predict(frame), label, frame))


@cache
def model(name: str) -> tuple[ConformalModel, Columns]:
    family, days, changed = CANDIDATES[name]
    frame, label = examples(days)
    estimator = fit_family(STREAMS.candidates[family], COLUMNS[days], changed, (frame, label), seed=1)[0]
    return bounded(estimator, frame, label, ("days_since_release", "prediction")), COLUMNS[days]


@pytest.mark.parametrize("name", CANDIDATES)
def test_streams_are_the_estimators_own(name: str) -> None:
    asked, columns = model(name)
    frame = examples(CANDIDATES[name][1], 120, seed=4)[0]
    assert_agree(asked, columns, frame, Amounts())
    assert_agree(asked, columns, frame[list(days_back(CANDIDATES[name][1]))], Amounts())
    assert_agree(asked, columns, frame.dropna(subset=list(days_back(7))), Amounts())
    assert compiled_form(asked, columns).answers(Rows.of_frame(frame[:0], columns)).shape == (0, 5)


@pytest.mark.parametrize("days", [7, 21])
@pytest.mark.parametrize("name", STREAMS.baselines)
def test_baselines_of_streams_are_answered_alike(name: str, days: int) -> None:
    frame, label = examples(days)
    estimator = fit_family(STREAMS.baselines[name], COLUMNS[days], {}, (frame, label), seed=0)[0]
    asked = bounded(estimator, frame, label, ("days_since_release", "prediction"))
    assert_agree(asked, COLUMNS[days], examples(days, 100, 5)[0], Amounts())
    odd = examples(days, 6, 5)[0].assign(catalogue_ratio=[np.nan, np.inf, -np.inf, -2.0, 0.0, 1e30])
    assert_agree(asked, COLUMNS[days], odd, Amounts())
    assert compiled_form(asked, COLUMNS[days]).answers(Rows.of_frame(odd[:0], COLUMNS[days])).shape == (0, 5)


@pytest.mark.parametrize("name", ["ridge", "ridge with bends", "ridge of components", "forest", "blend"])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_odd_tracks_are_answered_or_refused_alike(name: str, data: st.DataObject) -> None:
    asked, columns = model(name)
    days = set(days_back(CANDIDATES[name][1]))
    track = st.fixed_dictionaries({each: COUNTS if each in days else CONTEXT for each in columns.numeric})
    assert_agree(asked, columns, pd.DataFrame(data.draw(st.lists(track, min_size=1, max_size=5))), Amounts(), alone=1)


def test_a_refusal_names_the_row_and_the_day() -> None:
    asked, columns = model("ridge")
    frame = examples(7, 6, seed=6)[0].fillna(5.0)
    negative, short = frame.copy(), frame.copy()
    negative.loc[3, "day_2"] = -4
    short.loc[[1, 4], ["day_0", "day_2", "day_3", "day_5"]] = np.nan
    for odd, said in ((negative, "Row 3: day_2 is -4"), (short, "row 1 has 3, row 4 has 3")):
        assert_agree(asked, columns, odd, Amounts())
        with pytest.raises(Exception, match=said):
            compiled_form(asked, columns).answers(Rows.of_frame(odd, columns))


def test_models_whose_windows_learned_the_same_describe_the_same_rows_once(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, label = examples(7)
    frame = frame.assign(weekday=4.0)
    ridge, described, describe = STREAMS.candidates["ridge"], [], CleanWindow.described

    def learned(alpha: float, first: int) -> Compiled:
        taught = (frame[first:], label[first:])
        found = fit_family(ridge, COLUMNS[7], {"alpha": alpha}, taught, seed=1)[0]
        return compiled_form(bounded(found, frame, label, ()), COLUMNS[7])

    def counted(window: CleanWindow, rows: Rows) -> Described:
        described.append(window)
        return describe(window, rows)

    asked = [learned(1.0, 0), learned(50.0, 0), learned(1.0, 250)]
    alone = [each.answers(Rows.of_frame(frame, COLUMNS[7])) for each in asked]
    monkeypatch.setattr(CleanWindow, "described", counted)
    rows = Rows.of_frame(frame, COLUMNS[7])
    for each, expected in zip(asked, alone, strict=True):
        np.testing.assert_allclose(each.answers(rows), expected, rtol=CLOSE)
    assert len(described) == 2


@pytest.mark.parametrize("family", HOURLY.candidates)
def test_users_of_an_hour_are_the_estimators_own(family: str) -> None:
    frame, label = hours()
    known = {name: value for name, value in SMALL.items() if name in HOURLY.candidates[family].defaults}
    estimator = fit_family(HOURLY.candidates[family], Columns(OF_HOUR), known, (frame, label), seed=1)[0]
    asked = bounded(estimator, frame, label, ("hours_ahead",))
    assert_agree(asked, Columns(OF_HOUR), hours(2)[0], Amounts())


def test_a_column_as_it_stands_is_answered_alike() -> None:
    frame, label = hours()
    asked = bounded(ColumnAmount("usual").fit(frame, label), frame, label, ("hours_ahead",))
    odd = hours(3)[0].assign(usual=np.resize([np.nan, np.inf, -5.0, 0.0, 1e9], 240))
    assert_agree(asked, Columns(OF_HOUR), odd, Amounts())


def hours(seed: int = 1, rows: int = 240) -> tuple[pd.DataFrame, Any]:
    """Hours of which much is known, but not everything of each."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({name: generator.lognormal(5, 0.4, rows) for name in OF_HOUR})
    frame[list(RATIOS)] = generator.lognormal(0, 0.2, (rows, len(RATIOS)))
    frame = frame.mask(generator.random(frame.shape) < 0.1)
    frame["hours_ahead"], frame["hour_of_day"] = np.arange(rows) % 24 + 1.0, np.arange(rows) % 24
    frame[DAY_OF_WEEK] = np.arange(rows) // 24 % 7 + 1
    frame[["holiday", "holiday_before", "holiday_after"]] = 0.0
    return frame, generator.lognormal(5, 0.4, rows)


def test_a_model_of_whole_curves_has_no_compiled_form() -> None:
    assert compiled(ConformalModel(ClassicDecay(), RelativeConformal()), Columns(("s30",))) is None
