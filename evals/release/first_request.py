"""What a task asks first, for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass

from quantgate.evals.contract.records import Prompt, Sampling


@dataclass(frozen=True, slots=True)
class FirstRequest:
    """What a task asks first: how it samples, and the prompt, unless that is kept back for the reason `kept_back`."""

    task: str
    sampling: Sampling
    prompt: Prompt | None
    kept_back: str = ""
