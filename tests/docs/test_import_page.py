"""The page on other tools' results names every format that can be read, and every target that can be written."""

from __future__ import annotations

import re

from quantgate.evals.foreign import formats
from quantgate.evals.foreign.export import targets
from quantgate.evals.foreign.table import KNOWN
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> set[str]:
    """What stands as code in the first cells of the tables of a section."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    return {name for cell in rows for name in re.findall(r"`([^`]+)`", cell)}


def test_every_format_has_a_row():
    assert first_cells("Formats") == set(formats.NAMES)


def test_every_target_has_a_row():
    assert first_cells("Export") == set(targets.NAMES)


def test_every_column_of_a_table_is_named():
    section = PAGE.partition("\n## Tables\n")[2]
    assert [name for name in KNOWN if f"`{name}`" not in section] == []
