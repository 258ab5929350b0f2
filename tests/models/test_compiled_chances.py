"""Models of chances and of classes, asked with arrays: what the stored estimators say of frames, and no frame made."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compiled_agreement import assert_agree, compiled_form
from hypothesis import given, settings
from hypothesis import strategies as st

from models import classifiers
from models.baselines import BaseRate, ColumnScore
from models.calibration import CalibratedModel, IsotonicCalibrator, PlattCalibrator
from models.class_baselines import ClassShares
from models.class_calibration import CalibratedClasses, ClassCalibrator
from models.class_families import families_of
from models.compiled.compiling import compiled
from models.compiled.rows import Rows
from models.families import fit_family
from models.preprocessing import Columns
from tasks.kinds.chances import Chances
from tasks.kinds.classes import Classes

COLUMNS = Columns(("plays", "ties", "gap", "same", "unknown"), ("genre", "plan"), ("title",))
CLASSES = 4
CHANCES: dict[str, tuple[str, dict[str, Any]]] = {
    "logistic": ("logistic", {}),
    "logistic with words": ("logistic", {"words": 16, "knots": 4}),
    "straight logistic": ("logistic", {"knots": 0}),
    "forest": ("forest", {"n_estimators": 15}),
    "xgboost": ("xgboost", {"n_estimators": 40, "max_depth": 4}),
}
OF_CLASSES: dict[str, dict[str, Any]] = {
    "logistic": {"knots": 2, "words": 8},
    "forest": {"n_estimators": 12},
    "xgboost": {"n_estimators": 15},
}
ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 3.0, 5.0, -1.0, 1e30, -1e30, 1e31, -1e300, 1e300, 5e-324)


def examples(rows: int = 700, seed: int = 0) -> tuple[pd.DataFrame, Any]:
    """Features and labels 0 to 2. Values that many rows share, one that all do, none at all; rare categories."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "plays": generator.lognormal(2, 2, rows),
            "ties": generator.choice([0.0, 0.0, 1.0, 3.0, 7.0], rows),
            "gap": np.where(generator.random(rows) < 0.3, np.nan, generator.uniform(-5, 30, rows)),
            "same": 5.0,
            "unknown": np.nan,
            "genre": generator.choice(["pop", "rock", None, *"abcdefgh"], rows, p=[0.4, 0.3, 0.22, *[0.01] * 8]),
            "plan": generator.choice(["free", "basic"], rows),
            "title": generator.choice(["Love song", "Night (remix)", None], rows),
        }
    )
    odds = np.log(frame["plays"]) - 2 + 1.5 * (frame["genre"] == "pop") - frame["ties"] + generator.logistic(size=rows)
    return frame, np.digitize(odds, [0.0, 2.0])


@cache
def chance(name: str) -> Any:
    frame, labels = examples()
    family, changed = CHANCES[name]
    examples_of = (frame, (labels > 0).astype(np.int64))
    return fit_family(classifiers.FAMILIES.candidates[family], COLUMNS, changed, examples_of, seed=1)[0]


@cache
def of_classes(name: str, present: tuple[int, ...] = (0, 1, 2)) -> Any:
    frame, labels = examples()
    rows = np.isin(labels, present)
    known = (frame[rows], labels[rows])
    model = fit_family(families_of(CLASSES).candidates[name], COLUMNS, OF_CLASSES[name], known, seed=1)[0]
    calibrator = ClassCalibrator().fit(model.predict_proba(frame), labels)
    return CalibratedClasses(model, calibrator, np.array([1.0, 2.0, 0.5, 4.0]))


def calibrated(name: str, calibrator: Any) -> CalibratedModel:
    frame, labels = examples(seed=2)
    model = chance(name)
    return CalibratedModel(model, calibrator.fit(model.predict_proba(frame)[:, 1], labels > 0))


@pytest.mark.parametrize("name", CHANCES)
def test_a_chance_is_the_estimators_own(name: str) -> None:
    for model in (CalibratedModel(chance(name)), calibrated(name, PlattCalibrator())):
        assert_agree(model, COLUMNS, examples(300, 3)[0], Chances())
        assert_agree(model, COLUMNS, examples(20, 3)[0].assign(plan="never seen", genre="e"), Chances())


def test_boosted_trees_that_stopped_early_are_asked_up_to_the_best_round() -> None:
    taught, held = ((frame, (labels > 0).astype(np.int64)) for frame, labels in (examples(), examples(200, 8)))
    changed = {"n_estimators": 300, "learning_rate": 0.5, "min_child_weight": 1}
    model, found = fit_family(
        classifiers.FAMILIES.candidates["xgboost"], COLUMNS, changed, taught, seed=1, stop_on=held
    )
    assert found["n_estimators"] < model[-1].get_booster().num_boosted_rounds()
    assert_agree(CalibratedModel(model), COLUMNS, examples(50, 3)[0], Chances())


def test_an_isotonic_calibrator_is_followed_on_and_between_its_steps() -> None:
    assert_agree(calibrated("logistic", IsotonicCalibrator()), COLUMNS, examples(300, 3)[0], Chances())


NUMBERS = st.sampled_from(ODD) | st.floats() | st.floats(-10, 40)
WORDS = st.sampled_from(["pop", "a", "b", "never seen", "", "ROCK", "free", "Night", "?"]) | st.none()
ROW = st.fixed_dictionaries(
    {name: NUMBERS | st.sampled_from(list(examples()[0][name])) for name in COLUMNS.numeric}
    | dict.fromkeys((*COLUMNS.categorical, *COLUMNS.text), WORDS)
)


@pytest.mark.parametrize("name", CHANCES)
@settings(max_examples=25, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=8))
def test_odd_rows_are_answered_alike(name: str, rows: list[dict[str, Any]]) -> None:
    assert_agree(CalibratedModel(chance(name)), COLUMNS, pd.DataFrame(rows), Chances(), alone=1)


@pytest.mark.parametrize("name", ["logistic", "logistic with words"])
def test_at_and_beside_every_place_that_a_line_has_learned_it_is_answered_alike(name: str) -> None:
    learned = chance(name)[1].transformers_[0][1]["spread"].quantiles_
    rows = np.unique(np.concatenate([np.nextafter(learned, side) for side in (-np.inf, learned, np.inf)]), axis=0)
    frame = pd.DataFrame(rows[:, : len(COLUMNS.numeric)], columns=list(COLUMNS.numeric))
    assert len(frame) > 500
    assert_agree(CalibratedModel(chance(name)), COLUMNS, frame, Chances())


def test_rows_that_lack_features_are_answered_alike() -> None:
    for name in CHANCES:
        assert_agree(CalibratedModel(chance(name)), COLUMNS, pd.DataFrame({"plays": [1.0, 50.0]}), Chances())


@pytest.mark.parametrize("model", [BaseRate(), ColumnScore("gap"), ColumnScore("plays")], ids=str)
def test_baselines_are_answered_alike(model: Any) -> None:
    frame, labels = examples()
    model.fit(frame, labels > 0)
    odd = pd.DataFrame({"gap": ODD, "plays": ODD})
    for whole in (model, CalibratedModel(model)):
        assert_agree(whole, COLUMNS, frame[:50], Chances())
        assert_agree(whole, COLUMNS, odd, Chances())


@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2), (1,)])
@pytest.mark.parametrize("name", OF_CLASSES)
def test_classes_are_the_estimators_own(name: str, present: tuple[int, ...]) -> None:
    kind = Classes(tuple("abcd"))
    frame = examples(200, 3)[0]
    frame.loc[:5, "plays"] = [np.inf, -np.inf, 1e300, -1e300, np.nan, 0.0]
    assert_agree(of_classes(name, present), COLUMNS, frame, kind)
    assert_agree(ClassShares(CLASSES).fit(*examples()), COLUMNS, frame, kind)


def test_no_frame_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows.of_frame(examples(20, 3)[0], COLUMNS)
    asked = [compiled_form(CalibratedModel(chance(name)), COLUMNS) for name in CHANCES]
    asked += [compiled_form(of_classes(name), COLUMNS) for name in OF_CLASSES]

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a frame was made")

    monkeypatch.setattr(pd.DataFrame, "__init__", refuse)
    assert all(len(model.answers(rows)) == 20 for model in asked)


def test_of_no_rows_nothing_is_said() -> None:
    nothing = Rows.of_frame(examples()[0][:0], COLUMNS)
    for name in CHANCES:
        assert compiled_form(CalibratedModel(chance(name)), COLUMNS).answers(nothing).shape == (0,)
    for name in OF_CLASSES:
        assert compiled_form(of_classes(name), COLUMNS).answers(nothing).shape == (0, CLASSES + 1)


def test_rows_stay_as_they_are() -> None:
    rows = Rows.of_frame(examples(20, 3)[0].assign(plays=np.inf), COLUMNS)
    before = rows.numbers.copy()
    for name in CHANCES:
        compiled_form(CalibratedModel(chance(name)), COLUMNS).answers(rows)
    np.testing.assert_array_equal(rows.numbers, before)


def test_a_model_of_other_features_or_of_another_make_has_no_compiled_form() -> None:
    assert compiled(CalibratedModel(chance("xgboost")), Columns(("plays",))) is None
    assert compiled(object(), COLUMNS) is None
