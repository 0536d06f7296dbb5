"""The suite that a release was asked by, as its reports name it: its sources, what it leaves out, what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AskedSuite:
    """A suite by its `name`, or the name of its file.

    Parameters
    ----------
    summary
        What it is for, in a line.
    sources
        Where its tasks, sampling and repeats are said.
    not_asked
        The benchmarks of those sources that it does not ask, each with the reason: it is not the whole of them.
    changed
        What the release asks otherwise than the suite, a phrase each; empty where it was asked as it stands.
    """

    name: str
    summary: str
    sources: tuple[str, ...] = ()
    not_asked: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
