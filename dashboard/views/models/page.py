"""The page Models: what is registered of a target, how it compares, and how it came to be served."""

import streamlit as st

from dashboard.shown import metric_words, states
from dashboard.source.source import Source
from dashboard.views.models import compared as models_compared
from dashboard.views.models import moves as models_moves
from dashboard.views.models import one as models_one
from dashboard.views.models import versions as models_versions
from dashboard.views.models.words import champion_of, label_of

TITLE = "Models"
QUESTION = "Which versions of a target's models are registered, how well did each do, and what tells one from another?"


def page(source: Source) -> None:
    """Draw it."""
    states.page(source, TITLE, QUESTION, _body)


def _body(source: Source) -> None:
    targets = states.sheet(source, "targets")
    if targets is None:
        return
    questions = dict(zip(targets.frame["target"], targets.frame["question"], strict=True))
    target = st.selectbox("Target", list(questions), key="models-target")
    st.markdown(questions[target])
    found = states.sheet(source, "versions", {"target": target})
    if found is None:
        return
    versions = found.frame
    st.caption(metric_words.headline(versions["metric_name"].iloc[0]))
    st.header("Versions", anchor=False)
    models_versions.versions(versions)
    st.header("One version", anchor=False)
    labels = {label_of(row): int(row["version"]) for _, row in versions.iterrows()}
    chosen = st.selectbox("Version", list(labels), index=champion_of(versions), key=f"models-version-{target}")
    models_one.one_version(source, versions, labels[chosen])
    st.header("Two versions compared", anchor=False)
    models_compared.compared(source, versions)
    st.header("Who moved which alias", anchor=False)
    models_moves.moves(source, target)
