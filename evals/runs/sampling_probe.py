"""Tries whether an endpoint honours seed and temperature, and tells which of the two it is when nothing varies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from quantgate.evals.contract.records import Answer, Prompt, Sampling, Status
from quantgate.evals.runs.observation import Health, Observation

_STORY = Prompt(({"role": "user", "content": "Make up the name of a small town and say one thing about it."},), "")
_SAMPLING = Sampling(temperature=1.0, max_tokens=48)

Ask = Callable[[Prompt, Sampling, int], Awaitable[Answer]]
"""Asks a prompt with the seed of a repeat."""


async def probe_sampling(ask: Ask) -> list[Observation]:
    """What a few short answers at temperature 1 show.

    One seed is asked three times: a prompt cache (llama.cpp's) computes the first answer otherwise than the later ones,
    which says nothing of the seed. Another seed must then give another text. Where none does, a greedy answer tells an
    ignored temperature from a seed that is fixed.
    """
    answers = [await ask(_STORY, _SAMPLING, repeat) for repeat in (0, 0, 0, 1, 2)]
    failed = next((answer for answer in answers if answer.status is Status.ERROR or answer.turned_away), None)
    if failed is not None:
        return [Observation("seed", Health.NOTE, f"could not be tried: a request with a seed failed: {failed.error}")]
    first, again, third, other, another = map(_said, answers)
    if again != third:
        told = "not honoured: one seed gave two different answers at temperature 1"
        return [Observation("seed", Health.NOTE, told), _VARIES]
    if len({again, other, another}) > 1:
        return [_seed(first == again), _VARIES]
    if first != again:
        cached = "cannot be told: at temperature 1 only the first answer differs, whatever the seed"
        return [Observation("seed", Health.NOTE, f"{cached}; {_CACHE}")]
    told = "cannot be told: the answer stays the same at temperature 1, whatever the seed"
    greedy = await ask(_STORY, replace(_SAMPLING, temperature=0.0), 0)
    return [Observation("seed", Health.NOTE, told), _unvaried(_said(greedy) == first)]


_VARIES = Observation("temperature", Health.GOOD, "honoured: answers at temperature 1 differ")
_CACHE = (
    "a server's prompt cache computes the first one otherwise (llama.cpp): "
    """--extra-body '{"cache_prompt": false}' makes repeats exact"""
)


def _seed(exact: bool) -> Observation:
    if exact:
        return Observation("seed", Health.GOOD, "honoured: one seed repeats its answer, another gives another")
    return Observation("seed", Health.NOTE, f"honoured from the second answer on, and the first differs: {_CACHE}")


def _unvaried(greedy_alike: bool) -> Observation:
    if greedy_alike:
        return Observation(
            "temperature",
            Health.NOTE,
            "ignored: the texts of three seeds at temperature 1 are the same, and the greedy one too, so repeats would "
            "add nothing (transformers serve does so where generation_config lacks do_sample)",
        )
    told = "may be ignored: the texts of three seeds at temperature 1 are the same, though the greedy one is another"
    return Observation("temperature", Health.NOTE, told)


def _said(answer: Answer) -> str:
    return (answer.reasoning or "") + (answer.response or "")
