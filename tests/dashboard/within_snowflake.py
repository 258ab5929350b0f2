"""Run by a test in the assembled folder: draws the application where nothing is that Snowflake does not have.

Its argument is a file of SQLite's, which stands for Snowflake.
"""

import importlib
import pkgutil
import sqlite3
import sys
from pathlib import Path

FOLDER = str(Path.cwd())
ABSENT = ("httpx", "sqlalchemy", "polars", "pydantic", "mlflow", "sklearn", "orjson", "prefect")
OURS = ("serving", "flows", "tasks", "features", "models", "sources", "contracts")


class Absent:
    """Finds nothing that is not there."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in (*ABSENT, *OURS):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


class Connection:
    def cursor(self):
        self.opened = sqlite3.connect(sys.argv[1]).cursor()
        return self

    def execute(self, sql, values):
        self.opened.execute(sql, values)

    def fetchall(self):
        return self.opened.fetchall()


sys.meta_path.insert(0, Absent())
sys.path.insert(0, FOLDER)

import streamlit as st  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

st.connection = lambda name: Connection()
app = AppTest.from_file(f"{FOLDER}/streamlit_app.py", default_timeout=60).run()
assert not app.exception, app.exception
assert not app.error, app.error[0].value
assert app.title[0].value == "Overview"
assert "Snowflake" in app.sidebar.caption[0].value
app.run()
assert app.title[0].value == "Overview", "it is drawn each time"

import dashboard  # noqa: E402

assert dashboard.__file__.startswith(FOLDER)
for module in pkgutil.walk_packages(dashboard.__path__, "dashboard."):
    if module.name not in ("dashboard.app", "dashboard.source.api"):
        importlib.import_module(module.name)
