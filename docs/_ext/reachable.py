"""What the theme leaves out: code and tables that scroll are reached by the keyboard, captions have a level."""

from typing import Any

from sphinx.application import Sphinx

_AFTER_THE_THEME = 900
_BODY = (("<pre>", '<pre tabindex="0">'), ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'))
_NAVIGATION = (('class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"'),)


def _mend(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Change the page's body and its navigation before they are written."""
    for name, changes in (("body", _BODY), ("furo_navigation_tree", _NAVIGATION)):
        for before, after in changes if context.get(name) else ():
            context[name] = context[name].replace(before, after)


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx asks of an extension."""
    app.connect("html-page-context", _mend, priority=_AFTER_THE_THEME)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
