"""One target on the page Overview."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.shown import metric_words, states, words

Card = Mapping[str, Any]
"""A row of the sheet `targets`, with `run`: the row of the sheet `runs` that belongs to it, or nothing."""
_TOGETHER = "\N{NO-BREAK SPACE}"


def card(one: Card) -> None:
    """What is served, beside the baseline; ages; the last run; links."""
    st.subheader(one["target"], anchor=False)
    st.markdown(one["question"])
    if one["problem"]:
        st.warning(one["problem"], icon=":material/warning:")
    if not words.is_known(one["version"]):
        st.markdown(f"Nothing answers yet. Run `refrain run {one['target']}`.")
    else:
        states.baseline_served(one)
        st.markdown(_comparison(one))
        st.markdown("  \n".join(_ages(one)))
    _last_run(one["run"])
    _links(one)


def _comparison(one: Card) -> str:
    """The model and its bar as a small table."""
    heading = metric_words.with_direction(one["metric_name"], one["higher_is_better"])
    served = words.model(one).replace("version ", f"version{_TOGETHER}")
    rows = [(f"**{served}**", words.score(one["metric"], one["metric_low"], one["metric_high"]))]
    if words.is_known(one["baseline"]) and not one["is_baseline"]:
        bar = words.score(one["baseline_metric"], one["baseline_metric_low"], one["baseline_metric_high"])
        between = words.score(one["difference"], one["difference_low"], one["difference_high"], sign=True)
        rows += [(f"the baseline {one['baseline']}", bar), ("difference", between)]
    lines = "".join(f"| {label} | {value.replace(' ', _TOGETHER)} |\n" for label, value in rows)
    return f"| What is served | {heading} |\n|---|---|\n{lines}"


def _ages(one: Card) -> tuple[str, ...]:
    return (
        f"Its data reaches to {_dated(one['data_until'])}.",
        f"The model learned up to {_dated(one['learned_until'])}.",
        _since(words.moment(one["registered_at"]), words.moment(one["promoted_at"])),
    )


def _since(registered: str, promoted: str) -> str:
    if registered == promoted:
        return f"Registered and served since {registered}."
    return f"Registered {registered}; served since {promoted}."


def _dated(value: Any) -> str:
    return f"{words.day(value)}, {words.age(value)}" if words.is_known(value) else f"a day that is {words.NOT_KNOWN}"


def _last_run(run: Card) -> None:
    if not run or not words.is_known(run["flow_run_id"]):
        st.markdown("Last flow run: none is known.")
    elif not words.is_known(run["state"]):
        st.markdown(f"Last flow run that is known: registered a version {words.moment(run['registered_at'])}.")
    else:
        st.markdown(f"Last flow run: **{run['state']}**, begun {words.moment(run['started'])}{_took(run)}.")
        if run["state"] not in ("Completed", "Running"):
            # As it is: what a fault says is no Markdown.
            st.text(run["message"])


def _took(run: Card) -> str:
    if not words.is_known(run["seconds"]):
        return ""
    minutes, seconds = divmod(round(float(run["seconds"])), 60)
    taken = f"{minutes:,} minutes {seconds} seconds" if minutes else f"{seconds} seconds"
    return f", took {taken}" if words.is_known(run["ended"]) else f", {taken} so far"


def _links(one: Card) -> None:
    run = one["run"]
    with st.container(horizontal=True, key=f"overview-links-{one['target']}"):
        if run and words.is_known(run["url"]):
            st.link_button("Last run in Prefect", run["url"], icon=":material/play_circle:")
        if words.is_known(one["registry_url"]):
            st.link_button(f"Version {one['version']} in MLflow", one["registry_url"], icon=":material/inventory_2:")
