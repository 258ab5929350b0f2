"""A directive for the table of an OpenAPI document's paths: ```{openapi-paths} openapi.json```."""

import json
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from tables import table

_COLUMNS = (("ask", 35), ("what it answers", 65))


class OpenApiPaths(Directive):
    """One row for each operation: its method and path, and its summary."""

    required_arguments = 1
    has_content = False
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """The table, made of the document that lies beside the page."""
        environment = self.state.document.settings.env
        page = Path(environment.doc2path(environment.docname))
        file = page.parent / self.arguments[0]
        environment.note_dependency(str(file))
        document = json.loads(file.read_text(encoding="utf-8"))
        rows = [
            (nodes.literal(text=f"{method.upper()} {path}"), nodes.Text(operation.get("summary", "")))
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        ]
        return [table(_COLUMNS, rows)]


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx asks of an extension."""
    app.add_directive("openapi-paths", OpenApiPaths)
    return {"version": "1", "parallel_read_safe": True}
