"""What the pages name is there: commands with their options, files, and the columns of datasets."""

import re

import click
import pytest
import typer
from pages import DOCS, ROOT, commands, inline, pages, tables

from features.registry import all_targets
from refrain.datasets import DATASETS
from serving.cli import app

PAGES = pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
_PLACES = ("benchmarks", "contracts", "dashboard", "docs", "features", "flows", "models", "refrain", "serving")
_FILE = re.compile(rf"^(?:{'|'.join((*_PLACES, 'sources', 'tasks', 'tests'))})/[a-z0-9_/.-]*$")
_WRITTEN_BY_READERS = ("features/dropping.py", "tests/features/test_dropping.py")


def _command(words):
    """The command that `words` begin with, and the words after its name."""
    found = typer.main.get_command(app)
    rest = list(words)
    while isinstance(found, click.Group) or hasattr(found, "commands"):
        assert rest, "names no command"
        assert rest[0] in found.commands, f"there is no command {rest[0]!r}"
        found = found.commands[rest.pop(0)]
    return found, rest


@PAGES
def test_every_command_in_a_block_would_be_taken(page):
    """Parsed as the command line parses them, and not run."""
    for words in commands(page):
        if words:
            command, rest = _command(words)
            command.make_context(command.name, rest)


@PAGES
def test_every_command_in_the_text_exists_with_its_options(page):
    for text in inline(page):
        words = text.split()
        if words[0].rpartition("/")[2] != "refrain" or len(words) < 2 or not words[1].islower():
            continue
        command, rest = _command(words[1:])
        known = {option for parameter in command.params for option in parameter.opts}
        named = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(rest))
        assert set(named) <= known, f"`{text}`: of {sorted(known)}"


def test_the_commands_are_found_at_all():
    found = [words[0] for page in pages() for words in commands(page) if words]
    assert {"run", "serve", "import", "forecast", "churn", "predict", "schedule"} <= set(found)


@PAGES
def test_every_linked_file_is_there(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in links:
        if not re.match(r"[a-z]+:|#", link):
            assert (page.parent / link.partition("#")[0]).exists(), link


@PAGES
def test_every_file_of_the_project_that_is_named_is_there(page):
    for text in inline(page):
        if _FILE.match(text) and text not in _WRITTEN_BY_READERS:
            assert (ROOT / text).exists(), text


def test_the_datasets_page_lists_every_column_and_says_which_may_be_absent():
    (table,) = [rows for rows in tables(DOCS / "own-data.md") if rows[0] == ["dataset", "a row is", "columns"]]
    listed = {row[0].strip("`"): row[2] for row in table[1:]}
    assert set(listed) == set(DATASETS)
    for name, cell in listed.items():
        optional = set(re.findall(r"\*`(\w+)`\*", cell))
        assert set(re.findall(r"`(\w+)`", cell)) == {column.name for column in DATASETS[name].columns}
        assert optional == {column.name for column in DATASETS[name].columns if not column.required}


def test_the_guides_name_columns_that_there_are():
    found = 0
    for page in (DOCS / "guides").glob("*.md"):
        for rows in tables(page):
            for row in rows[1:] if rows[0][:2] == ["dataset", "column"] else ():
                dataset = DATASETS[row[0].strip("`")]
                names = re.findall(r"`(\w+)`", row[1])
                assert set(names) <= {column.name for column in dataset.columns}, page.name
                found += len(names)
    assert found > 40


def test_each_target_is_in_one_guide():
    text = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "guides").glob("*.md"))
    for name in all_targets():
        assert text.count(f"```{{measured}} {name}\n") == 1
