"""What a page says."""

from streamlit.testing.v1 import AppTest


def said(app: AppTest) -> str:
    """Everything that the page says in words."""
    kinds = (app.title, app.header, app.subheader, app.markdown, app.caption, app.info, app.warning, app.error)
    shown = [element.value for kind in kinds for element in kind]
    figures = [f"{metric.label} {metric.value} {metric.delta}" for metric in app.metric]
    return "\n".join([*shown, *figures])
