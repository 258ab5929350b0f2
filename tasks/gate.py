"""The gate: which candidate may be served. Pure: records and findings in, a decision with every reason out.

A candidate passes if

1. the 95 % interval of its paired difference to the best baseline, in the headline metric on the test window, lies
   wholly on the better side;
2. its calibration error (of a chance) or the error of its intervals' coverage (of an amount) on the test window is
   within the limit of the params;
3. it loads in a fresh process and reproduces its own test predictions;
4. it is not surely worse than the current champion on the current test window.

Of those that pass, the one with the best headline metric on the *tune* window becomes champion: the test window judges
and never chooses. If none passes, a current champion that is no baseline is kept where it meets conditions 1 and 2
on the current test window itself; otherwise the best baseline is served, and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from refrain.errors import ModelError
from refrain.settings import Frozen, GateSettings
from tasks.metrics import HIGHER_IS_BETTER
from tasks.records import CandidateRecord, Estimate, EvaluationRecord

TOLERANCE = 1e-9
"""How far an answer may be from the one that training wrote down: a probability, or a share of an amount."""
_DISPLAYED = {
    "xgboost": "XGBoost",
    "logistic": "logistic regression",
    "forest": "random forest",
    "ridge": "ridge regression",
    "lasso": "lasso regression",
    "svm": "linear SVM",
}


@dataclass(frozen=True)
class Reliability:
    """The metric that says how far a target's probabilities or intervals are from their promise, and its limit."""

    metric: str
    limit: float

    def describe(self, value: float) -> str:
        """The metric's value beside its limit, in words."""
        within = "within" if value <= self.limit else "above"
        return f"{self.metric.replace('_', ' ')} {value:.4f} is {within} the limit of {self.limit:g}"


class Reproduction(Frozen):
    """What a fresh process found when it loaded a model and predicted its test rows again."""

    max_difference: float | None = None
    """Largest difference to the predictions that training wrote down; none if the model did not load."""
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether the model loads and says what it said."""
        return self.max_difference is not None and self.max_difference <= TOLERANCE


class Incumbent(Frozen):
    """The current champion, measured on the current test window."""

    version: int
    name: str
    family: str
    is_baseline: bool
    rows: int = 0
    """Test rows it was measured on: those later than everything it learned from."""
    problem: str = ""
    """Why it could not be measured; the rest is then empty."""
    metric: Estimate | None = None
    """Its headline metric."""
    difference: Estimate | None = None
    """Its headline metric minus the best baseline's."""
    reliability: float | None = None
    """How far its probabilities or intervals are from their promise."""
    advantages: Mapping[str, Estimate] = {}
    """Candidate -> the candidate's headline metric minus the incumbent's, on the same rows."""


class Condition(Frozen):
    """One condition of the gate, and why it was met or not."""

    name: str
    passed: bool
    reason: str


class CandidateDecision(Frozen):
    """What the gate says of one candidate or baseline."""

    name: str
    family: str
    passed: bool
    """Whether it may be served in the name of its own merit; never true of a baseline."""
    conditions: tuple[Condition, ...]

    @property
    def reason(self) -> str:
        """The conditions that were not met, or all of them."""
        shown = [condition for condition in self.conditions if not condition.passed] or self.conditions
        return "; ".join(condition.reason for condition in shown)


class Outcome(StrEnum):
    """What the gate decided for a target."""

    CHAMPION = "champion"
    INCUMBENT_KEPT = "champion kept"
    BASELINE_KEPT = "baseline kept"


class Decision(Frozen):
    """The gate's decision for a target."""

    target: str
    headline: str
    outcome: Outcome
    champion: str
    """Name of the candidate or baseline to serve; the incumbent's where that is kept."""
    family: str
    reason: str
    candidates: tuple[CandidateDecision, ...]
    incumbent: Incumbent | None

    def candidate(self, name: str) -> CandidateDecision:
        """What was decided of the candidate called `name`; KeyError if there is none."""
        for candidate in self.candidates:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    def verdict(self, version: int) -> str:
        """The decision in words, the version served being `version`."""
        if self.outcome == Outcome.BASELINE_KEPT:
            return f"baseline kept: {self.reason}"
        served = f"{self.outcome}: {displayed(self.family)} v{version}"
        return served if self.outcome == Outcome.CHAMPION else f"{served}; {self.reason}"


def displayed(family: str) -> str:
    """A family's name as people write it."""
    return _DISPLAYED.get(family, family)


def decide(
    record: EvaluationRecord,
    gate: GateSettings,
    reliability: Reliability,
    reproductions: Mapping[str, Reproduction],
    incumbent: Incumbent | None,
) -> Decision:
    """Put every candidate before the gate. `reproductions`: name -> what a fresh process found.

    Raises ModelError if nothing may be served: no candidate passes and no baseline loads.
    """
    judged = tuple(
        _judge(candidate, record, gate, reliability, reproductions, incumbent) for candidate in record.candidates
    )
    passed = [record.candidate(decision.name) for decision in judged if decision.passed]

    def decision(outcome: Outcome, name: str, family: str, reason: str) -> Decision:
        return Decision(
            target=record.target,
            headline=record.headline,
            outcome=outcome,
            champion=name,
            family=family,
            reason=reason,
            candidates=judged,
            incumbent=incumbent,
        )

    if passed:
        best = best_on_tune(passed, record.headline)
        return decision(Outcome.CHAMPION, best.name, best.family, judged_reason(judged, best.name))
    if incumbent is not None and _has_enough(record, gate).passed and _stands(incumbent, record, reliability):
        reason = "no new candidate may replace it"
        return decision(Outcome.INCUMBENT_KEPT, incumbent.name, incumbent.family, reason)
    bar = _best_baseline(record, reproductions)
    return decision(Outcome.BASELINE_KEPT, bar.name, bar.family, _why_none(judged))


def best_on_tune(candidates: list[CandidateRecord], headline: str) -> CandidateRecord:
    """The candidate with the best headline metric on the tune window; the first one of equals."""
    return max(candidates, key=lambda candidate: _sign(headline) * candidate.tune[headline])


def judged_reason(judged: tuple[CandidateDecision, ...], name: str) -> str:
    """The reason given for the candidate called `name`."""
    return next(candidate.reason for candidate in judged if candidate.name == name)


def _judge(
    candidate: CandidateRecord,
    record: EvaluationRecord,
    gate: GateSettings,
    reliability: Reliability,
    reproductions: Mapping[str, Reproduction],
    incumbent: Incumbent | None,
) -> CandidateDecision:
    loads = _loads(reproductions.get(candidate.name, Reproduction(error="it was not tried")))
    if candidate.is_baseline:
        bar = Condition(name="baseline", passed=False, reason="it is a baseline, the bar for the others")
        conditions: tuple[Condition, ...] = (bar, loads)
    else:
        conditions = (
            _has_enough(record, gate),
            _beats_baseline(candidate, record),
            _is_reliable(candidate, reliability),
            loads,
            _does_not_lose(candidate.name, record.headline, incumbent),
        )
    return CandidateDecision(
        name=candidate.name,
        family=candidate.family,
        passed=all(condition.passed for condition in conditions),
        conditions=conditions,
    )


def _has_enough(record: EvaluationRecord, gate: GateSettings) -> Condition:
    found, needed = record.test.positives, gate.min_test_positives
    passed = found >= needed
    rows = "1 positive row" if found == 1 else f"{found} positive rows"
    reason = f"the test window holds {rows}, " + ("enough to tell" if passed else f"and {needed} are needed to tell")
    return Condition(name="is tested on enough", passed=passed, reason=reason)


def _beats_baseline(candidate: CandidateRecord, record: EvaluationRecord) -> Condition:
    difference = candidate.difference[record.headline]
    passed = _surely_better(difference, record.headline)
    said = "is surely better" if passed else "is not surely better"
    reason = f"{record.headline} {said} than {record.best_baseline!r} ({_interval(difference)})"
    return Condition(name="beats the baseline", passed=passed, reason=reason)


def _is_reliable(candidate: CandidateRecord, reliability: Reliability) -> Condition:
    found = candidate.metrics[reliability.metric].value
    return Condition(name="keeps its promise", passed=found <= reliability.limit, reason=reliability.describe(found))


def _loads(reproduction: Reproduction) -> Condition:
    if reproduction.max_difference is None:
        reason = f"it does not load in a fresh process: {reproduction.error.rstrip('.')}"
    elif reproduction.passed:
        reason = "it reproduces its test predictions in a fresh process"
    else:
        reason = f"its test predictions differ by up to {reproduction.max_difference:.3g} in a fresh process"
    return Condition(name="reproduces itself", passed=reproduction.passed, reason=reason)


def _does_not_lose(name: str, headline: str, incumbent: Incumbent | None) -> Condition:
    if incumbent is None:
        return _against_champion(True, "there is no champion yet")
    if incumbent.problem or name not in incumbent.advantages:
        return _against_champion(True, f"the champion v{incumbent.version} cannot be compared: {incumbent.problem}")
    advantage = incumbent.advantages[name]
    loses = _surely_worse(advantage, headline)
    said = "surely worse" if loses else "not surely worse"
    reason = f"{headline} is {said} than that of the champion v{incumbent.version} ({_interval(advantage)})"
    return _against_champion(not loses, reason)


def _against_champion(passed: bool, reason: str) -> Condition:
    return Condition(name="does not lose to the champion", passed=passed, reason=reason)


def _stands(incumbent: Incumbent, record: EvaluationRecord, reliability: Reliability) -> bool:
    """Whether the current champion, put before the gate today, would pass conditions 1 and 2."""
    if incumbent.is_baseline or incumbent.difference is None or incumbent.reliability is None:
        return False
    return incumbent.reliability <= reliability.limit and _surely_better(incumbent.difference, record.headline)


def _best_baseline(record: EvaluationRecord, reproductions: Mapping[str, Reproduction]) -> CandidateRecord:
    """The hardest bar; where it does not load, the best one that does."""
    loading = [
        candidate
        for candidate in record.candidates
        if candidate.is_baseline and reproductions.get(candidate.name, Reproduction()).passed
    ]
    if not loading:
        raise ModelError(
            f"No model of {record.target} may be served: no candidate passes the gate, and no baseline reproduces its "
            "predictions in a fresh process.",
            hint=f"Delete data/models/{record.target} and run `refrain run {record.target}`.",
        )
    sign = _sign(record.headline)
    return max(loading, key=lambda bar: (bar.name == record.best_baseline, sign * bar.metrics[record.headline].value))


def _why_none(judged: tuple[CandidateDecision, ...]) -> str:
    better = [
        decision
        for decision in judged
        if any(condition.name == "beats the baseline" and condition.passed for condition in decision.conditions)
    ]
    few = [
        condition.reason
        for decision in judged
        for condition in decision.conditions
        if condition.name == "is tested on enough" and not condition.passed
    ]
    if few:
        return f"no candidate is surely better: {few[0]}"
    if not better:
        return "no candidate is surely better"
    return "; ".join(f"{displayed(decision.family)} is surely better, but {decision.reason}" for decision in better)


def _surely_better(difference: Estimate, headline: str) -> bool:
    return difference.low > 0 if _sign(headline) > 0 else difference.high < 0


def _surely_worse(difference: Estimate, headline: str) -> bool:
    return difference.high < 0 if _sign(headline) > 0 else difference.low > 0


def _sign(headline: str) -> int:
    return 1 if HIGHER_IS_BETTER[headline] else -1


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:+.4f}, 95 % {estimate.low:+.4f} to {estimate.high:+.4f}"
