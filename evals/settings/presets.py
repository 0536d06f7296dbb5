"""Ready-made sampling parameters for `quantgate run --preset`; options that are given win over them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from quantgate.evals.contract.records import Sampling

REASONING_SAMPLING = Sampling(temperature=1.0, top_p=0.95, max_tokens=65536)
"""What makers of reasoning models publish, with a budget that thoughts do not use up.

Their own budgets go from 32,768 tokens (DeepSeek-R1, Qwen3) to 131,072 and more (GLM, Kimi); this is the largest that
leaves room for the prompt in a context window of 128k and needs none longer.
"""


class Preset(StrEnum):
    """Which sampling a user asks for by one word.

    `GREEDY` takes the likeliest token, without nucleus sampling, and asks once: greedy repeats differ only by what
    serving under load changes, which a second run of the baseline (`--noise`) measures better. `REASONING` is
    `REASONING_SAMPLING`.

    There is none that leaves the choice to the server, although vLLM and SGLang would take it from the model's
    `generation_config.json`: two builds may differ in that file, and no record would show it. A model's own
    recommendation is given as `temperature`, `top_p` and `extra_body` in `run.yaml`, where both runs can be held
    against it.
    """

    GREEDY = "greedy"
    REASONING = "reasoning"

    def sampling(self, defaults: Sampling) -> Sampling:
        """A task's sampling parameters with those of the preset."""
        if self is Preset.GREEDY:
            return replace(defaults, temperature=0.0, top_p=None)
        wanted = REASONING_SAMPLING
        return replace(defaults, temperature=wanted.temperature, top_p=wanted.top_p, max_tokens=wanted.max_tokens)

    @property
    def sets(self) -> tuple[str, ...]:
        """The options in whose place it stands."""
        return ("temperature", "top_p", "repeats" if self is Preset.GREEDY else "max_tokens")

    @property
    def repeats(self) -> int | None:
        """How often each item is asked, `None` to leave it to the task."""
        return 1 if self is Preset.GREEDY else None
