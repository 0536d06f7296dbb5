"""One request with tools, and what is known of the reply that it should get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.contract.records import Message

_BANDS = ((1, "001 tool"), (8, "002-008 tools"), (32, "009-032 tools"), (128, "033-128 tools"))
"""The strata: up to so many tools, and what such a one is called; in letters' order they are in that of numbers."""
_BEYOND = "129 tools or more"


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """A call that should come, its arguments as JSON says them."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One request.

    `due` says whether a call should come, `None` where nobody has said; `expected` the calls with their arguments,
    where these are known, too. `body` has what is sent beside messages and tools: `tool_choice`.
    """

    item_id: str
    messages: tuple[Message, ...]
    tools: tuple[Mapping[str, Any], ...]
    due: bool | None = None
    expected: tuple[ExpectedCall, ...] | None = None
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stratum(self) -> str:
        """How many tools are offered, in bands."""
        return next((name for most, name in _BANDS if len(self.tools) <= most), _BEYOND)

    @property
    def sent(self) -> dict[str, Any]:
        """What the request carries beside its messages."""
        return {"tools": list(self.tools), **self.body}


def function_of(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    """The function of a tool: its name, description and parameters, whether wrapped as OpenAI's API has it or not."""
    function = tool.get("function", tool)
    return function if isinstance(function, Mapping) else {}
