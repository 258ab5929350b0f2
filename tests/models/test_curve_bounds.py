"""Intervals of whole curves are those of their single rows."""

import numpy as np
import pandas as pd
import pytest

from models.curve_bounds import curve_answers
from models.intervals import RelativeConformal

RANDOM = np.random.default_rng(0)
EDGES = {"month_ahead": (2, 7, 13), "age_days": (90, 1461), "prediction": (50, 500, 5000)}


def fitted(columns, horizon):
    """Intervals learned from predictions that are the worse the further ahead they lie."""
    rows = 20_000
    frame = pd.DataFrame(
        {
            "month_ahead": RANDOM.integers(1, 25, rows).astype(float),
            "age_days": np.where(RANDOM.random(rows) < 0.1, np.nan, RANDOM.integers(0, 3000, rows)),
        }
    )
    amounts = RANDOM.lognormal(6, 2, rows)
    predicted = amounts * np.exp(0.05 * frame["month_ahead"] * RANDOM.standard_normal(rows))
    model = RelativeConformal(columns, [EDGES[name] for name in columns], horizon)
    return model.fit(predicted.to_numpy(), amounts, frame)


@pytest.mark.parametrize("months", [1, 24, 60])
@pytest.mark.parametrize(
    ("columns", "horizon"),
    [
        (("month_ahead", "age_days", "prediction"), "month_ahead"),
        (("prediction", "month_ahead"), "month_ahead"),
        (("age_days",), "month_ahead"),
        (("prediction",), None),
        ((), "month_ahead"),
        ((), None),
    ],
)
def test_a_curve_has_the_bounds_of_its_rows(columns, horizon, months):
    calibrator = fitted(columns, horizon)
    tracks = pd.DataFrame({"age_days": [10.0, 90.0, 700.0, 5000.0, np.nan] * 40})
    predicted = RANDOM.lognormal(6, 3, (len(tracks), months))
    predicted[::9] = 0.0
    predicted[3, 0] = 500.0
    answers = curve_answers(calibrator, predicted, tracks)
    assert answers.shape == (len(tracks), months, 5)
    np.testing.assert_array_equal(answers[:, :, 0], predicted)
    for month in range(1, months + 1):
        rows = tracks.assign(month_ahead=float(month))
        at = predicted[:, month - 1]
        np.testing.assert_allclose(answers[:, month - 1, 1:], calibrator.bounds(at, rows), rtol=1e-12)


def test_more_tracks_than_are_worked_on_at_once():
    calibrator = fitted(("age_days", "prediction"), None)
    tracks = pd.DataFrame({"age_days": RANDOM.integers(0, 3000, 70_000).astype(float)})
    predicted = RANDOM.lognormal(6, 3, (len(tracks), 1))
    expected = calibrator.bounds(predicted[:, 0], tracks)
    np.testing.assert_allclose(curve_answers(calibrator, predicted, tracks)[:, 0, 1:], expected, rtol=1e-12)
