"""The page Hits, over the API with small champions."""

import importlib

import pandas as pd
import pytest
from said import said

from dashboard.source.source import RefusedError, Rows

hits = importlib.import_module("dashboard.views.hits.page")


@pytest.fixture
def page(drawn, source):
    return drawn(hits, source)


def figure(app, label):
    return next(one for one in app.metric if one.label.startswith(label))


def chosen(app, source, row):
    """The page with a real track chosen, found by its id."""
    app.text_input("hits-search").input(row["track_id"]).run(timeout=60)
    app.selectbox("hits-track").select(row["track_id"]).run(timeout=60)
    assert not app.exception
    return app


@pytest.fixture
def real(source):
    """A track that no model learned from, with a probability."""
    rows = source.sheet("tracks", {"in_training": "false"}).frame
    return rows.dropna(subset=["probability", "loudness"]).iloc[0]


def test_families_and_champion_stand_beside_the_base_rate(page, source):
    answer = source.ask("/hit/predict", {"danceability": 0.5, "energy": 0.5, "valence": 0.5, "tempo": 120})
    assert [one.label for one in page.metric] == [
        "Champion, calibrated",
        "Logistic regression",
        "Random forest",
        "XGBoost",
        "Base rate",
    ]
    assert figure(page, "Base rate").value == f"{100 * answer['base_rate']:.1f} %"
    assert figure(page, "Champion").delta.endswith(("points above", "points below"))


def test_a_moved_slider_changes_what_is_said(page):
    before = [one.value for one in page.metric]
    page.slider("hits-danceability").set_value(page.slider("hits-danceability").min).run(timeout=60)
    after = [one.value for one in page.metric]
    assert before[:-1] != after[:-1]
    assert before[-1] == after[-1]


def test_a_real_track_gives_the_sliders_its_values(page, source, real):
    app = chosen(page, source, real)
    assert app.slider("hits-danceability").value == pytest.approx(real["danceability"], abs=0.006)
    assert app.slider("hits-tempo").value == pytest.approx(real["tempo"], abs=0.51)
    assert app.number_input("hits-loudness").value == pytest.approx(real["loudness"])
    # All of its known features are sent, exact ones: what is said is what was said of it on its release day.
    assert figure(app, "Champion").value == f"{100 * real['probability']:.1f} %"
    assert figure(app, "Random forest").value == f"{100 * real['forest']:.1f} %"
    assert "is a test" in said(app)
    assert ("**a hit**" if real["is_hit"] else "**no hit**") in said(app)
    assert "Changed:" not in said(app)


def test_a_real_track_can_be_changed_and_left_again(page, source, real):
    app = chosen(page, source, real)
    app.slider("hits-energy").set_value(0.0 if real["energy"] > 0.5 else app.slider("hits-energy").max).run(timeout=60)
    assert "Changed: energy" in said(app)
    app.selectbox("hits-track").set_value(None).run(timeout=60)
    assert "Changed:" not in said(app)
    assert "A made-up track" in said(app)


def test_a_track_stays_chosen_while_another_is_searched(page, source, real):
    app = chosen(page, source, real)
    app.text_input("hits-search").input("nothing is called so").run(timeout=60)
    assert app.selectbox("hits-track").value == real["track_id"]
    assert "0 match" in app.selectbox("hits-track").label


def test_a_refused_value_shows_what_the_api_says(page, source):
    page.number_input("hits-loudness").set_value(500.0).run(timeout=60)
    with pytest.raises(RefusedError) as refused:
        source.ask("/hit/predict", {"danceability": 0, "energy": 0, "valence": 0, "tempo": 9, "loudness": 500})
    assert refused.value.faults[0] in page.error[0].value
    assert "Against the most popular tracks" in said(page)  # the rest of the page is still there


def test_what_is_unlike_all_that_was_learned_is_said(page):
    page.number_input("hits-duration_ms").set_value(90_000.0).run(timeout=60)
    assert any("duration_ms 90000000 is above" in one.value for one in page.warning)
    assert any("Not known, and filled in" in one.label for one in page.expander)


def test_radar_and_bars_show_the_same_numbers(page):
    page.radio("hits-drawn-as").set_value("Bars").run(timeout=60)
    assert not page.exception
    tables = [one.value for one in page.dataframe if "This track" in one.value.columns]
    assert list(tables[0]["Feature"]) == ["danceability", "energy", "valence", "tempo (beats a minute)"]
    page.radio("hits-drawn-as").set_value("Radar").run(timeout=60)
    again = [one.value for one in page.dataframe if "This track" in one.value.columns]
    pd.testing.assert_frame_equal(tables[0], again[0])


def test_effects_of_the_features_add_up(page):
    effects = next(one.value for one in page.dataframe if "Effect" in one.value.columns)
    text = next(one.value for one in page.markdown if "add up to" in one.value)
    start, total = (float(text.partition(words)[2].split()[0].strip(",.")) for words in ("start from ", "add up to "))
    assert start + effects["Effect"].sum() == pytest.approx(total, abs=0.05)


class Trained:
    """The API, with sheets of a training that the small project does not have."""

    name, predicts = "the API", True

    def __init__(self, source, *, champions=True):
        self._source, self._champions = source, champions

    def sheet(self, name, where=None, **more) -> Rows:
        made = getattr(self, f"_{name}", None)
        return (
            self._source.sheet(name, where, **more) if made is None else Rows(made(where), 1, notes=("Measured so.",))
        )

    def ask(self, path, body=None, **query):
        return self._source.ask(path, body, **query)

    def is_there(self):
        return True

    def _importance(self, where):
        rows = [("logistic", False, "energy", 0.1), ("xgboost", True, "genre", 0.3), ("xgboost", True, "valence", 0.2)]
        frame = pd.DataFrame(rows, columns=["candidate", "is_champion", "feature", "loss"])
        return self._about(frame).assign(metric="average_precision", low=0.0, high=0.4)

    def _candidate_metrics(self, where):
        rows = [("xgboost", True, False, 0.7), ("base rate", False, True, 0.25)]
        frame = pd.DataFrame(rows, columns=["candidate", "is_champion", "is_baseline", "value"])
        window = {"rows": 900, "first_as_of": pd.Timestamp("2023-01-01"), "last_as_of": pd.Timestamp("2024-05-31")}
        return self._about(frame).assign(metric="average_precision", low=0.2, high=0.8, **window)

    def _hit_reliability(self, where):
        assert where == {"candidate": "xgboost"}
        band = {"from_probability": 0.0, "to_probability": 1.0, "tracks": 321, "predicted": 0.3}
        return pd.DataFrame([{**band, "share": 0.25, "low": 0.2, "high": 0.31}])

    def _about(self, frame):
        return frame.assign(is_champions_training=pd.array([self._champions] * len(frame), dtype="boolean"))


class Published(Trained):
    """Tables, without the API's predictions."""

    name, predicts = "tables", False

    def ask(self, path, body=None, **query):
        raise AssertionError("nothing may be predicted")


def test_each_family_says_what_it_relies_on(drawn, source):
    app = drawn(hits, Trained(source))
    losses = next(one.value for one in app.dataframe if "Loss, with its 95 % interval" in one.value.columns)
    assert list(losses["Feature"]) == ["genre", "valence"]  # the champion's, the most important first
    assert losses.iloc[0, 1] == "0.300 [0.000, 0.400]"
    app.radio("hits-family").set_value("logistic").run(timeout=60)
    losses = next(one.value for one in app.dataframe if "Loss, with its 95 % interval" in one.value.columns)
    assert list(losses["Feature"]) == ["energy"]


def test_how_good_they_are_stands_beside_the_baseline(drawn, source):
    app = drawn(hits, Trained(source))
    table = app.table[0].value
    assert list(table.iloc[:, 0]) == ["XGBoost (champion)", "base rate (baseline)"]
    assert table.iloc[1, 1] == "0.250 [0.200, 0.800]"
    assert "900 tracks that came out from 1 January 2023 to 31 May 2024" in said(app)
    assert "25.0 % became hits (95 % interval: 20.0 % to 31.0 %)" in said(app)
    assert not app.warning


def test_figures_of_another_training_are_called_that(drawn, source):
    app = drawn(hits, Trained(source, champions=False))
    assert any("came from another training" in one.value for one in app.warning)


def test_published_tables_show_what_was_said_of_real_tracks(drawn, source, real):
    app = drawn(hits, Published(source))
    assert not app.slider
    assert "refrain serve" in said(app)
    app = chosen(app, source, real)
    assert figure(app, "Champion").value == f"{100 * real['probability']:.1f} %"
    assert figure(app, "Base rate")
    assert "Against the most popular tracks" in said(app)
