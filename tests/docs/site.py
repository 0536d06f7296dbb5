"""The documents as MkDocs builds them."""

from __future__ import annotations

import re
import runpy
from typing import Any

from tests.docs.pages import ROOT


def reference() -> dict[str, Any]:
    """The names of `docs/reference.py`, which MkDocs loads by its path."""
    return runpy.run_path(str(ROOT / "docs" / "reference.py"))


def options() -> dict[str, set[str]]:
    """The options of every verb, as the command reference lists them."""
    found: dict[str, set[str]] = {}
    verb = ""
    for line in reference()["reference"]().splitlines():
        if line.startswith("## "):
            verb = line.removeprefix("## ")
            found[verb] = {"--help"}
        elif option := re.match(r"\| `(--[\w-]+)`", line):
            found[verb].add(option[1])
    return found
