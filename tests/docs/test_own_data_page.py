"""docs/own-data.md does what it says: its file is imported with its command, and gives what it shows."""

import sys

from pages import DOCS, block, commands

PAGE = DOCS / "own-data.md"


def test_the_worked_example_gives_what_the_page_shows(make_project):
    project = make_project()
    (project.root / "plays.csv").write_text(block(PAGE, "plays.csv"))
    (importing,) = [words for words in commands(PAGE) if words[:2] == ["import", "csv"]]
    said = project.refrain(*importing).out
    assert said.replace(f"{project.root}/", "") == block(PAGE, "what it says")
    assert (project.root / "data" / "raw" / "scrobbles.csv").read_text() == block(PAGE, "data/raw/scrobbles.csv")
    refused = project.command(sys.executable, "-m", "tasks.snapshot", "breakout.core", expect=1)
    told = block(PAGE, "what it says, with exit code 1").removeprefix("Error: breakout.core: ").strip()
    assert told in refused.err.replace(f"{project.root}/", "")
