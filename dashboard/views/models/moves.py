"""Who pointed which alias of a target to which version, on the page Models."""

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Source


def moves(source: Source, target: str) -> None:
    """The moves of the aliases, the newest first; of the champion alone where that is asked for."""
    found = states.sheet(source, "alias_moves", {"target": target})
    if found is None:
        return
    only = st.toggle("Only of the champion", value=True, key="models-moves-champion")
    frame = found.frame[found.frame["alias"] == "champion"] if only else found.frame
    table = pd.DataFrame(
        {
            "When": [words.moment(value) for value in frame["moved_at"]],
            "Alias": frame["alias"],
            "From version": [
                words.amount(value) if words.is_known(value) else "none" for value in frame["from_version"]
            ],
            "To version": frame["to_version"],
            "Who": frame["who"],
            "By a flow run": ["yes" if run else "no, by hand" for run in frame["flow_run_id"]],
            "Why": frame["why"],
        }
    )
    st.dataframe(table, hide_index=True, key="models-moves")
