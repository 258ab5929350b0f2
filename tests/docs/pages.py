"""The pages of docs/ and README.md as the tests read them: their code blocks, commands and tables."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"\A:caption: (?P<caption>[^\n]+)\n\n")
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PROGRAM = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:\S*/)?refrain(?=\s|$)")


@dataclass(frozen=True)
class Block:
    """A fenced block: the caption that names its file, where it has one, and its text."""

    info: str
    caption: str
    text: str


def pages() -> list[Path]:
    """README.md and every page of docs/."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    found = []
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        body, captioned = match["body"], _CAPTION.match(match["body"])
        text = body[captioned.end() :] if captioned else body
        found.append(Block(match["info"].strip(), captioned["caption"] if captioned else "", text))
    return found


def block(page: Path, caption: str) -> str:
    """The text of the one block with this caption."""
    (found,) = [one.text for one in blocks(page) if one.caption == caption]
    return found


def commands(page: Path) -> Iterator[list[str]]:
    """The words after `refrain` of every command line in the page's blocks."""
    for one in blocks(page):
        for line in one.text.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|\||;|\|", line):
                if _PROGRAM.match(part.strip()):
                    yield shlex.split(_PROGRAM.sub("", part.strip()), comments=True)


def inline(page: Path) -> list[str]:
    """What stands between backticks in the page's text."""
    return _INLINE.findall(_BLOCK.sub("", page.read_text(encoding="utf-8")))


def tables(page: Path) -> Iterator[list[list[str]]]:
    """The page's tables: their rows of cells, the head first."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for lines in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines.splitlines()]
        yield [row for row in rows if not all(set(cell) <= set("-: ") for cell in row)]
