"""Whether a server can go on with an answer that the task has begun (`gen_prefix`), which it does not by itself."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from quantgate.evals.contract.records import Answer, Prompt, Sampling, Status
from quantgate.evals.runs.observation import Health, Observation

_SUBJECT = "begun answer"
_CONTINUE = {"continue_final_message": True, "add_generation_prompt": False}
"""How vLLM and SGLang are told to."""


async def probe_begun_answer(
    ask: Callable[[Prompt, Sampling], Awaitable[Answer]], prompt: Prompt, sampling: Sampling
) -> Observation:
    """Try it with the task's first prompt, unless the user has asked for it already."""
    if _CONTINUE.items() <= sampling.extra_body.items():
        return Observation(_SUBJECT, Health.GOOD, "the server is told to go on with what the task begins")
    answer = await ask(prompt, replace(sampling, extra_body={**sampling.extra_body, **_CONTINUE}))
    begins = "the task begins the answer, and the server opens a new turn after it, as lm-eval lets it"
    if answer.status is Status.ERROR:
        return Observation(_SUBJECT, Health.NOTE, f"{begins}; it cannot be told to go on: {answer.error}")
    return Observation(_SUBJECT, Health.NOTE, f"{begins}; to go on, add --extra-body '{json.dumps(_CONTINUE)}'")
