"""What a candidate does with its rows, whatever its family."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from models import classifiers
from models.calibration import positive_scores
from models.families import check_settings, fit_family
from models.preprocessing import Columns, FeatureTable
from models.storage import load_estimator, save_estimator
from refrain.errors import SettingsError

COLUMNS = Columns(("plays", "noise", "gap"), ("genre",), ("title",))
FAMILIES = classifiers.FAMILIES.candidates
SMALL = {
    "logistic": {"words": 32},
    "forest": {"n_estimators": 40, "min_samples_leaf": 5},
    "xgboost": {"n_estimators": 80, "max_depth": 3},
}


def examples(rows=1500, seed=0):
    """More plays and the genre "pop" make a 1 likelier; a gap that is missing says 0."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "plays": generator.lognormal(2, 1, rows),
            "noise": generator.normal(size=rows),
            "gap": np.where(generator.random(rows) < 0.3, np.nan, generator.uniform(0, 30, rows)),
            "genre": generator.choice(["pop", "rock", "folk", None], rows),
            "title": generator.choice(["Love song", "Night (remix)", "", None], rows),
        }
    )
    odds = 1.5 * np.log(frame["plays"]) - 3 + 1.5 * (frame["genre"] == "pop") - 2 * frame["gap"].isna()
    return frame, (generator.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int64)


@pytest.fixture(scope="module", params=list(FAMILIES))
def fitted(request):
    learn, stop = examples(), examples(500, seed=1)
    model, settings = fit_family(FAMILIES[request.param], COLUMNS, SMALL[request.param], learn, seed=3, stop_on=stop)
    return request.param, model, settings


def test_ranks_new_rows_better_than_the_best_column(fitted):
    _, model, _ = fitted
    frame, labels = examples(2000, seed=2)
    best_column = average_precision_score(labels, frame["plays"])
    assert average_precision_score(labels, positive_scores(model, frame)) > best_column + 0.03


def test_the_order_of_rows_and_columns_and_what_is_no_feature_change_nothing(fitted):
    _, model, _ = fitted
    frame, _ = examples(300, seed=4)
    said = positive_scores(model, frame)
    other = frame[list(COLUMNS.all[::-1])].assign(popularity=99, as_of="2020-01-01").iloc[::-1]
    assert np.array_equal(positive_scores(model, other)[::-1], said)


def test_missing_features_are_imputed_whatever_way_they_are_missing(fitted):
    _, model, _ = fitted
    frame, _ = examples(200, seed=5)
    absent = positive_scores(model, frame.drop(columns=["gap", "genre", "title"]))
    assert np.all(np.isfinite(absent))
    for nothing in (None, np.nan):
        assert np.array_equal(positive_scores(model, frame.assign(gap=nothing, genre=nothing, title=nothing)), absent)
    assert np.array_equal(positive_scores(model, frame.assign(gap=np.inf, genre=None, title=None)), absent)
    assert np.all(np.isfinite(positive_scores(model, frame.assign(genre="unheard of", title="äöü", plays=1e300))))


def test_more_plays_never_make_a_hit_less_likely_on_average(fitted):
    _, model, _ = fitted
    frame, _ = examples(500, seed=6)
    means = [positive_scores(model, frame.assign(plays=frame["plays"] * factor)).mean() for factor in (0.5, 1, 2, 4)]
    assert means == sorted(means)
    assert means[-1] > means[0] + 0.05


def test_the_frame_that_is_passed_in_stays_as_it_is(fitted):
    _, model, _ = fitted
    frame, _ = examples(50, seed=7)
    before = frame.copy(deep=True)
    positive_scores(model, frame)
    pd.testing.assert_frame_equal(frame, before)


def test_fitted_twice_and_stored_it_is_the_same_to_the_byte(fitted, tmp_path):
    family, model, settings = fitted
    again, same = fit_family(
        FAMILIES[family], COLUMNS, SMALL[family], examples(), seed=3, stop_on=examples(500, seed=1)
    )
    save_estimator(model, tmp_path / "one.skops")
    save_estimator(again, tmp_path / "two.skops")
    assert settings == same
    assert (tmp_path / "one.skops").read_bytes() == (tmp_path / "two.skops").read_bytes()
    frame, _ = examples(100, seed=8)
    assert np.array_equal(positive_scores(load_estimator(tmp_path / "one.skops"), frame), positive_scores(model, frame))


def test_stopping_early_predicts_with_the_best_rounds_only():
    learn, stop = examples(600), examples(300, seed=1)
    model, settings = fit_family(FAMILIES["xgboost"], COLUMNS, {"n_estimators": 400}, learn, seed=3, stop_on=stop)
    assert settings["n_estimators"] < 200
    whole, _ = fit_family(FAMILIES["xgboost"], COLUMNS, settings, learn, seed=3)
    frame, _ = examples(200, seed=2)
    assert np.array_equal(positive_scores(model, frame), positive_scores(whole, frame))


def test_a_feature_without_any_value_does_no_harm():
    frame, labels = examples(400)
    for family in FAMILIES:
        model, _ = fit_family(FAMILIES[family], COLUMNS, SMALL[family], (frame.assign(gap=np.nan), labels), seed=0)
        assert np.all(np.isfinite(positive_scores(model, frame)))


def test_a_feature_table_reads_numbers_written_as_words_and_no_others():
    table = FeatureTable(("plays",), ("genre",)).fit(pd.DataFrame())
    found = table.transform(pd.DataFrame({"plays": ["3", "many", None], "extra": 1}))
    assert found["plays"].tolist()[0] == 3
    assert found["plays"].isna().tolist() == [False, True, True]
    assert found["genre"].tolist() == ["", "", ""]


def test_unknown_families_and_settings_name_the_known_ones():
    with pytest.raises(SettingsError, match="Known: logistic, forest, xgboost"):
        check_settings("models.classifiers", "svm", {}, "targets.x")
    with pytest.raises(SettingsError, match=r"'depth', which nobody reads. Known: .*max_depth"):
        check_settings("models.classifiers", "xgboost", {"depth": [1]}, "targets.x")
