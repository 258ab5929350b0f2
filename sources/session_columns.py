"""Which column of a session log is which: by the names of the collector's fields, and those that others give them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from refrain.datasets import EVENTS, SHOWS, USERS, Dataset
from refrain.errors import InputError
from sources.tabular import locate

NAME = "session-logs"
END = "logout_time"
"""When a session ended: no column of the dataset, but what others are held against."""
NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # In the order of preference; the first of each is the dataset's own.
    USERS.name: {
        "user_id": ("user_id", "userid", "customer_id", "account_id", "member_id", "user", "id"),
        "registered_at": (
            "registered_at",
            "registration_date",
            "signup_date",
            "sign_up_date",
            "joined_at",
            "join_date",
            "created_at",
        ),
        "age": ("age",),
        "country": ("country", "country_code"),
        "preferred_genre": ("preferred_genre", "favourite_genre", "favorite_genre"),
        "subscription": ("subscription", "subscription_type", "plan", "plan_type", "tier"),
        "cancelled_at": ("cancelled_at", "canceled_at", "cancellation_date", "cancel_date", "churn_date"),
        "churn_reason": ("churn_reason", "cancellation_reason", "cancel_reason"),
    },
    SHOWS.name: {
        "show_id": ("show_id", "content_id", "title_id", "id"),
        "title": ("title", "show_title", "show_name", "name"),
        "genre": ("genre", "main_genre"),
        "duration_min": ("duration_min", "duration_minutes", "runtime_min", "runtime", "duration"),
        "released_at": ("released_at", "release_date", "premiere_date"),
        "rating": ("rating", "score", "imdb_rating"),
    },
    EVENTS.name: {
        "user_id": ("user_id", "userid", "customer_id", "account_id", "member_id", "user"),
        "login_time": ("login_time", "session_start", "start_time", "started_at", "login"),
        END: ("logout_time", "session_end", "end_time", "ended_at", "logout"),
        "content_watched": ("content_watched", "shows_watched", "content", "content_id", "show_id"),
        "genres_watched": ("genres_watched", "genres", "genre"),
        "total_watch_time": ("total_watch_time", "watch_time", "watch_minutes", "minutes_watched"),
        "num_pauses": ("num_pauses", "pauses", "pause_count"),
        "buffer_events": ("buffer_events", "buffering_events", "rebuffers"),
        "was_recommended": ("was_recommended", "recommended", "is_recommended"),
    },
}


@dataclass(frozen=True)
class Layout:
    """How a log is laid out."""

    header: list[str]
    positions: Mapping[str, int]
    """Canonical name, or END -> where it stands."""

    @property
    def labels(self) -> dict[str, str]:
        """Canonical name, or END -> what the file calls it."""
        return {name: self.header[place] for name, place in self.positions.items()}


def find_layout(path: Path, dataset: Dataset, header: Sequence[str], columns: Mapping[str, str]) -> Layout:
    """Where the columns of `dataset` stand in `header`; `columns` maps canonical names to the file's.

    Raises InputError where a required one, or one that `columns` names, is not there.
    """
    wanted = {name: columns.get(name) or _by_alias(name, known, header) for name, known in NAMES[dataset.name].items()}
    required = [*dataset.required, *(name for name in columns if name in wanted)]
    hint = "Known names are " + "; ".join(
        f"for {name}: {', '.join(NAMES[dataset.name][name])}" for name in dataset.required
    )
    return Layout(
        list(header), locate(path, header, wanted, required, source=NAME, hint=f"{hint}. Map others to these.")
    )


def require_known(columns: Mapping[str, str]) -> None:
    """Raise InputError where a mapping speaks of a column that no dataset of session logs has."""
    known = list(dict.fromkeys(name for names in NAMES.values() for name in names))
    for name in columns:
        if name not in known:
            raise InputError(
                f"The mapping of columns speaks of {name}, which no dataset of {NAME} has.",
                hint=f"There are {', '.join(known)}.",
            )


def fits(dataset: Dataset, header: Sequence[str], columns: Mapping[str, str]) -> bool:
    """Whether a file with this header can hold `dataset`."""
    known = NAMES[dataset.name]
    return all((columns.get(name) or _by_alias(name, known[name], header)) in header for name in dataset.required)


def _by_alias(name: str, known: Sequence[str], header: Sequence[str]) -> str:
    plain = {re.sub(r"[^a-z0-9]+", "_", given.casefold()).strip("_"): given for given in reversed(header)}
    return next((plain[alias] for alias in known if alias in plain), name)
