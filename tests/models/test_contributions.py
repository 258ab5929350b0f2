"""What drives a score: contributions add up to it, exactly, for every model that is stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.base import BaseEstimator
from xgboost import DMatrix

from models import classifiers
from models.baselines import BaseRate, ColumnScore
from models.calibration import CalibratedModel, PlattCalibrator, log_odds
from models.class_baselines import ClassShares
from models.class_calibration import CalibratedClasses, ClassCalibrator
from models.class_families import families_of
from models.contributions import LOG_ODDS, PROBABILITY, contributions
from models.families import fit_family
from models.prepared_columns import features_of_columns
from models.preprocessing import Columns
from models.storage import load_estimator, save_estimator
from refrain.errors import ModelError

COLUMNS = Columns(("plays", "noise", "gap"), ("genre", "plan"), ("title",))
SMALL: dict[str, dict[str, Any]] = {
    "logistic": {"words": 16, "knots": 2},
    "forest": {"n_estimators": 15, "min_samples_leaf": 5},
    "xgboost": {"n_estimators": 40, "max_depth": 3},
}
CLASSES = 4


def examples(rows: int = 600, seed: int = 0) -> tuple[pd.DataFrame, Any, Any]:
    """Features, a chance's labels and labels of classes, of which none is class 3."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "plays": generator.lognormal(2, 1, rows),
            "noise": generator.normal(size=rows),
            "gap": np.where(generator.random(rows) < 0.3, np.nan, generator.uniform(0, 30, rows)),
            "genre": generator.choice(
                ["pop", "rock", "folk", None, *"abcdefgh"], rows, p=[0.3, 0.3, 0.2, 0.12, *[0.01] * 8]
            ),
            "plan": generator.choice(["free", "basic"], rows),
            "title": generator.choice(["Love song", "Night (remix)", None], rows),
        }
    )
    odds = 1.5 * np.log(frame["plays"]) - 3 + 1.5 * (frame["genre"] == "pop") - 2 * frame["gap"].isna()
    positive = (generator.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int64).to_numpy()
    return frame, positive, np.where(positive == 1, np.where(frame["plan"] == "free", 0, 1), 2)


def fitted(family: str, **changed: Any) -> Any:
    frame, labels, _ = examples()
    known = classifiers.FAMILIES.candidates[family]
    return fit_family(known, COLUMNS, SMALL[family] | changed, (frame, labels), seed=1)[0]


def fitted_classes(family: str, present: tuple[int, ...] = (0, 1, 2)) -> Any:
    frame, _, labels = examples()
    rows = np.isin(labels, present)
    settings = {name: value for name, value in SMALL[family].items() if name != "knots"}
    return fit_family(families_of(CLASSES).candidates[family], COLUMNS, settings, (frame[rows], labels[rows]), seed=1)[
        0
    ]


def score(model: Any, rows: pd.DataFrame, scale: str) -> Any:
    said = model.predict_proba(rows)[:, 1]
    return said if scale == PROBABILITY else np.log(said) - np.log1p(-said)


@pytest.mark.parametrize(("family", "scale"), [("logistic", LOG_ODDS), ("forest", PROBABILITY), ("xgboost", LOG_ODDS)])
def test_base_and_contributions_add_up_to_the_score_of_a_chance(family: str, scale: str, tmp_path: Path) -> None:
    model, rows = fitted(family), examples(80, 3)[0]
    scores = model.predict_proba(examples()[0])[:, 1]
    whole = CalibratedModel(model, PlattCalibrator().fit(scores, examples()[1]))
    save_estimator(whole, tmp_path / "model")
    found = contributions(load_estimator(tmp_path / "model"), rows)
    assert found.scale == scale
    assert found.values.shape == (80, len(found.features))
    np.testing.assert_allclose(found.scores, score(model, rows, scale), atol=1e-4 if family == "xgboost" else 1e-6)
    assert len(np.unique(found.base)) == 1


@pytest.mark.parametrize("present", [(0, 1, 2), (0, 2), (1,)])
@pytest.mark.parametrize("family", list(SMALL))
def test_those_of_classes_add_up_to_what_the_probabilities_are_made_of(
    family: str, present: tuple[int, ...], tmp_path: Path
) -> None:
    model, rows = fitted_classes(family, present), examples(40, 3)[0]
    raw, labels = model.predict_proba(examples()[0]), examples()[2]
    save_estimator(CalibratedClasses(model, ClassCalibrator().fit(raw, labels), np.ones(CLASSES)), tmp_path / "model")
    found = contributions(load_estimator(tmp_path / "model"), rows)
    assert found.values.shape == (40, CLASSES, len(found.features))
    said = found.scores if found.scale == PROBABILITY else softmax(found.scores, axis=1)
    np.testing.assert_allclose(said, model.predict_proba(rows), atol=1e-6 if family != "xgboost" else 1e-5)


def test_a_linear_model_is_at_its_base_where_all_is_at_the_mean() -> None:
    """The mean over the training rows of every contribution is 0, so that the base is the mean score."""
    model, frame = fitted("logistic"), examples()[0]
    found = contributions(model, frame)
    np.testing.assert_allclose(found.values.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(found.base[0], found.scores.mean())


def test_a_linear_contribution_is_the_change_of_the_score_when_only_that_feature_changes() -> None:
    model, rows = fitted("logistic"), examples(30, 3)[0]
    other = rows.assign(gap=np.where(rows["gap"].isna(), 5.0, np.nan), genre="unheard of")
    before, after = contributions(model, rows), contributions(model, other)
    moved = {
        name for name, change in zip(before.features, (after.values - before.values).T, strict=True) if change.any()
    }
    assert moved == {"gap", "genre"}
    np.testing.assert_allclose(
        (after.values - before.values).sum(axis=1),
        score(model, other, LOG_ODDS) - score(model, rows, LOG_ODDS),
        atol=1e-9,
    )


def test_those_of_boosted_trees_are_those_that_shap_computes() -> None:
    shap = pytest.importorskip("shap")
    model, rows = fitted("xgboost"), examples(25, 3)[0]
    prepared = model[:-1].transform(rows)
    columns = features_of_columns(model[:-1])
    theirs = shap.TreeExplainer(model[-1].get_booster())(DMatrix(prepared)).values
    expected = pd.DataFrame(theirs.T).groupby(pd.Series(columns), sort=False).sum().T
    found = contributions(model, rows)
    assert list(expected.columns) == list(found.features)
    np.testing.assert_allclose(found.values, expected.to_numpy(), atol=1e-4)


def test_trees_that_stopped_early_are_explained_by_the_rounds_they_predict_with() -> None:
    frame, labels, _ = examples()
    other, other_labels, _ = examples(200, 7)
    family = classifiers.FAMILIES.candidates["xgboost"]
    model, chosen = fit_family(
        family, COLUMNS, {"learning_rate": 0.5}, (frame, labels), seed=1, stop_on=(other, other_labels)
    )
    assert model[-1].get_booster().num_boosted_rounds() > chosen["n_estimators"]
    found = contributions(model, other)
    np.testing.assert_allclose(found.scores, score(model, other, LOG_ODDS), atol=1e-4)


@pytest.mark.parametrize("family", list(SMALL))
def test_what_drives_the_labels_contributes_most(family: str) -> None:
    found = contributions(fitted(family), examples(100, 5)[0])
    strength = dict(zip(found.features, np.abs(found.values).mean(axis=0), strict=True))
    assert max(strength, key=lambda name: strength[name]) == "plays"
    assert strength["noise"] < 0.4 * strength["plays"]
    assert set(found.features) >= {"plays", "noise", "gap", "genre", "plan"}


def test_a_model_of_few_columns_counts_each_category_once() -> None:
    for settings in ({"words": 0, "knots": 0}, {"words": 8, "knots": 3}):
        model = fitted("logistic", **settings)
        prepared = model[:-1].transform(examples(5, 1)[0])
        assert len(features_of_columns(model[:-1])) == prepared.shape[1]


def test_a_baseline_is_its_column_or_nothing() -> None:
    frame, labels, classes = examples()
    rows = examples(20, 3)[0]
    rate = contributions(BaseRate().fit(frame, labels), rows)
    np.testing.assert_allclose(rate.scores, log_odds(np.full(20, labels.mean())))
    assert rate.features == ()
    column = ColumnScore("plays").fit(frame, labels)
    found = contributions(column, rows)
    assert found.features == ("plays",)
    np.testing.assert_allclose(found.scores, score(column, rows, LOG_ODDS))
    shares = ClassShares(CLASSES).fit(frame, classes)
    np.testing.assert_allclose(
        softmax(contributions(shares, rows).scores, axis=1), shares.predict_proba(rows), atol=1e-9
    )


def test_a_model_that_cannot_be_explained_is_refused() -> None:
    class Stranger(BaseEstimator):
        pass

    with pytest.raises(ModelError, match="What drives a Stranger cannot be said"):
        contributions(Stranger(), examples(5)[0])
