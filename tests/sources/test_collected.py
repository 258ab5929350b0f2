"""Exported parts put together as a dataset."""

from pathlib import Path

import pytest

from refrain.errors import InputError, UsageError
from sources.collected import SOURCE
from sources.source import Destination, ImportReport

HEADER = "user_id,login_time,content_watched,genres_watched,total_watch_time,num_pauses,buffer_events,was_recommended\n"
JANUARY = HEADER + "a,2024-01-30T10:00:00Z,s1|s2,,12.5,,0,1\n" + 'b,2024-01-31T23:59:59Z,"x, y",drama,0.1,3,,0\n'
FEBRUARY = HEADER + "a,2024-02-01T00:00:00Z,,,1440.0,,,\n"


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "2024-02.csv").write_text(FEBRUARY)
    (folder / "2024-01.csv").write_text(JANUARY)
    return folder


def put_together(path: Path, dataset: str = "events", columns: dict[str, str] | None = None) -> ImportReport:
    out = path.parent / "out"
    destination = Destination(out / "dataset.csv", out / "rejects.csv")
    return SOURCE.load(dataset, path, SOURCE.options_type(), columns, destination)


def result(path: Path) -> str:
    return (path.parent / "out" / "dataset.csv").read_text()


def test_the_dataset_is_the_parts_one_after_the_other(parts):
    report = put_together(parts)
    assert result(parts) == JANUARY + FEBRUARY.removeprefix(HEADER)
    assert (report.read, report.kept, report.merged, dict(report.rejected)) == (3, 3, 0, {})


def test_a_session_in_two_parts_is_one(parts):
    (parts / "2024-03.csv").write_text(JANUARY)
    report = put_together(parts)
    assert (report.kept, report.merged) == (3, 2)
    assert result(parts) == JANUARY + FEBRUARY.removeprefix(HEADER)


def test_what_is_hidden_is_no_part_and_one_part_may_be_named(parts):
    (parts / ".2024-03.csv.part").write_text("half")
    put_together(parts / "2024-02.csv")
    assert (parts / "out" / "dataset.csv").read_text() == FEBRUARY


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEADER + "a,yesterday,,,1.0,,,\n", "2024-03.csv is not the canonical file"),
        (HEADER.replace(",num_pauses", "") + "a,2024-03-01T00:00:00Z,,,1.0,,\n", "lacks the column num_pauses"),
        ("", "empty"),
        ("user_id\na\n", "no column login_time"),
    ],
)
def test_a_part_that_is_not_as_it_was_written_is_named(parts, content, says):
    (parts / "2024-03.csv").write_text(content)
    with pytest.raises(InputError, match=says):
        put_together(parts)
    assert not (parts.parent / "out" / "dataset.csv").exists()


def test_only_its_own_datasets_and_no_mapping_of_columns(parts):
    with pytest.raises(UsageError, match="users, shows, events, not tracks"):
        put_together(parts, "tracks")
    with pytest.raises(InputError, match="takes no mapping"):
        put_together(parts, columns={"user_id": "id"})
