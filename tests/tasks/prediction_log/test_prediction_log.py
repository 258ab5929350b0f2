"""Predictions are kept as they were given, nobody waits for that, and what cannot be kept is counted."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from features.registry import find_target
from models.compiled.rows import Rows
from refrain.errors import InputError
from refrain.settings import PredictionLogSettings
from tasks.champions.loaded import ServedModel, columns_of
from tasks.prediction_log.log import PredictionLog, drawn, prediction_log_of
from tasks.prediction_log.reading import read_predictions

BREAKOUT = columns_of(find_target("breakout.core"))
HIT = columns_of(find_target("hits.hit"))
SECONDS = 30


def model(target: str, version: int = 3) -> ServedModel:
    return ServedModel(
        target=target,
        name="boosted",
        family="xgboost",
        version=version,
        is_baseline=False,
        learned_until=date(2024, 6, 30),
    )


def rows(count: int, first: float = 0.0) -> Rows:
    numbers = first + np.arange(count * len(BREAKOUT.numeric), dtype=np.float64).reshape(count, -1)
    return Rows(BREAKOUT, numbers, {})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "predictions.db"


@pytest.fixture
def log(path: Path) -> Iterator[PredictionLog]:
    log = PredictionLog(path, PredictionLogSettings())
    yield log
    log.close()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_was_given_is_read_again_as_it_was(log, path):
    given = rows(3)
    given.numbers[1, 0] = np.nan
    keys = [{"listener": "ann", "artist": f"artist {number}", "as_of": "2024-07-31"} for number in range(3)]
    before = datetime.now(UTC)
    log.offer("request 1", model("breakout.core"), given, np.array([0.25, 0.5, 1 / 3]), keys)
    log.offer("request 2", model("hits.hit"), Rows(HIT, np.zeros((1, len(HIT.numeric))), {}), np.array([0.9]))
    log.close()
    found = read_predictions(path, "breakout.core")
    assert list(found["request_id"]) == ["request 1"] * 3
    assert list(found["record"]) == [1, 2, 3]
    assert list(found["probability"]) == [0.25, 0.5, 1 / 3]
    assert list(found["artist"]) == ["artist 0", "artist 1", "artist 2"]
    assert set(found["as_of"]) == {"2024-07-31"}
    np.testing.assert_array_equal(found[list(BREAKOUT.numeric)].to_numpy(dtype=np.float64), given.numbers)
    assert set(zip(found["name"], found["family"], found["version"], found["is_baseline"], strict=True)) == {
        ("boosted", "xgboost", 3, False)
    }
    assert set(found["learned_until"]) == {"2024-06-30"}
    assert all(before.replace(microsecond=0) <= moment <= datetime.now(UTC) for moment in found["logged_at"])
    assert (log.written, log.dropped, log.waiting) == (4, 0, 0)


@pytest.mark.parametrize(
    ("target", "answers", "columns"),
    [
        ("streams.one_week", np.array([[10.0, 8.0, 12.0, 7.0, 13.0]]), ["prediction", "low_80", "high_95"]),
        ("audience.churn_reason", np.array([[0.2, 0.5, 0.1, 0.1, 0.1, 1.0]]), ["class"]),
    ],
)
def test_amounts_and_classes_have_the_columns_of_scored_files(target, answers, columns, log, path):
    columns_taken = columns_of(find_target(target))
    words = {name: [""] for name in columns_taken.categorical}
    classes = find_target(target).classes
    answers = answers if not classes else np.array([[*([1 / len(classes)] * len(classes)), 1.0]])
    log.offer("r", model(target), Rows(columns_taken, np.zeros((1, len(columns_taken.numeric))), words), answers)
    log.close()
    found = read_predictions(path, target)
    assert set(columns) <= set(found)
    if classes:
        assert list(found["class"]) == [classes[1]]


def test_words_are_kept_and_a_missing_one_is_none(log, path):
    words = {name: ["pop", ""] for name in (*HIT.categorical, *HIT.text)}
    log.offer("r", model("hits.hit"), Rows(HIT, np.zeros((2, len(HIT.numeric))), words), np.array([0.1, 0.2]))
    log.close()
    genres = read_predictions(path, "hits.hit")["genre"]
    assert genres[0] == "pop"
    assert genres.isna()[1]


def test_times_bound_what_is_read(log, path):
    log.offer("r", model("breakout.core"), rows(1), np.array([0.1]))
    log.close()
    moment = read_predictions(path, "breakout.core")["logged_at"][0].to_pydatetime()
    assert len(read_predictions(path, "breakout.core", since=moment)) == 1
    assert len(read_predictions(path, "breakout.core", until=moment)) == 0


def test_a_request_is_kept_whole_or_not_at_all_and_the_share_holds(path):
    with closing(PredictionLog(path, PredictionLogSettings(share=0.3))) as log:
        for number in range(500):
            log.offer(f"request {number}", model("breakout.core"), rows(2), np.array([0.1, 0.2]))
    kept = read_predictions(path, "breakout.core")
    counts = kept.groupby("request_id").size()
    assert set(counts) == {2}
    assert 0.2 < len(counts) / 500 < 0.4
    assert all(drawn(name, 0.3) for name in counts.index)
    assert log.dropped == 0  # what is not drawn is not lost


def test_beyond_what_may_wait_it_is_dropped_and_counted(path, monkeypatch):
    monkeypatch.setattr("tasks.prediction_log.log.append", fails)  # nothing leaves the queue
    log = PredictionLog(path, PredictionLogSettings(max_waiting=5))
    for _ in range(4):
        log.offer("r", model("breakout.core"), rows(2), np.array([0.1, 0.2]))
    assert (log.waiting, log.dropped) == (4, 4)
    log.close()
    assert (log.written, log.waiting, log.dropped) == (0, 0, 8)


def fails(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_a_full_disk_fails_nobody_is_said_once_and_nothing_waiting_is_lost(log, path, monkeypatch, caplog):
    monkeypatch.setattr("tasks.prediction_log.log._SECONDS_AFTER_A_FAULT", 0.01)
    with caplog.at_level(logging.WARNING, "refrain.predictions"):
        with monkeypatch.context() as full:
            attempts = []
            full.setattr("tasks.prediction_log.log.append", lambda *parts: (attempts.append(1), fails()))
            log.offer("r", model("breakout.core"), rows(1), np.array([0.5]))
            until(lambda: len(attempts) > 3)
        until(lambda: log.written == 1)
    assert [record.getMessage() for record in caplog.records] == [
        "Predictions cannot be logged now: database or disk is full",
        "Predictions are logged again.",
    ]
    assert len(read_predictions(path, "breakout.core")) == 1
    assert log.dropped == 0


def test_a_prediction_that_cannot_be_written_down_is_lost_alone_and_its_values_are_not_logged(log, path, caplog):
    log.offer("bad", model("breakout.core"), rows(1), np.array([0.5]), [{"artist": {1: object(), (2,): "secret"}}])
    log.offer("good", model("breakout.core"), rows(1), np.array([0.5]))
    log.close()
    assert (log.written, log.dropped) == (1, 1)
    assert "secret" not in caplog.text


def test_a_file_that_was_moved_away_is_begun_again(log, path):
    log.offer("old", model("breakout.core"), rows(1), np.array([0.5]))
    until(lambda: log.written == 1)
    for name in path.parent.iterdir():
        name.rename(name.with_name(name.name.replace("predictions", "older")))
    log.offer("new", model("breakout.core"), rows(1), np.array([0.5]))
    until(lambda: log.written == 2)
    assert list(read_predictions(path, "breakout.core")["request_id"]) == ["new"]
    assert list(read_predictions(path.with_name("older.db"), "breakout.core")["request_id"]) == ["old"]


def test_two_logs_may_share_a_file(log, path):
    with closing(PredictionLog(path, PredictionLogSettings())) as other:
        for number in range(50):
            for one in (log, other):
                one.offer(f"r{number}", model("breakout.core"), rows(1), np.array([0.5]))
    log.close()
    assert len(read_predictions(path, "breakout.core")) == 100


def test_a_kill_loses_what_was_waiting_at_most(path):
    code = (
        "import sys, time, numpy as np; from pathlib import Path\n"
        "from test_prediction_log import model, rows; from refrain.settings import PredictionLogSettings\n"
        "from tasks.prediction_log.log import PredictionLog\n"
        "log = PredictionLog(Path(sys.argv[1]), PredictionLogSettings())\n"
        "number = 0\n"
        "while True:\n"
        "    log.offer(f'{number}', model('breakout.core'), rows(1), np.array([0.5])); number += 1\n"
        "    if number % 100 == 0: print(log.written, flush=True); time.sleep(0.01)\n"
    )
    search = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": search}
    with subprocess.Popen([sys.executable, "-c", code, str(path)], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = 0
        while said < 500:
            said = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        said = max(
            [said, *(int(line) for line in process.stdout.read().splitlines(keepends=True) if line[-1:] == b"\n")]
        )
    found = read_predictions(path, "breakout.core")
    assert len(found) >= said
    assert list(found["request_id"]) == [str(number) for number in range(len(found))]
    with closing(PredictionLog(path, PredictionLogSettings())) as again:
        again.offer("after", model("breakout.core"), rows(1), np.array([0.5]))
    assert len(read_predictions(path, "breakout.core")) == len(found) + 1


def test_the_environment_names_the_file(tmp_path):
    settings = PredictionLogSettings()
    assert prediction_log_of({}, settings) is None
    assert prediction_log_of({"PREDICTION_LOG": " "}, settings) is None
    for named in (str(tmp_path / "a.db"), f"sqlite:///{tmp_path / 'b.db'}"):
        log = prediction_log_of({"PREDICTION_LOG": named}, settings)
        assert log is not None
        log.close()
    assert {path.name for path in tmp_path.glob("*.db")} == {"a.db", "b.db"}


def test_a_file_that_can_be_no_log_is_refused_at_once(tmp_path):
    (tmp_path / "words.db").write_text("no database at all, but a text of some length" * 10)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other, other:
        other.execute("CREATE TABLE sessions (id INTEGER)")
    for name in ("words.db", "other.db", "."):
        with pytest.raises(InputError, match=r"prediction log|other tables"):
            PredictionLog(tmp_path / name, PredictionLogSettings())
    with pytest.raises(InputError, match="no other database"):
        prediction_log_of({"PREDICTION_LOG": "postgresql://host/base"}, PredictionLogSettings())
    with pytest.raises(InputError, match="no prediction log at"):
        read_predictions(tmp_path / "nowhere.db", "breakout.core")
