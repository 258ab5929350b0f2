"""Records of predictions: what is read from a body, what is refused, and how it is said."""

import json
import math
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from features.registry import find_target
from models.compiled.rows import Rows
from serving.predictions.breakout import OPTIONS
from serving.predictions.fields.breakout import BREAKOUT_FIELDS
from serving.predictions.fields.churn import CHURN_FIELDS
from serving.predictions.fields.hits import HIT_FIELDS
from serving.predictions.fields.streams import ONE_WEEK_FIELDS, THREE_WEEK_FIELDS
from serving.predictions.records import RecordReader, Records
from serving.predictions.schemas import body_schema
from serving.web.problems import ProblemError

FIELDS = {
    "streams.one_week": ONE_WEEK_FIELDS,
    "streams.three_week": THREE_WEEK_FIELDS,
    "hits.hit": HIT_FIELDS,
    "breakout.core": BREAKOUT_FIELDS,
    "audience.churn": CHURN_FIELDS,
}
MOST = 50
HITS = RecordReader(find_target("hits.hit"), HIT_FIELDS)
BREAKOUT = RecordReader(find_target("breakout.core"), BREAKOUT_FIELDS, OPTIONS)
TRACK = dict(HIT_FIELDS.example)


def reader(target: str) -> RecordReader:
    return RecordReader(find_target(target), FIELDS[target])


def read(body: Any, by: RecordReader = HITS) -> Records:
    return by.read(body if isinstance(body, bytes) else orjson.dumps(body), MOST)


def faults(body: Any, by: RecordReader = HITS) -> dict[Any, str]:
    """Field, or (line, field), -> reason."""
    with pytest.raises(ProblemError) as problem:
        read(body, by)
    assert problem.value.status == 422
    found = json.loads(problem.value.body())["errors"]
    return {(one["line"], one["field"]) if "line" in one else one["field"]: one["reason"] for one in found}


@pytest.mark.parametrize("target", FIELDS)
def test_there_is_a_field_for_each_feature_with_a_hint(target: str) -> None:
    known, fields = find_target(target), FIELDS[target]
    assert set(fields.numbers) == set(known.numeric)
    assert set(fields.words) == {*known.categorical, *known.text}
    assert set(fields.required) == set(known.required)
    assert {*known.entity, "as_of"} <= set(fields.passed)
    for kind in (*fields.numbers.values(), *fields.words.values(), *fields.passed.values()):
        assert kind.hint.endswith(".")
        assert len(kind.hint) > 20


@pytest.mark.parametrize("target", FIELDS)
def test_numbers_and_words_are_those_of_a_frame(target: str) -> None:
    by = reader(target)
    records = [dict(FIELDS[target].example), {**FIELDS[target].example, by.columns.numeric[-1]: None}]
    expected = Rows.of_frame(pd.DataFrame(records), by.columns)
    for body in (records, {"records": records}):
        found = read(body, by)
        np.testing.assert_array_equal(found.rows.numbers, expected.numbers)
        assert {name: list(values) for name, values in found.rows.words.items()} == expected.words
        assert not found.single
    alone = read(records[0], by)
    assert alone.single
    np.testing.assert_array_equal(alone.rows.numbers, expected.numbers[:1])
    assert {name: list(words) for name, words in alone.rows.words.items()} == {
        name: list(words[:1]) for name, words in expected.words.items()
    }


def test_who_a_record_is_about_comes_along_and_is_no_feature() -> None:
    sent = {**BREAKOUT_FIELDS.example, "listener": "ann", "as_of": None}
    for body in (sent, [sent]):
        assert read(body, BREAKOUT).passed[0] == {"artist_name": "Four Tet", "month": "2026-05", "listener": "ann"}


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"tempo": "118"}, "tempo", "is no number"),
        ({"tempo": True}, "tempo", "is no number"),
        ({"tempo": [118]}, "tempo", "is no number"),
        ({"tempo": None}, "tempo", "is missing"),
        ({"tempo": 1e29}, "tempo", "is not from 0 to 1000"),
        ({"tempo": 10**18}, "tempo", "is not from 0 to 1000"),
        ({"danceability": 1.01}, "danceability", "is not from 0 to 1"),
        ({"danceability": -0.01}, "danceability", "is not from 0 to 1"),
        ({"genre": 3}, "genre", "is no text"),
        ({"genre": False}, "genre", "is no text"),
        ({"genre": "x" * 201}, "genre", "is too long"),
        ({"as_of": "2026-02-30"}, "as_of", "is no day"),
        ({"as_of": "20260228"}, "as_of", "is no day"),
        ({"as_of": 5}, "as_of", "is no day"),
        ({"tempos": 5}, "tempos", "is a field that is not known here"),
        ({"a name\n that may hold anything": 5}, "body", "has a field that is not known here"),
    ],
)
def test_a_wrong_value_is_named_with_its_record(changed: dict[str, Any], field: str, reason: str) -> None:
    wrong = TRACK | changed
    assert faults(wrong) == {field: reason}
    assert faults([TRACK, wrong, TRACK]) == {(2, field): reason}
    assert faults({"records": [wrong, TRACK]}) == {(1, field): reason}


def test_all_faults_are_named_at_once_in_the_order_of_the_records() -> None:
    found = faults([{**TRACK, "energy": "x"}, {"danceability": 2, "energy": 0.5, "valence": None, "tmpo": 3}])
    assert list(found) == [
        (1, "energy"), (2, "tmpo"), (2, "danceability"), (2, "valence"), (2, "tempo"),
    ]  # fmt: skip


def test_a_misspelt_field_is_answered_with_the_right_one() -> None:
    with pytest.raises(ProblemError) as problem:
        read({**TRACK, "dancability": 0.5})
    assert problem.value.errors[0].hint == "Did you mean danceability?"


NO_RECORDS = (
    *(b"", b"null", b"3", b'"x"', b"{", b"[", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000),
    *(b"[]", b'{"records": []}', b"[[]]", b"[1]", b'{"records": {}}', b'{"records": [null]}', b"{}"),
    *(b'{"tempo": NaN}', b'{"tempo": Infinity}', b'{"tempo": 1e400}', b'{"tempo": -1e400}'),
    *(b'{"tempo": 1' + b"0" * 5000 + b"}", b'{"title": "\\ud800"}'),
)


@pytest.mark.parametrize("body", NO_RECORDS)
def test_what_is_no_record_is_refused(body: bytes) -> None:
    assert faults(body)


def test_of_a_field_that_stands_there_twice_the_last_counts() -> None:
    body = orjson.dumps(TRACK)[:-1] + b', "tempo": 90}'
    assert read(body).rows.column("tempo") == [90]


def test_names_of_any_alphabet_are_texts() -> None:
    assert read({**TRACK, "title": "夜に駆ける 🎵"}).rows.words["title"] == ("夜に駆ける 🎵",)


def test_more_records_than_allowed_are_refused() -> None:
    assert len(read([TRACK] * MOST)) == MOST
    assert list(faults([TRACK] * (MOST + 1))) == ["records"]


def test_options_stand_beside_the_records() -> None:
    sent = dict(BREAKOUT_FIELDS.example)
    found = read({"records": [sent], "threshold_override": 0.4, "return_probabilities": None}, BREAKOUT)
    assert found.options == {"threshold_override": 0.4}
    assert faults({"records": [sent], "threshold_override": 2}, BREAKOUT) == {
        "threshold_override": "is not from 0 to 1"
    }
    assert faults({"records": [sent], "return_probabilities": 1}, BREAKOUT) == {
        "return_probabilities": "is neither true nor false"
    }
    assert faults({"records": [sent], "treshold": None}, BREAKOUT) == {"treshold": "is a field that is not known here"}
    assert faults({**sent, "threshold_override": 0.4}, BREAKOUT) == {"threshold_override": "stands within a record"}


def test_nothing_that_was_sent_is_repeated() -> None:
    secret = "zanzibar"
    bodies = [{**TRACK, name: secret} for name in ("tempo", "as_of", secret + " ")] + [{**TRACK, "genre": secret * 99}]
    for body in [*bodies, bodies]:
        with pytest.raises(ProblemError) as problem:
            read(body)
        assert secret not in problem.value.body().decode()


def test_a_thousand_wrong_records_give_no_thousand_answers() -> None:
    by = RecordReader(find_target("hits.hit"), HIT_FIELDS)
    with pytest.raises(ProblemError) as problem:
        by.read(orjson.dumps([{name: [] for name in HIT_FIELDS.names}] * 3000), 3000)
    assert len(problem.value.errors) <= 100 * len(HIT_FIELDS.names)
    fields = len(HIT_FIELDS.names)
    assert [error.line for error in problem.value.errors[:fields]] == [1] * fields


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
CELLS = st.one_of(
    st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.floats(0, 1), st.integers(-9, 99),
    st.sampled_from(["", "pop", "2026-05-31", "x" * 600]), JSON,
)  # fmt: skip
RECORDS = st.builds(
    lambda base, changed: {**base, **changed},
    st.sampled_from([{}, TRACK]),
    st.dictionaries(st.sampled_from([*HIT_FIELDS.names, "unknown", "records"]), CELLS, max_size=5),
)


def outcome(value: Any) -> Any:
    """The rows, or the fields at fault."""
    try:
        found = HITS.take(value, MOST)
    except ProblemError as problem:
        assert problem.status == 422
        return sorted({error.field for error in problem.errors})
    return found.rows.numbers.tolist(), {name: list(words) for name, words in found.rows.words.items()}, found.passed[0]


@settings(deadline=None)
@given(JSON | RECORDS | st.lists(RECORDS, max_size=3) | st.fixed_dictionaries({"records": st.lists(RECORDS)}))
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        text = orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return
    try:
        assert len(HITS.read(text, MOST)) >= 1
    except ProblemError as problem:
        assert problem.status == 422
        assert problem.errors


@settings(deadline=None)
@given(st.data())
def test_a_body_with_a_few_bytes_changed_is_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(orjson.dumps(data.draw(st.sampled_from([TRACK, [TRACK, TRACK], {"records": [TRACK]}]))))
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=4)):
        body[place] = data.draw(st.integers(0, 255))
    try:
        HITS.read(bytes(body), MOST)
    except ProblemError as problem:
        assert problem.status == 422


@settings(deadline=None)
@given(RECORDS.filter(lambda record: "records" not in record))
@example({**TRACK, "tempo": None})
@example({**TRACK, "genre": ""})
def test_a_record_alone_is_read_as_one_of_a_list(record: dict[str, Any]) -> None:
    assert repr(outcome(record)) == repr(outcome([record]))


@settings(deadline=None)
@given(RECORDS.filter(lambda record: not isinstance(record.get("as_of"), str)))
def test_what_the_schema_allows_is_what_is_read(record: dict[str, Any]) -> None:
    allowed = Draft202012Validator(body_schema(HIT_FIELDS, MOST)).is_valid(record)
    if any(isinstance(value, float) and math.isnan(value) for value in record.values()):
        return  # no JSON
    assert allowed == isinstance(outcome(record), tuple)
