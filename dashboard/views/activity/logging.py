"""Forms that tell the collector of a session, and of a user."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from dashboard.shown import states
from dashboard.source.source import OutOfReachError, RefusedError, Source

_STATE = "activity"
_SAID = "activity-said"
"""What came of the last form, and when."""
_SHOWN_FOR = timedelta(minutes=1)
"""Not only once: the page may be drawn anew at once, where the store takes over from the datasets."""
_UNKNOWN, _YES, _NO = "not known", "yes", "no"
_RECOMMENDED = {_UNKNOWN: None, _YES: True, _NO: False}


def logging(source: Source) -> None:
    """The forms, folded, where there is an API to send them to."""
    st.subheader("Log a session", anchor=False)
    if not source.predicts:
        states.only_with_the_api()
        return
    st.markdown(
        "Whatever is sent to the API (`POST /log-event`), from here or from elsewhere, is in the figures above at "
        "their next refresh: as soon as the session has ended, and its user is registered."
    )
    _show_what_came()
    with st.expander("Log a session", key="activity-log"):
        _session_form(source)
    with st.expander("Register a user", key="activity-register"):
        _user_form(source)


def _session_form(source: Source) -> None:
    begun = st.session_state.setdefault("activity-usual-begun", datetime.now(UTC) - timedelta(hours=1))
    with st.form("activity-session", border=False):
        first, second, third = st.columns(3)
        first.text_input("User", key="activity-user", placeholder="as u-17", help="The user's id, no e-mail address.")
        second.date_input("Begun on (UTC)", begun.date(), key="activity-date")
        third.time_input("at (UTC)", begun.time().replace(second=0, microsecond=0), key="activity-time", step=300)
        first.number_input("Minutes watched", 0.0, 1440.0, 30.0, 5.0, key="activity-minutes", format="%.1f")
        second.text_input("Shows", key="activity-shows-seen", placeholder="as S00001, S00002", help="Ids, with commas.")
        third.text_input("Genres", key="activity-genres", placeholder="as drama, comedy", help="Empty: not known.")
        first.number_input("Pauses", 0, 10_000, None, key="activity-pauses", placeholder="not known")
        second.number_input("Bufferings", 0, 10_000, None, key="activity-bufferings", placeholder="not known")
        third.selectbox("Recommended to the user", list(_RECOMMENDED), key="activity-recommended")
        st.form_submit_button("Log the session", on_click=_send, args=(source, "/log-event", _session, _logged))


def _user_form(source: Source) -> None:
    with st.form("activity-new-user", border=False):
        first, second, third = st.columns(3)
        first.text_input("User", key="activity-new-id", placeholder="as u-17", help="The user's id, no e-mail address.")
        second.text_input("Country", "DE", key="activity-country")
        third.text_input("Subscription", "basic", key="activity-subscription")
        first.number_input("Age in years", 5, 120, None, key="activity-age", placeholder="not known")
        second.text_input("Preferred genre", key="activity-preferred", placeholder="not known")
        third.date_input("Registered on (UTC)", datetime.now(UTC).date(), key="activity-registered")
        st.form_submit_button("Register the user", on_click=_send, args=(source, "/register-user", _user, _registered))


def _send(
    source: Source,
    path: str,
    body: Callable[[Mapping[str, Any]], dict[str, Any]],
    answered: Callable[[Mapping[str, Any]], tuple[str, str]],
) -> None:
    """Before the page is drawn again, so that its figures already know of it."""
    try:
        kind, said = answered(source.ask(path, body(_entered())))
        st.session_state[_SAID] = (kind, said, datetime.now(UTC))
    except (RefusedError, OutOfReachError) as error:
        st.session_state[_SAID] = ("refused", error, datetime.now(UTC))


def _show_what_came() -> None:
    if _SAID not in st.session_state:
        return
    kind, said, at = st.session_state[_SAID]
    if datetime.now(UTC) - at > _SHOWN_FOR:
        del st.session_state[_SAID]
    elif isinstance(said, RefusedError):
        states.refused(said)
    elif kind == "stored":
        st.success(said, icon=":material/check:")
    else:
        st.warning(str(said), icon=":material/hourglass_empty:")


def _logged(answer: Mapping[str, Any]) -> tuple[str, str]:
    if answer.get("status") == "held":
        return "held", "Kept, but counted nowhere until its user is registered. Register the user below."
    return "stored", "Stored. It counts from the moment at which it has ended."


def _registered(_: Mapping[str, Any]) -> tuple[str, str]:
    return "stored", "Registered. Sessions of this user that were kept back count now."


def _entered() -> Mapping[str, Any]:
    prefix = f"{_STATE}-"
    return {str(key).removeprefix(prefix): value for key, value in st.session_state.items()}


def _session(entered: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "user_id": entered["user"],
        "login_time": datetime.combine(entered["date"], entered["time"], UTC).isoformat(),
        "content_watched": _listed(entered["shows-seen"]),
        "genres_watched": _listed(entered["genres"]) or None,
        "total_watch_time": float(entered["minutes"]),
        "num_pauses": entered["pauses"],
        "buffer_events": entered["bufferings"],
        "was_recommended": _RECOMMENDED[entered["recommended"]],
    }


def _user(entered: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "user_id": entered["new-id"],
        "age": entered["age"],
        "country": entered["country"],
        "registration_date": str(entered["registered"]),
        "preferred_genre": entered["preferred"].strip() or None,
        "subscription_type": entered["subscription"],
    }


def _listed(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]
