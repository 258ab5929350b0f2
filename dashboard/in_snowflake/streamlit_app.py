"""The application within Snowflake: the same pages, over what `refrain publish` wrote (docs/publishing.md)."""

import os
import runpy

os.environ.setdefault("REFRAIN_TABLES", "snowflake")
# Not an import, which would run it once: Streamlit runs this file anew for each page that is drawn.
runpy.run_module("dashboard.app")
