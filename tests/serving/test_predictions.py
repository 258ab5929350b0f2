"""/oneweek, /threeweek, /hit and /breakout predict: the models' own answers, and what stands beside them."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from models.compiled.rows import Rows
from models.contributions import contributions
from refrain.errors import ModelError
from refrain.project import Project
from refrain.settings import ServingSettings
from serving.predictions.endpoints import prediction_endpoints
from serving.predictions.fields.breakout import BREAKOUT_FIELDS
from serving.predictions.fields.hits import HIT_FIELDS
from serving.predictions.fields.kinds import RecordFields
from serving.predictions.fields.streams import ONE_WEEK_FIELDS, THREE_WEEK_FIELDS
from serving.web.endpoint import Call, Endpoint, Reply
from serving.web.problems import ProblemError
from tasks.champions.loaded import LoadedModel, LoadedTarget, columns_of
from tasks.champions.shelf import Shelf
from tasks.kinds.registry import kind_of

LIMITS = ServingSettings(max_records=600)
PATHS = {
    "/oneweek/predict": ("streams.one_week", ONE_WEEK_FIELDS),
    "/threeweek/predict": ("streams.three_week", THREE_WEEK_FIELDS),
    "/hit/predict": ("hits.hit", HIT_FIELDS),
    "/breakout/predict": ("breakout.core", BREAKOUT_FIELDS),
}


class Held:
    """A shelf of what a test puts on it."""

    def __init__(self, **loaded: LoadedTarget) -> None:
        self.loaded = {name.replace("__", "."): each for name, each in loaded.items()}

    def of(self, target: str) -> LoadedTarget:
        if target not in self.loaded:
            raise ModelError(f"{target} has no champion yet.", hint="Run `refrain run`.")
        return self.loaded[target]


class Asking:
    """Answers as an object, with a faked model where one is given."""

    def __init__(self, model: LoadedModel, say: Any) -> None:
        self.target, self.version, self.served = model.target, model.version, model.served
        self.learned, self.threshold, self.model = model.learned, model.threshold, model.model
        self.answers = say


class Api:
    """The endpoints over a shelf, without HTTP."""

    def __init__(self, shelf: Any, log: Any = None) -> None:
        self.endpoints: dict[str, Endpoint] = {
            endpoint.path: endpoint for endpoint in prediction_endpoints(shelf, LIMITS, log)
        }

    async def reply(self, path: str, body: Any, **query: str) -> Reply:
        sent = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self.endpoints[path].answer(Call(sent, query, {}, "a request"))

    def ask(self, path: str, body: Any, **query: str) -> Any:
        return json.loads(asyncio.run(self.reply(path, body, **query)).body)

    def refused(self, path: str, body: Any, **query: str) -> ProblemError:
        with pytest.raises(ProblemError) as problem:
            self.ask(path, body, **query)
        return problem.value


@pytest.fixture(scope="module")
def api(small_registry: Shelf) -> Api:
    return Api(small_registry)


def sent_rows(project: Project, target: str, fields: RecordFields, rows: int) -> list[dict[str, Any]]:
    """Rows of a snapshot as a client would send them: what is missing is left out or null."""
    frame = pd.read_parquet(project.snapshot(target)).tail(rows).reset_index(drop=True)
    names = [name for name in fields.names if name in frame.columns]
    plain = frame[names].astype(object).where(frame[names].notna(), None)
    plain["as_of"] = plain["as_of"].map(lambda day: str(day)[:10])
    records = plain.to_dict("records")
    return [
        {name: value for name, value in record.items() if value is not None or number % 2}
        for number, record in enumerate(records)
    ]


def asked_directly(model: LoadedModel, records: list[dict[str, Any]]) -> Any:
    """The stored estimator's own answers to a frame."""
    frame = Rows.of_frame(pd.DataFrame(records), columns_of(model.target)).frame()
    return kind_of(model.target).ask(model.model, frame)


def close(said: Any, expected: Any) -> bool:
    return bool(np.allclose(said, expected, rtol=1e-9, atol=1e-9))


@pytest.mark.parametrize("path", PATHS)
def test_documented_bodies_are_answered_as_documented(api: Api, path: str) -> None:
    endpoint = api.endpoints[path]
    assert endpoint.body is not None
    answers = Draft202012Validator(endpoint.answers)
    Draft202012Validator.check_schema(endpoint.answers)
    Draft202012Validator.check_schema(endpoint.body)
    answers.validate(endpoint.example)
    assert len(endpoint.body["examples"]) == 3
    for body in endpoint.body["examples"]:
        Draft202012Validator(endpoint.body).validate(body)
        answers.validate(api.ask(path, body))


def test_the_bodies_that_others_send_are_answered(api: Api) -> None:
    days = {f"day_{back}": 5210 - 20 * back for back in range(21)}
    week = {"popularity": 62, "days_since_release": 40, **{day: days[day] for day in list(days)[:7]}}
    assert {"lr_preds", "rfr_preds", "prediction", "interval_80", "interval_95", "model"} <= set(
        api.ask("/oneweek/predict", week)
    )
    found = api.ask("/threeweek/predict", {"popularity": 62, "days_since_release": 40, **days})
    assert found["three_week_preds"] == found["prediction"]
    hit = api.ask("/hit/predict", {"danceability": 0.7, "energy": 0.6, "valence": 0.5, "tempo": 120})
    assert {"probability", "families", "base_rate", "contributions"} <= set(hit)
    breakout = api.ask("/breakout/predict", {"records": [BREAKOUT_FIELDS.example], "return_probabilities": True})
    assert set(breakout["predictions"][0]) >= {"artist_name", "month", "probability", "is_breakout"}


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_those_of_the_stored_estimators(
    api: Api, small_registry: Shelf, small_data: Project, path: str
) -> None:
    target, fields = PATHS[path]
    records = sent_rows(small_data, target, fields, 40)
    loaded = small_registry.of(target)
    found = api.ask(path, records)
    assert found["model"] == json.loads(loaded.champion.served.model_dump_json())
    rows, expected = found["predictions"], asked_directly(loaded.champion, records)
    if target.startswith("streams"):
        said = [[row["prediction"], *row["interval_80"], *row["interval_95"]] for row in rows]
    else:
        said = [row["probability"] for row in rows]
    assert close(said, expected)
    for family, model in loaded.families.items() if path in ("/oneweek/predict", "/hit/predict") else ():
        answers = asked_directly(model, records).reshape(len(records), -1)[:, 0]
        assert close([row["families"][family] for row in rows], answers)


@pytest.mark.parametrize("path", PATHS)
def test_a_record_is_answered_alike_alone_in_a_list_and_at_the_same_time_as_others(
    api: Api, small_data: Project, path: str
) -> None:
    records = sent_rows(small_data, *PATHS[path], rows=12)

    async def all_at_once() -> list[Any]:
        return [json.loads(one.body) for one in await asyncio.gather(*(api.reply(path, one) for one in records))]

    together, at_once = api.ask(path, {"records": records}), asyncio.run(all_at_once())
    once = {name: value for name, value in together.items() if name != "predictions"}
    for record, row, alone in zip(records, together["predictions"], at_once, strict=True):
        expected = {**once, **row}
        assert api.ask(path, record).keys() == expected.keys() == alone.keys()
        assert _same(alone, expected)
        assert _same(api.ask(path, record), expected)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return close(one, other) if isinstance(one, float) else one == other


def test_large_requests_are_answered_whole_and_in_order(api: Api, small_data: Project) -> None:
    records = sent_rows(small_data, *PATHS["/breakout/predict"], rows=30) * 20
    rows = api.ask("/breakout/predict", records)["predictions"]
    assert len(rows) == 600
    assert [row["artist_name"] for row in rows] == [record["artist"] for record in records]
    assert close([row["probability"] for row in rows[570:]], [row["probability"] for row in rows[:30]])


def test_what_is_imputed_is_what_was_not_said(api: Api) -> None:
    record = {**HIT_FIELDS.example, "loudness": None, "genre": ""}
    expected = [name for name in (*HIT_FIELDS.numbers, *HIT_FIELDS.words) if record.get(name) in (None, "")]
    for found in (api.ask("/hit/predict", record), api.ask("/hit/predict", [record])["predictions"][0]):
        assert sorted(found["imputed"]) == sorted(expected)
    assert {"loudness", "genre"} <= set(expected)


def test_values_unlike_all_that_was_learned_from_are_warned_of(api: Api, small_registry: Shelf) -> None:
    learned = small_registry.of("hits.hit").champion.learned
    assert learned is not None
    low, high = learned.ranges["tempo"]
    fine = {**HIT_FIELDS.example, "loudness": learned.ranges["loudness"][0]}
    tempos = (999, high, low, 0, high * 1.0001)
    several = api.ask("/hit/predict", [{**fine, "tempo": tempo} for tempo in tempos])["predictions"]
    above, *within, below, nearly = (row["warnings"] for row in several)
    assert within == [[], []]
    assert [one["field"] for one in (*above, *below, *nearly)] == ["tempo"] * 3
    assert above[0]["message"].startswith("tempo 999 is above all that the model learned from (")
    assert below[0]["message"].startswith("tempo 0 is below all that the model learned from (")
    assert f"to {high:.6g})" in above[0]["message"]


def test_a_feature_that_no_training_row_had_is_warned_of(small_registry: Shelf) -> None:
    loaded = small_registry.of("hits.hit")
    learned = loaded.champion.learned
    assert learned is not None
    ranges = {name: each for name, each in learned.ranges.items() if name != "tempo"}
    changed = replace(loaded.champion, learned=learned.model_copy(update={"ranges": ranges}))
    found = Api(Held(hits__hit=replace(loaded, champion=changed))).ask("/hit/predict", HIT_FIELDS.example)
    assert [one["message"] for one in found["warnings"] if one["field"] == "tempo"] == [
        "tempo was known of no row that the model learned from, which knows nothing of it"
    ]


def test_a_window_may_have_gaps_but_not_too_many(api: Api) -> None:
    for path, days, needed in (("/oneweek/predict", 7, 4), ("/threeweek/predict", 21, 12)):
        known = {f"day_{back}": 100 for back in range(needed)}
        found = api.ask(path, known)
        assert {f"day_{back}" for back in range(needed, days)} <= set(found["imputed"])
        few = {**known, "day_0": None}
        problem = api.refused(path, [known, few])
        assert problem.status == 422
        (error,) = problem.errors
        assert (error.line, error.field) == (2, "day_0")
        assert f"{needed - 1} of the {days} are known" in error.reason
        assert api.refused(path, few).errors[0].line is None


def test_negative_streams_are_refused(api: Api) -> None:
    week = {**ONE_WEEK_FIELDS.example, "day_3": -1}
    (error,) = api.refused("/oneweek/predict", week).errors
    assert (error.field, error.reason) == ("day_3", "is not from 0 on")


def test_linear_and_forest_answers_are_those_of_their_families(small_registry: Shelf) -> None:
    loaded = small_registry.of("streams.one_week")
    ridge, forest = loaded.families["ridge"], loaded.families["forest"]
    for families in ({"forest": forest, "ridge": ridge}, {"forest": forest, "lasso": ridge}):
        api = Api(Held(streams__one_week=replace(loaded, families=families)))
        found = api.ask("/oneweek/predict", ONE_WEEK_FIELDS.example)
        (line,) = asked_directly(ridge, [dict(ONE_WEEK_FIELDS.example)])[:, 0]
        (trees,) = asked_directly(forest, [dict(ONE_WEEK_FIELDS.example)])[:, 0]
        assert close([found["lr_preds"], found["rfr_preds"]], [line, trees])


def test_linear_and_forest_answers_are_null_where_no_such_model_is_registered(small_registry: Shelf) -> None:
    loaded = small_registry.of("streams.one_week")
    without = Api(Held(streams__one_week=replace(loaded, families={})))
    found = without.ask("/oneweek/predict", ONE_WEEK_FIELDS.example)
    assert (found["lr_preds"], found["rfr_preds"], found["families"]) == (None, None, {})
    families = Api(Held(hits__hit=replace(small_registry.of("hits.hit"), families={}))).ask(
        "/hit/predict", HIT_FIELDS.example
    )["families"]
    assert families == {"logistic": None, "forest": None, "xgboost": None}


def test_contributions_add_up_to_the_score_and_the_largest_come_first(
    api: Api, small_registry: Shelf, small_data: Project
) -> None:
    records = sent_rows(small_data, *PATHS["/hit/predict"], rows=5)
    champion = small_registry.of("hits.hit").champion
    frame = Rows.of_frame(pd.DataFrame(records), columns_of(champion.target)).frame()
    expected = contributions(champion.model, frame)
    for place, row in enumerate(api.ask("/hit/predict", records)["predictions"]):
        effects = [one["effect"] for one in row["contributions"]]
        assert row["contributions_base"] + sum(effects) == pytest.approx(expected.scores[place], abs=1e-4)
        assert [abs(effect) for effect in effects] == sorted(map(abs, effects), reverse=True)
        assert row["contributions_scale"] == expected.scale
        known = dict(zip(expected.features, expected.values[place], strict=True))
        for one in row["contributions"]:
            assert one["effect"] == pytest.approx(known[one["feature"]], abs=1e-4)
            assert one["value"] == records[place].get(one["feature"])


def test_the_base_rate_is_what_was_learned_or_what_the_baseline_says(small_registry: Shelf) -> None:
    loaded = small_registry.of("hits.hit")
    assert loaded.champion.learned is not None
    assert loaded.baseline is not None
    unknown = replace(loaded, champion=replace(loaded.champion, learned=None))
    for each, expected in (
        (loaded, loaded.champion.learned.mean_label),
        (unknown, asked_directly(loaded.baseline, [dict(HIT_FIELDS.example)])[0]),
        (replace(unknown, baseline=None), None),
    ):
        found = Api(Held(hits__hit=each)).ask("/hit/predict", HIT_FIELDS.example)
        assert found["base_rate"] == expected


def test_what_costs_most_can_be_left_out(api: Api) -> None:
    without = api.ask("/hit/predict", HIT_FIELDS.example, families="false", contributions="false")
    whole = api.ask("/hit/predict", HIT_FIELDS.example)
    left_out = {"families", "contributions", "contributions_base", "contributions_scale"}
    assert set(whole) - set(without) == left_out
    assert close(without["probability"], whole["probability"])
    assert set(api.ask("/oneweek/predict", ONE_WEEK_FIELDS.example, families="false")).isdisjoint(
        {"families", "lr_preds", "rfr_preds"}
    )
    for path, query in (("/hit/predict", {"family": "x"}), ("/breakout/predict", {"families": "true"})):
        assert api.refused(path, PATHS[path][1].example, **query).status == 422
    assert api.refused("/hit/predict", HIT_FIELDS.example, families="maybe").errors[0].field == "families"


def test_the_threshold_is_the_champions_or_the_one_sent(api: Api, small_registry: Shelf) -> None:
    record = BREAKOUT_FIELDS.example
    found = api.ask("/breakout/predict", record)
    assert found["threshold"] == small_registry.of("breakout.core").champion.threshold
    assert found["is_breakout"] == (found["probability"] >= found["threshold"])
    for threshold, breaks_out in ((found["probability"], True), (0, True), (1, False)):
        said = api.ask("/breakout/predict", {"records": [record], "threshold_override": threshold})
        assert said["threshold"] == threshold
        assert said["predictions"][0]["is_breakout"] is breaks_out
    silent = api.ask("/breakout/predict", {"records": [record], "return_probabilities": False})
    assert "probability" not in silent["predictions"][0]
    assert (silent["predictions"][0]["artist_name"], silent["predictions"][0]["month"]) == ("Four Tet", "2026-05")


def test_without_a_champion_there_is_no_answer_yet() -> None:
    problem = Api(Held()).refused("/hit/predict", HIT_FIELDS.example)
    assert problem.status == 503
    assert problem.headers["Retry-After"]
    assert "no champion yet" in problem.detail


@pytest.mark.parametrize("said", [np.nan, np.inf])
def test_a_model_that_gives_no_number_fails_for_that_record_alone(small_registry: Shelf, said: float) -> None:
    loaded = small_registry.of("breakout.core")

    def answers(rows: Rows) -> Any:
        return np.where(rows.column("plays_t") == 13, said, 0.25)

    faked: Any = replace(loaded, champion=Asking(loaded.champion, answers), families={})
    api, record = Api(Held(breakout__core=faked)), BREAKOUT_FIELDS.example

    async def three() -> list[Any]:
        bodies = (record, {**record, "plays_t": 13}, record)
        return await asyncio.gather(*(api.reply("/breakout/predict", body) for body in bodies), return_exceptions=True)

    first, second, third = asyncio.run(three())
    assert json.loads(first.body)["probability"] == json.loads(third.body)["probability"] == 0.25
    assert isinstance(second, ProblemError)
    assert second.status == 503


def test_a_large_answer_is_of_one_version_though_another_is_promoted_meanwhile(small_registry: Shelf) -> None:
    loaded = small_registry.of("breakout.core")
    shelf = Held()

    def version(number: int) -> Any:
        def answers(rows: Rows) -> Any:
            shelf.loaded["breakout.core"] = second
            return np.full(len(rows), number / 10)

        champion = Asking(loaded.champion, answers)
        champion.served = loaded.champion.served.model_copy(update={"version": number})
        return replace(loaded, champion=champion, families={})  # type: ignore[arg-type]

    first, second = version(1), version(2)
    shelf.loaded["breakout.core"] = first
    api = Api(shelf)
    found = api.ask("/breakout/predict", [BREAKOUT_FIELDS.example] * 600)
    assert found["model"]["version"] == 1
    assert {row["probability"] for row in found["predictions"]} == {0.1}
    assert api.ask("/breakout/predict", BREAKOUT_FIELDS.example)["model"]["version"] == 2


def test_what_was_predicted_is_offered_to_the_log_and_told_to_the_figures(small_registry: Shelf) -> None:
    class Log:
        def __init__(self) -> None:
            self.offers: list[tuple[Any, ...]] = []

        def offer(self, *offered: Any) -> None:
            self.offers.append(offered)

    log = Log()
    api = Api(small_registry, log)
    complete = dict.fromkeys(BREAKOUT_FIELDS.numbers, 0.5) | {"artist": "x"}
    records = [complete, {**complete, "delta_1m": None, "artist": "y"}, {**complete, "plays_t": 1e6}]

    async def together() -> tuple[Reply, Reply]:
        several = await asyncio.gather(
            api.reply("/breakout/predict", complete), api.reply("/breakout/predict", records)
        )
        return several[0], several[1]

    _, reply = asyncio.run(together())
    (one, model, rows, answers, keys), (_, _, *of_several) = log.offers
    assert (one, model, len(rows), len(answers)) == (
        "a request",
        small_registry.of("breakout.core").champion.served,
        1,
        1,
    )
    assert list(keys) == [{"artist": "x"}]
    np.testing.assert_array_equal(of_several[0].numbers, Rows.of_frame(pd.DataFrame(records), rows.columns).numbers)
    assert close(of_several[1], [row["probability"] for row in json.loads(reply.body)["predictions"]])
    assert [key["artist"] for key in of_several[2]] == ["x", "y", "x"]
    (figures,) = reply.predicted
    warned = [bool(row["warnings"]) for row in json.loads(reply.body)["predictions"]]
    assert (figures.target, figures.rows, figures.imputed, figures.warned) == ("breakout.core", 3, 1, sum(warned))
    assert warned[2]


CELLS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.lists(st.none(), max_size=2)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(path=st.sampled_from(list(PATHS)), data=st.data())
def test_any_numbers_are_answered_or_refused(api: Api, path: str, data: st.DataObject) -> None:
    fields = PATHS[path][1]
    numbers = {name: st.none() | st.floats(kind.low, kind.high) for name, kind in fields.numbers.items()}
    record = data.draw(st.fixed_dictionaries({}, optional=numbers)) | data.draw(
        st.dictionaries(st.sampled_from(fields.names), CELLS, max_size=2)
    )
    base: Mapping[str, Any] = data.draw(st.sampled_from([{}, fields.example]))
    try:
        body = orjson.dumps([{**base, **record}])
    except (TypeError, orjson.JSONEncodeError):
        return
    try:
        found = api.ask(path, body)
    except ProblemError as problem:
        assert problem.status == 422
    else:
        Draft202012Validator(api.endpoints[path].answers).validate(found)
