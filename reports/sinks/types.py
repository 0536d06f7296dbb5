"""What a tracker is given of a decision: sheets, each of which becomes a run there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Sheet:
    """One run of a tracker: a gate, a comparison, or a format of one.

    Parameters
    ----------
    name
        What it is called, `mxfp4 against fp8`.
    kind
        `gate`, `compare` or `format`.
    figures
        Numbers by names that trackers take: letters, digits, `_`, `-`, `.`, blanks, and one `/` after the task.
    facts
        What was compared and decided, in words, by names of the same kind.
    tags
        What one looks runs up by: `verdict`, `findings`.
    note
        The decision in a few lines of Markdown.
    files
        Texts by file name: the decision as JSON, the flips as CSV.
    """

    name: str
    kind: str
    figures: Mapping[str, float]
    facts: Mapping[str, str]
    tags: Mapping[str, str]
    note: str
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """What is sent where: `target` as the user has named it; the first sheet is the whole, the others are its parts."""

    target: str
    sheets: tuple[Sheet, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Order:
        """The order that `to_json` wrote."""
        told = json.loads(text)
        return cls(told["target"], tuple(Sheet(**each) for each in told["sheets"]))
