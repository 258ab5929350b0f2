"""The API and the published tables answer the same questions alike."""

from itertools import islice

import pytest
from event_stores import postgres_address  # noqa: F401
from pandas.testing import assert_frame_equal

from tasks.sheets.material import Material
from tasks.sheets.registry import all_sheets

SHEETS = all_sheets()
_ROWS = 100
_PARTS = 1


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def published(request, publish_world):
    if request.param == "sqlite":
        return request.getfixturevalue("tables")
    return publish_world(request.getfixturevalue("postgres_address"))


def parts_of(sheet, material):
    """What has to be given to be answered: nothing, or one of the first parts."""
    found = [part for part, _ in islice(sheet.every_part(material), _PARTS)]
    return [part for part in found if part or not sheet.parted_by]


def written(value):
    """As it is asked for."""
    if hasattr(value, "isoformat"):
        return value.isoformat() if value.tzinfo else value.date().isoformat()
    return str(value).lower() if value is True or value is False else str(value)


def questions(sheet, rows, part):
    """Everything; of a column of each kind its order and one of its values; a search."""
    yield {"where": part, "limit": _ROWS}
    for place, name in enumerate({column.kind: column.name for column in rows.columns.values()}.values()):
        yield {"where": part, "order": f"{'-' if place % 2 else ''}{name}", "limit": 7}
        known = rows.frame[name].dropna().astype(object)
        if len(known):
            yield {"where": {**part, name: written(known.iloc[len(known) // 2])}, "limit": _ROWS}
    for name in sheet.search[:1]:
        known = rows.frame[name].dropna()
        if len(known):
            yield {"where": part, "search": str(known.iloc[-1])[:6].upper(), "limit": _ROWS}


@pytest.mark.parametrize("name", SHEETS)
def test_both_sources_answer_alike(source, published, small_data, small_registry, name):
    sheet = SHEETS[name]
    for part in parts_of(sheet, Material(small_data, small_registry)):
        for question in questions(sheet, source.sheet(name, part, limit=_ROWS), part):
            expected, found = source.sheet(name, **question), published.sheet(name, **question)
            assert found.total == expected.total, question
            assert_frame_equal(found.frame, expected.frame)
            assert beside(found) == beside(expected)


def beside(rows):
    return rows.title, rows.columns, rows.notes, rows.models, rows.missing
