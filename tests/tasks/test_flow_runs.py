"""The last flow runs, from a server that speaks as Prefect's does."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from prefect_like import EVERYTHING, RUN, PrefectLike, prefect_like

from features.registry import find_target
from tasks.flow_runs import NoPrefectError, last_flow_runs, last_run_of


@pytest.fixture
def prefect() -> Iterator[PrefectLike]:
    with prefect_like() as found:
        yield found


def test_runs_that_have_begun_are_asked_for_newest_first(prefect):
    prefect.tell(EVERYTHING, RUN)
    running, failed = last_flow_runs(prefect.api)
    path, body = prefect.asked[0]
    assert path == "/api/flow_runs/filter"
    assert (body["sort"], body["flows"]["name"]["any_"]) == ("START_TIME_DESC", ["refrain"])
    assert body["flow_runs"]["start_time"]["is_null_"] is False
    assert (failed.state, failed.message, failed.seconds) == ("Failed", "failed: hits.hit", 253.5)
    assert failed.started == datetime(2026, 11, 21, 18, 2, 11, 450443, tzinfo=UTC)
    assert (running.state, running.message, running.ended) == ("Running", "", None)


def test_a_run_worked_on_the_targets_and_predictions_that_it_was_asked_for(prefect):
    prefect.tell(RUN, EVERYTHING)
    runs = last_flow_runs(prefect.api)
    assert last_run_of(find_target("hits.hit"), runs) == runs[0]
    assert last_run_of(find_target("breakout.core"), runs) == runs[1]
    assert last_run_of(find_target("breakout.core"), runs[:1]) is None


@pytest.mark.parametrize("answer", [(500, b"[]"), (200, b"<html>"), (200, b'{"detail": "no"}'), (200, b"[{}]")])
def test_a_server_that_says_something_else_is_none(prefect, answer):
    prefect.status, prefect.body = answer
    with pytest.raises(NoPrefectError, match="does not answer"):
        last_flow_runs(prefect.api)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/api", "not an address", "http://["])
def test_a_server_that_is_not_there_is_said(address):
    with pytest.raises(NoPrefectError, match="PREFECT_API_URL"):
        last_flow_runs(address)


def test_without_an_address_nothing_is_asked():
    with pytest.raises(NoPrefectError, match="No Prefect server is known"):
        last_flow_runs("")
