from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrain.errors import ModelError
from refrain.settings import GateSettings
from tasks.gate import Incumbent, Outcome, Reliability, Reproduction, decide
from tasks.records import CandidateRecord, Estimate, EvaluationRecord, LearnedRecord, WindowRecord

GATE = GateSettings()
CALIBRATION = Reliability("calibration_error", 0.05)
GOOD = Reproduction(max_difference=1e-12)
WINDOW = WindowRecord(rows=100, positives=20, first_as_of=date(2024, 1, 1), last_as_of=date(2024, 6, 1))
BETTER = Estimate(value=0.1, low=0.02, high=0.2)
UNSURE = Estimate(value=0.1, low=-0.01, high=0.2)
WORSE = Estimate(value=-0.1, low=-0.2, high=-0.01)


def candidate(
    name: str, difference: Estimate = BETTER, *, calibration: float = 0.01, tune: float = 0.5, family: str = ""
) -> CandidateRecord:
    return CandidateRecord(
        name=name,
        family=family or name,
        settings={},
        tune={"average_precision": tune},
        metrics={
            "average_precision": Estimate(value=0.5, low=0.4, high=0.6),
            "calibration_error": Estimate(value=calibration, low=0.0, high=0.9),
        },
        difference={"average_precision": difference},
        slices={},
        importance={},
        calibration=(),
        model=f"{name}.skops",
    )


def record(*candidates: CandidateRecord) -> EvaluationRecord:
    bar = candidate("base rate", Estimate(value=0, low=0, high=0), family="baseline")
    return EvaluationRecord(
        target="hits.hit",
        headline="average_precision",
        best_baseline="base rate",
        train=WINDOW,
        tune=WINDOW,
        test=WINDOW,
        purged=0,
        folds=(),
        candidates=(*candidates, bar),
        learned=LearnedRecord(rows=1, mean_label=0.5, ranges={}),
        snapshot_md5="0" * 32,
    )


def reproduced(evaluated: EvaluationRecord, **other: Reproduction) -> dict[str, Reproduction]:
    return {one.name: other.get(one.name, GOOD) for one in evaluated.candidates}


def incumbent(advantage: Estimate | None = None, difference: Estimate = BETTER, **other: object) -> Incumbent:
    fields = {
        "version": 7,
        "name": "forest",
        "family": "forest",
        "is_baseline": False,
        "rows": 100,
        "metric": Estimate(value=0.6, low=0.5, high=0.7),
        "difference": difference,
        "reliability": 0.01,
        "advantages": {"xgboost": advantage} if advantage else {},
    }
    return Incumbent(**{**fields, **other})


@pytest.mark.parametrize("enough", [True, False])
@pytest.mark.parametrize("beats", [True, False])
@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize("reproduces", [True, False])
@pytest.mark.parametrize("loses", [True, False])
def test_a_candidate_passes_only_if_all_conditions_hold(enough, beats, calibrated, reproduces, loses):
    evaluated = record(candidate("xgboost", BETTER if beats else UNSURE, calibration=0.05 if calibrated else 0.051))
    window = WINDOW.model_copy(update={"positives": 10 if enough else 9})
    evaluated = evaluated.model_copy(update={"test": window})
    found = reproduced(evaluated, xgboost=GOOD if reproduces else Reproduction(max_difference=1e-6))
    old = incumbent(WORSE if loses else UNSURE, difference=UNSURE)
    decision = decide(evaluated, GATE, CALIBRATION, found, old)
    judged = decision.candidate("xgboost")
    assert [condition.passed for condition in judged.conditions] == [enough, beats, calibrated, reproduces, not loses]
    expected = enough and beats and calibrated and reproduces and not loses
    assert judged.passed == expected
    assert decision.outcome == (Outcome.CHAMPION if expected else Outcome.BASELINE_KEPT)
    assert decision.champion == ("xgboost" if expected else "base rate")


def test_the_champion_is_chosen_on_the_tune_window_not_on_the_test_window():
    on_test = candidate("forest", Estimate(value=0.3, low=0.2, high=0.4), tune=0.5)
    on_tune = candidate("xgboost", BETTER, tune=0.6)
    evaluated = record(on_test, on_tune)
    assert decide(evaluated, GATE, CALIBRATION, reproduced(evaluated), None).champion == "xgboost"


def test_verdicts_in_words():
    evaluated = record(candidate("xgboost"))
    assert decide(evaluated, GATE, CALIBRATION, reproduced(evaluated), None).verdict(3) == "champion: XGBoost v3"
    evaluated = record(candidate("xgboost", UNSURE))
    kept = decide(evaluated, GATE, CALIBRATION, reproduced(evaluated), None)
    assert kept.verdict(3) == "baseline kept: no candidate is surely better"
    evaluated = record(candidate("xgboost", calibration=0.2))
    kept = decide(evaluated, GATE, CALIBRATION, reproduced(evaluated), None)
    assert "XGBoost is surely better, but calibration error 0.2000 is above the limit" in kept.verdict(3)


def test_few_positives_keep_the_baseline_and_say_so():
    few = WINDOW.model_copy(update={"positives": 1})
    evaluated = record(candidate("xgboost")).model_copy(update={"test": few})
    kept = decide(evaluated, GATE, CALIBRATION, reproduced(evaluated), incumbent(UNSURE))
    assert kept.champion == "base rate"
    assert kept.verdict(4) == (
        "baseline kept: no candidate is surely better: the test window holds 1 positive row, and 10 are needed to tell"
    )


def test_a_champion_that_still_holds_is_kept_where_no_new_candidate_passes():
    evaluated = record(candidate("xgboost", BETTER))
    decision = decide(evaluated, GATE, CALIBRATION, reproduced(evaluated), incumbent(WORSE))
    assert decision.outcome == Outcome.INCUMBENT_KEPT
    assert decision.verdict(7).startswith("champion kept: random forest v7")


@pytest.mark.parametrize(
    "old",
    [
        incumbent(WORSE, difference=UNSURE),
        incumbent(WORSE, reliability=0.06),
        incumbent(WORSE, is_baseline=True, family="baseline"),
    ],
)
def test_a_champion_that_no_longer_holds_gives_way_to_the_baseline(old):
    evaluated = record(candidate("xgboost", BETTER))
    assert decide(evaluated, GATE, CALIBRATION, reproduced(evaluated), old).outcome == Outcome.BASELINE_KEPT


def test_a_champion_that_cannot_be_measured_blocks_nobody_and_is_named():
    evaluated = record(candidate("xgboost"))
    old = Incumbent(version=7, name="f", family="f", is_baseline=False, problem="its features are gone")
    decision = decide(evaluated, GATE, CALIBRATION, reproduced(evaluated), old)
    assert decision.champion == "xgboost"
    assert "champion v7 cannot be compared: its features are gone" in decision.candidate("xgboost").reason


def test_nothing_is_served_that_does_not_load():
    evaluated = record(candidate("xgboost", UNSURE))
    with pytest.raises(ModelError, match="no baseline reproduces"):
        decide(evaluated, GATE, CALIBRATION, {}, None)


def test_a_reproduction_that_was_not_tried_does_not_pass():
    evaluated = record(candidate("xgboost"))
    assert decide(evaluated, GATE, CALIBRATION, {"base rate": GOOD}, None).champion == "base rate"


@given(st.floats(-1, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_the_whole_interval_must_lie_on_the_better_side(value, below, above):
    difference = Estimate(value=value, low=value - below, high=value + above)
    evaluated = record(candidate("xgboost", difference))
    decision = decide(evaluated, GATE, CALIBRATION, reproduced(evaluated), None)
    assert (decision.champion == "xgboost") == (difference.low > 0)
