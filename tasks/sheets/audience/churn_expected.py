"""The sheet `churn_expected`: how many of the users are expected to leave, and how right such numbers were."""

from typing import Any

import polars as pl

from tasks.churn_figures import AskedModel, ExpectedLeavers, expected_leavers, probabilities_of
from tasks.records import CountRecord
from tasks.sheets.audience.churn_counts import judged, within
from tasks.sheets.audience.churn_day import TARGETS, AskedDay, asked_day, in_words, state
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_BOUNDS = ("low_80", "high_80", "low_95", "high_95")


def make(material: Material, part: Part) -> Made:
    """One row."""
    del part
    asked = asked_day(material)
    figures, tested = asked.figures, _tested(material)
    within_80, within_95 = within(tested)
    row: dict[str, Any] = {
        "as_of": figures.as_of,
        "source": asked.source,
        "horizon_days": asked.horizon_days,
        "users": figures.users,
        **_numbers(figures.expected, figures.users),
        "base_rate": figures.base_rate,
        **_usual(asked),
        "threshold": figures.threshold,
        "likely": figures.likely,
        "share_likely": figures.share_likely,
        "is_test": asked.is_test,
        "tested_days": len(tested),
        "within_80": within_80,
        "within_95": within_95,
    }
    return Made(pl.DataFrame([row]), (*asked.notes, *_base_rate(asked)), asked.by_churn)


def _numbers(expected: ExpectedLeavers, users: int) -> dict[str, Any]:
    bounds = {name: getattr(expected, name) for name in _BOUNDS}
    shares = {f"share_{name}": None if bound is None else bound / users for name, bound in bounds.items()}
    return {"expected": expected.number, **bounds, "share": expected.number / users, **shares}


def _usual(asked: AskedDay) -> dict[str, Any]:
    """What the best baseline would say of the same users."""
    usual = asked.churn.baseline
    if usual is None:
        return {}
    said = expected_leavers(usual.model, probabilities_of(asked.day, AskedModel.of(usual)))
    bounds = {f"baseline_{name}": getattr(said, name) for name in _BOUNDS}
    return {"baseline": usual.served.name, "baseline_expected": said.number, **bounds}


def _tested(material: Material) -> tuple[CountRecord, ...]:
    """The days of the test window, with what the champion expected and what came; none where that is not known."""
    try:
        return judged(material)[0].counts
    except NotYetError:
        return ()


def _base_rate(asked: AskedDay) -> tuple[str, ...]:
    if asked.figures.base_rate is None:
        return ("No day is long enough ago to know what share of users used to leave.",)
    return (
        f"Before {in_words(asked.figures.as_of)}, {asked.figures.base_rate:.1%} of the users of a week end left. "
        "Likely to leave are those whose odds of leaving are at least twice that.".replace("%", " %"),
    )


SHEETS = (
    Sheet(
        "churn_expected",
        "The users of the newest week end: how many are expected to leave",
        columns(
            ("as_of", Kind.DATE, "The week end up to which the users are known"),
            ("source", Kind.TEXT, "Where the users are kept: event store, or datasets"),
            ("horizon_days", Kind.WHOLE, "Days without a session that make a user one who left", "days"),
            ("users", Kind.WHOLE, "Users who had a session in the four weeks up to as_of", "users"),
            ("expected", Kind.NUMBER, "How many of them are expected to leave", "users"),
            ("low_80", Kind.WHOLE, "Lower end of its 80 % interval", "users"),
            ("high_80", Kind.WHOLE, "Upper end of its 80 % interval", "users"),
            ("low_95", Kind.WHOLE, "Lower end of its 95 % interval", "users"),
            ("high_95", Kind.WHOLE, "Upper end of its 95 % interval", "users"),
            ("share", Kind.NUMBER, "The share of the users that is expected to leave", "share"),
            ("share_low_80", Kind.NUMBER, "Lower end of its 80 % interval", "share"),
            ("share_high_80", Kind.NUMBER, "Upper end of its 80 % interval", "share"),
            ("share_low_95", Kind.NUMBER, "Lower end of its 95 % interval", "share"),
            ("share_high_95", Kind.NUMBER, "Upper end of its 95 % interval", "share"),
            (
                "base_rate",
                Kind.NUMBER,
                "The share of users that left, of the week ends of which that was known",
                "share",
            ),
            ("baseline", Kind.TEXT, "The best baseline"),
            ("baseline_expected", Kind.NUMBER, "How many it expects to leave", "users"),
            ("baseline_low_80", Kind.WHOLE, "Lower end of its 80 % interval", "users"),
            ("baseline_high_80", Kind.WHOLE, "Upper end of its 80 % interval", "users"),
            ("baseline_low_95", Kind.WHOLE, "Lower end of its 95 % interval", "users"),
            ("baseline_high_95", Kind.WHOLE, "Upper end of its 95 % interval", "users"),
            ("threshold", Kind.NUMBER, "The probability from which a user is likely to leave", "probability"),
            ("likely", Kind.WHOLE, "Users who are likely to leave", "users"),
            ("share_likely", Kind.NUMBER, "The share of users who are likely to leave", "share"),
            ("is_test", Kind.FLAG, "Whether the model learned from earlier days only"),
            ("tested_days", Kind.WHOLE, "Week ends of the test window of the model's training", "week ends"),
            ("within_80", Kind.WHOLE, "Those of them whose number lay within the 80 % interval", "week ends"),
            ("within_95", Kind.WHOLE, "Those of them whose number lay within the 95 % interval", "week ends"),
        ),
        make,
        targets=TARGETS,
        state=state,
    ),
)
