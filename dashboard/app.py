"""The application: `refrain dashboard` runs this file under Streamlit."""

from functools import partial
from pathlib import Path
from types import ModuleType

import streamlit as st

from dashboard.source.choosing import source_of
from dashboard.source.source import Source
from dashboard.views.activity import page as activity
from dashboard.views.breakout import page as breakout
from dashboard.views.catalogue import page as catalogue
from dashboard.views.churn import page as churn
from dashboard.views.hits import page as hits
from dashboard.views.models import page as models
from dashboard.views.overview import page as overview
from dashboard.views.streams import page as streams

_ICON = Path(__file__).with_name("icon.svg")
_ICONS = {
    overview: "dashboard",
    hits: "star",
    streams: "equalizer",
    catalogue: "library_music",
    churn: "directions_walk",
    activity: "schedule",
    breakout: "trending_up",
    models: "balance",
}


@st.cache_resource
def _source() -> Source:
    return source_of()


def main() -> None:
    """Draw the page that is asked for."""
    st.set_page_config(page_title="Refrain", page_icon=_ICON.read_text(encoding="utf-8"), layout="wide")
    source = _source()
    chosen = st.navigation([_page(module, icon, source) for module, icon in _ICONS.items()])
    st.sidebar.caption(f"Asks {source.name}.")
    chosen.run()


def _page(module: ModuleType, icon: str, source: Source) -> "st.Page":
    name = module.__name__.split(".")[-2]  # dashboard.views.NAME.page
    return st.Page(
        partial(module.page, source),
        title=module.TITLE,
        icon=f":material/{icon}:",
        url_path=name,
        default=module is overview,
    )


main()
