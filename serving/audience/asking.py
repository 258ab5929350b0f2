"""What the process beside says of the audience, as JSON: its data, asked of the versions that are named."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pandas as pd

from features.registry import find_target
from features.target import AS_OF
from models.compiled.rows import Rows
from refrain.project import Project
from tasks.audience.choosing import Audiences
from tasks.audience.faults import NoAudienceError
from tasks.audience.hourly_figures import hourly_figures
from tasks.audience.known import HOURLY, At, Audience
from tasks.champions.loaded import columns_of, identity
from tasks.churn_figures import CHURN, DRIVERS, REASON, AskedModel, churn_figures, explained, load_asked
from tasks.collected.store import EventStore
from tasks.tracking import open_store
from tasks.versions import read_target

Models = Callable[[str, int], AskedModel]
"""A target's version, loaded. Raises ModelError."""
_MOST_KEPT = 64
_MOST_MODELS = 8


def registered(project: Project) -> Models:
    """Versions from a project's registry, the last ones kept."""
    store = open_store(project)
    kept: OrderedDict[Hashable, AskedModel] = OrderedDict()

    def loaded(target: str, number: int) -> AskedModel:
        version = read_target(store, target).version(number)
        key = identity(version)
        if key not in kept:
            kept[key] = load_asked(store, version)
            if len(kept) > _MOST_MODELS:
                kept.popitem(last=False)
        return kept[key]

    return loaded


class AskedAudience:
    """Answers from the store where it holds sessions, otherwise from the project's datasets; the last ones are kept.

    An answer is made anew where anything that it rests on has changed. `at` is explained at tasks.audience.known.At.
    """

    def __init__(
        self,
        project: Project,
        store: EventStore,
        models: Models,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._audiences = Audiences(project, store, clock)
        self._models, self._timezone = models, self._audiences.settings.hourly.timezone
        self._kept: OrderedDict[Hashable, str] = OrderedDict()

    def answer(self, question: str, at: str | None, **given: Any) -> str:
        """The answer to one of QUESTIONS. `at`: a day, or a moment with its offset."""
        return QUESTIONS[question](self, _read_at(at), **given)

    def churn_summary(self, at: At, threshold: float | None, users: int, churn: int, reason: int | None) -> str:
        """tasks.churn_figures.ChurnFigures with the `users` likeliest to leave, and where the data is kept.

        `churn`, `reason`: versions.
        """
        audience = self._audiences.newest()
        as_of = audience.churn_as_of(at)
        asked, why = self._models(CHURN, churn), None if reason is None else self._models(REASON, reason)
        by_whom = (asked.identity, None if why is None else why.identity)
        return self._remembered(
            (audience.source, audience.state(as_of, "UTC"), "churn summary", as_of, threshold, users, by_whom),
            lambda: _churn_summary(audience, as_of, threshold, users, asked, why),
        )

    def churn_rows(self, at: At, user_ids: Sequence[str]) -> str:
        """source, as_of, user_ids; numbers and words as models.compiled.rows.Rows has them; missing: user -> why."""
        audience = self._audiences.newest()
        as_of = audience.churn_as_of(at)
        found = audience.users(as_of, user_ids)
        rows = Rows.of_frame(found.rows, columns_of(find_target(CHURN)))
        return _json(
            {
                "source": audience.source,
                "as_of": str(as_of),
                "user_ids": list(found.rows["user_id"]),
                "numbers": rows.numbers,  # JSON has no NaN: it is written as null
                "words": {name: list(values) for name, values in rows.words.items()},
                "missing": dict(found.missing),
            }
        )

    def hourly(self, at: At, champion: int, usual: int | None) -> str:
        """tasks.audience.hourly_figures.HourlyFigures, and where the data is kept. `champion`, `usual`: versions."""
        audience = self._audiences.newest()
        as_of = audience.hourly_as_of(at)

        asked, bar = self._models(HOURLY, champion), None if usual is None else self._models(HOURLY, usual)
        by_whom = (asked.identity, None if bar is None else bar.identity)

        def made() -> str:
            found = hourly_figures(as_of, audience.hours(as_of), asked, bar, self._timezone)
            return _json({"source": audience.source, **found.model_dump(mode="json")})

        state = audience.state(as_of, self._timezone)
        return self._remembered((audience.source, state, "hourly", as_of, by_whom), made)

    def _remembered(self, key: Hashable, make: Callable[[], str]) -> str:
        """The answer that was made when `key`, all that it rests on, was the same."""
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


QUESTIONS: Mapping[str, Callable[..., str]] = {
    question.__name__: question
    for question in (AskedAudience.churn_summary, AskedAudience.churn_rows, AskedAudience.hourly)
}


def _churn_summary(
    audience: Audience, as_of: date, threshold: float | None, users: int, asked: AskedModel, why: AskedModel | None
) -> str:
    day = audience.churn_day(as_of)
    if day.rows.empty:
        raise NoAudienceError(f"Nobody was there in the four weeks up to {as_of}.", hint="Choose another day.")
    figures, table = churn_figures(day, asked, why, threshold)
    shown, scale = explained(table.head(max(users, 1)), day, asked)
    return _json(
        {
            "source": audience.source,
            **figures.model_dump(mode="json"),
            "scale_of_effects": scale,
            "top_users": [_user(user) for user in shown.head(users).to_dict("records")],
        }
    )


def _read_at(text: str | None) -> At:
    if text is None:
        return None
    return date.fromisoformat(text) if len(text) == len("2026-01-01") else datetime.fromisoformat(text)


def _user(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A user of the table, as JSON has it."""
    drivers = [(row[f"driver_{place}"], row[f"effect_{place}"]) for place in range(1, DRIVERS + 1)]
    reasons = {name.removeprefix("reason_"): value for name, value in row.items() if name.startswith("reason_")}
    reason = row.get("reason")
    return {
        "user_id": row["user_id"],
        AS_OF: str(row[AS_OF]),
        "probability": row["probability"],
        "likely": bool(row["likely"]),
        "reason": reason if isinstance(reason, str) else None,
        "reasons": reasons if isinstance(reason, str) else None,
        "drivers": [{"feature": name, "effect": effect} for name, effect in drivers if not pd.isna(effect)],
    }


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
