"""Reads what a page asks its reader to type, and plays it.

Of the README and of `docs/`, every block that is fenced as

- `sh` is run, in the page's order, unless an HTML comment right before it says `<!-- not run: WHY -->`. It holds
  `quantgate` commands; each must end with 0, one that judges (`check`, `gate`, `compare`, `claim`) with the code of a
  verdict;
- `console` shows a command after `$` and what it prints, where `...` on a line of its own stands for what is left out;
- `yaml title="NAME"` is the file of that name.

The reader's endpoints are played by the tests' served models, and the hub, which tests cannot reach, by a local file:
`Place.played` is all that is changed about a command, `Place.write` about a file.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"(?P<indent> *)```(?P<kind>\w*)(?P<told>[^`]*)")
_NOT_RUN = re.compile(r"<!-- not run: \S.* -->")
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block. `title` names the file that it is, `line` is where it begins."""

    kind: str
    title: str | None
    text: str
    line: int
    not_run: bool

    def commands(self) -> list[list[str]]:
        """The words of each command; of a console block the one that it shows."""
        if self.kind == "console":
            return [shlex.split(self.text.splitlines()[0].removeprefix("$ "))]
        whole = self.text.replace("\\\n", " ")
        return [words for line in whole.splitlines() if (words := shlex.split(line, comments=True))]

    def expected(self) -> str:
        """What a console block shows of the output."""
        return self.text.partition("\n")[2]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page. Raises ValueError for one that is not closed."""
    return list(_blocks(page.read_text(encoding="utf-8").splitlines()))


def _blocks(lines: list[str]) -> Iterator[Block]:
    start: int | None = None
    opened = None
    for number, line in enumerate(lines):
        found = _FENCE.fullmatch(line.rstrip())
        if start is None and found:
            start, opened = number, found
        elif start is not None and opened is not None and line.strip() == "```":
            indent = len(opened["indent"])
            inner = [each[indent:] for each in lines[start + 1 : number]]
            title = _TITLE.search(opened["told"])
            before = next((each.strip() for each in reversed(lines[:start]) if each.strip()), "")
            yield Block(
                opened["kind"],
                title[1] if title else None,
                "\n".join(inner) + "\n",
                start + 1,
                bool(_NOT_RUN.fullmatch(before)),
            )
            start = None
    if start is not None:
        raise ValueError(f"the block that begins in line {start + 1} is not closed")


@dataclass(frozen=True)
class Place:
    """Where a page is played: a folder, and what stands for the reader's addresses."""

    folder: Path
    addresses: dict[str, str]

    def played(self, words: list[str]) -> list[str]:
        """A command with the tests' addresses, and with a local file where GSM8K would come from the hub."""
        there = [self.addresses.get(word, word) for word in words]
        if there[1] == "run" and not {"--data", "--data-dir"} & set(there):
            there += ["--data", "gsm8k=test.jsonl"]
        return there

    def write(self, block: Block) -> None:
        """Write a block that is a file, with the tests' addresses, and local data where the hub's would be taken."""
        assert block.title is not None
        text = block.text
        for address, there in self.addresses.items():
            text = text.replace(address, there)
        if "data" not in text:
            text = text.replace("gsm8k: {", "gsm8k: {data: test.jsonl, ")
        (self.folder / block.title).write_text(text, encoding="utf-8")
