"""A table of a page, made of cells."""

from collections.abc import Iterable, Sequence

from docutils import nodes


def table(head: Sequence[tuple[str, int]], rows: Iterable[Iterable[nodes.Node]]) -> nodes.table:
    """A table whose columns have the names and the relative widths of `head`."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=width) for _, width in head]
    group += nodes.thead("", _row(nodes.Text(name) for name, _ in head))
    group += nodes.tbody("", *(_row(cells) for cells in rows))
    return nodes.table("", group)


def _row(cells: Iterable[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))
