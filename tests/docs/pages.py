"""The pages of docs/ as the tests read them: their code blocks, links and tables."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"\A:caption: (?P<caption>[^\n]+)\n\n")


@dataclass(frozen=True)
class Block:
    """A fenced block: the file that its caption names, where it has one, and its text."""

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
