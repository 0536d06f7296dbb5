"""What was asked of a model, as a run keeps it beside the answers for whoever reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.contract.records import Continuation, Message


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt, found by `prompt_hash`: the messages, or what was scored, and the right answer.

    `body` is what was sent beside the messages, as in `Prompt`: the tools.

    Of a `private` one only ids and hash are kept, so that there are neither messages nor reference.
    """

    task: str
    item_id: str
    prompt_hash: str
    messages: tuple[Message, ...] = ()
    continuations: tuple[Continuation, ...] = ()
    reference: str | None = None
    private: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
