"""Hashes of the token ids that a server makes of some prompts, as a run records them to compare two servers by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FIELD = "token_ids"
"""Where they stand in what a run records of its endpoint, by task."""


@dataclass(frozen=True, slots=True)
class TokenIds:
    """Hashes of what a server makes of some prompts.

    `prompts` stands for the prompts themselves. `templated` are the ids of what the chat template makes of them,
    `plain` those of their bare texts; `None` where the server does not show that. `tokens` are those of the first
    prompt, as the model is sent it where that is shown.
    """

    prompts: str
    templated: str | None
    plain: str | None
    tokens: int

    @classmethod
    def read(cls, told: object) -> TokenIds | None:
        """What was recorded as `asdict` has it; `None` where it is something else."""
        if not isinstance(told, Mapping) or not isinstance(told.get("prompts"), str):
            return None
        hashes = [value if isinstance(value := told.get(name), str) else None for name in ("templated", "plain")]
        tokens = told.get("tokens")
        return cls(told["prompts"], hashes[0], hashes[1], tokens if isinstance(tokens, int) else 0)

    def differs(self, other: TokenIds) -> str:
        """What another server does otherwise with the same prompts; empty where nothing is known to differ."""
        if self.prompts != other.prompts:
            return ""
        if self.plain and other.plain and self.plain != other.plain:
            return "another tokenizer"
        if self.templated and other.templated and self.templated != other.templated:
            return "another chat template"
        return ""

    def agrees(self, other: TokenIds) -> bool:
        """Whether both have shown what their templates make of the same prompts, and it is the same."""
        return self.prompts == other.prompts and self.templated is not None and self.templated == other.templated


def recorded(endpoint: Mapping[str, Any], task: str) -> Iterator[TokenIds]:
    """What a run's endpoint has made of a task's first prompts, each once, the latest last."""
    told = endpoint.get(FIELD)
    entries = told.get(task) if isinstance(told, Mapping) else None
    for entry in entries if isinstance(entries, list) else ():
        if (found := TokenIds.read(entry)) is not None:
            yield found
