"""The sheet `churn_reasons`: why those who are likely to leave would."""

import numpy as np
import polars as pl

from refrain.sessions import REASONS
from tasks.churn_figures import REASON, AskedModel, DayOfUsers, expected_leavers, said_of_users
from tasks.records import Estimate
from tasks.sheets.audience.churn_day import TARGETS, AskedDay, asked_day, state
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns


def make(material: Material, part: Part) -> Made:
    """A row for each reason."""
    del part
    asked = asked_day(material)
    if asked.reason is None:
        material.served(REASON)  # which says why it is not
    likely = asked.users[asked.users["probability"] >= asked.figures.threshold]
    if likely.empty:
        raise NotYetError("Nobody is likely to leave, so that there are no reasons.", hint="Look again next week.")
    usual = _usual(asked)
    rows = []
    for name in REASONS:
        chances = (likely["probability"] * likely[f"reason_{name}"]).to_numpy(dtype=np.float64)
        said = expected_leavers(asked.churn.champion.model, chances)
        rows.append(
            {
                "reason": name,
                "share": said.number / float(likely["probability"].sum()),
                "baseline_share": usual.get(name),
                **said.model_dump(exclude={"number"}),
                "number": said.number,
                "chosen": int((likely["reason"] == name).sum()),
            }
        )
    return Made(pl.DataFrame(rows), (*_notes(asked), *_measured(material)), asked.by_reason)


def _usual(asked: AskedDay) -> dict[str, float]:
    """Reason -> its share as the baseline has it, which says the same of everybody."""
    if asked.reason is None or asked.reason.baseline is None:
        return {}
    one = DayOfUsers(asked.day.as_of, asked.day.rows.head(1), None)
    said = said_of_users(one, AskedModel.of(asked.churn.champion), AskedModel.of(asked.reason.baseline))
    return {name: float(said[f"reason_{name}"].iloc[0]) for name in REASONS}


def _notes(asked: AskedDay) -> tuple[str, ...]:
    figures = asked.figures
    return (
        *asked.notes,
        f"Of the {figures.likely:,} users with a probability of leaving of {figures.threshold:.2f} or more. Each "
        "counts for every reason by the probability of leaving times that of the reason.",
        "The intervals are those of how many leave, were the probabilities of the reasons right: that these may be "
        "wrong themselves is not in them.",
    )


def _measured(material: Material) -> tuple[str, ...]:
    """How well reasons were told on the test window."""
    try:
        if not material.is_of_champion(REASON):
            return ()
        record = material.record(REASON)
        served = record.candidate(material.served(REASON).champion.served.name)
        usual = record.candidate(record.best_baseline)
    except (NotYetError, KeyError):
        return ()
    return (
        f"Of the {record.test.rows:,} users of the test window who left and said why, the chosen reason was right for "
        f"{_percent(served.metrics['accuracy'])} (95 % interval); always the most frequent one would have been for "
        f"{_percent(usual.metrics['accuracy'])}.",
    )


def _percent(found: Estimate) -> str:
    return f"{found.value:.0%} [{found.low:.0%}, {found.high:.0%}]".replace("%", " %")


SHEETS = (
    Sheet(
        "churn_reasons",
        "A reason for leaving, and how many of those likely to leave are expected to have it",
        columns(
            ("reason", Kind.TEXT, "Why a user leaves"),
            ("share", Kind.NUMBER, "Its share among those likely to leave who do", "share"),
            ("baseline_share", Kind.NUMBER, "Its share among those who left before: what the baseline says", "share"),
            ("number", Kind.NUMBER, "How many of those likely to leave are expected to, for this reason", "users"),
            ("low_80", Kind.WHOLE, "Lower end of its 80 % interval", "users"),
            ("high_80", Kind.WHOLE, "Upper end of its 80 % interval", "users"),
            ("low_95", Kind.WHOLE, "Lower end of its 95 % interval", "users"),
            ("high_95", Kind.WHOLE, "Upper end of its 95 % interval", "users"),
            ("chosen", Kind.WHOLE, "Users likely to leave of whom it is the chosen reason", "users"),
        ),
        make,
        targets=TARGETS,
        order="-share",
        state=state,
    ),
)
