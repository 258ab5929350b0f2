"""How the documentation becomes a site: `make docs`. Nothing in it is fetched from elsewhere."""

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE / "_ext"), str(_HERE.parent)]

project = "Refrain"
author = "Refrain"
html_title = "Refrain"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False

extensions = ["myst_parser", "measured", "openapi_paths", "reachable"]
myst_heading_anchors = 4
highlight_language = "text"  # a block without a language is a command line or a table of figures
exclude_patterns = ["_ext"]
templates_path: list[str] = []
html_extra_path = ["openapi.json"]
html_static_path = ["_static"]
html_css_files = ["refrain.css"]

html_theme = "furo"
html_theme_options = {
    # Readable in both: 4.5 : 1 and more on their grounds. Dark is what the reader's system asks for.
    "light_css_variables": {"color-brand-primary": "#2447a3", "color-brand-content": "#2447a3"},
    "dark_css_variables": {"color-brand-primary": "#9db7ff", "color-brand-content": "#9db7ff"},
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
