"""Asks an endpoint what it is and whether it can serve a task, before anything is spent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from quantgate.evals.contract.records import Answer, Item, Prompt, Request, Sampling, Status
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.served import Served, served_model
from quantgate.evals.endpoint.tool_call import ToolProbe, try_tool_call
from quantgate.evals.errors import EndpointUnreachable
from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.settings.run import DoctorConfig
from quantgate.evals.text import excerpt

_HELLO = Prompt(({"role": "user", "content": "What is 2 + 3? Answer in one short sentence."},), "")
_STORY = Prompt(({"role": "user", "content": "Make up the name of a small town and say one thing about it."},), "")
_HELLO_SAMPLING = Sampling(temperature=0.0, max_tokens=512)
_STORY_SAMPLING = Sampling(temperature=1.0, max_tokens=48)


async def diagnose(
    config: DoctorConfig, task: tuple[str, Prompt, Sampling] | None, *, needs_tools: bool = False
) -> AsyncIterator[Observation]:
    """Ask what the endpoint serves and a handful of completions, and tell, one by one, what they show.

    `task` is a task's name, its first prompt and its sampling parameters; `None` leaves that question out.
    `needs_tools` says that a task is to be run for which an endpoint without tool calls is of no use.

    Raises
    ------
    EndpointUnreachable, RequestRefused
        When nothing answers, or it refuses the model or the key.
    """

    def client(model: str) -> Endpoint:
        return Endpoint(
            config.base_url, model, api_key=config.api_key(), timeout_s=config.timeout, retry=RetryPolicy(tries=2)
        )

    async with client(config.model or "") as endpoint:
        model, listed = choose_model(await endpoint.models(), config.model)
    for observation in listed:
        yield observation
    if model is not None:
        async with client(model) as endpoint:
            async for observation in _examine(endpoint, task, config.extra_body, needs_tools=needs_tools):
                yield observation


def choose_model(listed: list[dict[str, Any]] | None, wanted: str | None) -> tuple[str | None, list[Observation]]:
    """The model to ask for, `wanted` or else the only one that is listed, and what the list of models tells."""
    if listed is None:
        if wanted is None:
            return None, [
                Observation("models", Health.BAD, "the endpoint has no list of models: name one with --model")
            ]
        return wanted, [Observation("models", Health.NOTE, "the endpoint has no list of models")]
    names = [str(entry.get("id")) for entry in listed]
    chosen = wanted or (names[0] if len(names) == 1 else None)
    served = served_model(listed, chosen)
    if chosen is None:
        return None, [Observation("models", Health.BAD, f"serves {served.shown_names}: choose one with --model")]
    context = _context(served)
    if chosen not in names:
        said = f"serves {served.shown_names}, and does not list {chosen}"
        return chosen, [Observation("models", Health.NOTE, said), *([context] if len(names) == 1 else [])]
    others = f" ({len(names)} models in all)" if len(names) > 1 else ""
    return chosen, [Observation("models", Health.GOOD, f"serves {chosen}{others}"), context]


async def _examine(
    endpoint: Endpoint,
    task: tuple[str, Prompt, Sampling] | None,
    extra_body: Mapping[str, Any],
    *,
    needs_tools: bool,
) -> AsyncIterator[Observation]:
    answer = await _ask(endpoint, _HELLO, _HELLO_SAMPLING)
    yield _completion("completion", answer)
    if answer.status is Status.ERROR:
        return
    yield _usage(answer.usage)
    yield _reasoning(answer)
    yield await _seed(endpoint)
    yield await _tools(endpoint, extra_body, needed=needs_tools)
    if task is not None:
        name, prompt, sampling = task
        # The authors of some benchmarks ask that their text appear nowhere, and an answer quotes its question.
        yield _completion(f"{name}, first item", await _ask(endpoint, prompt, sampling), show=False)


async def _ask(endpoint: Endpoint, prompt: Prompt, sampling: Sampling, repeat: int = 0) -> Answer:
    return await endpoint.ask(Request("doctor", Item("doctor"), repeat, prompt, sampling))


async def _seed(endpoint: Endpoint) -> Observation:
    first, again, other = [await _ask(endpoint, _STORY, _STORY_SAMPLING, repeat) for repeat in (0, 0, 1)]
    if Status.ERROR in (first.status, again.status, other.status):
        return Observation("seed", Health.NOTE, "could not be tried: a request with a seed failed")
    texts = [(answer.reasoning or "") + (answer.response or "") for answer in (first, again, other)]
    if texts[0] != texts[1]:
        return Observation("seed", Health.NOTE, "not honoured: one seed gave two different answers at temperature 1")
    if texts[0] != texts[2]:
        return Observation("seed", Health.GOOD, "honoured: one seed repeats its answer, another gives another")
    return Observation(
        "seed", Health.NOTE, "cannot be told: the answer stays the same at temperature 1, whatever the seed"
    )


async def _tools(endpoint: Endpoint, extra_body: Mapping[str, Any], *, needed: bool) -> Observation:
    try:
        probe = await try_tool_call(endpoint, extra_body)
    except EndpointUnreachable as error:
        probe = ToolProbe(False, str(error))
    if probe.works:
        return Observation("tools", Health.GOOD, probe.text)
    if needed:
        return Observation("tools", Health.BAD, f"no tool calls, so every score would be 0: {probe.text}")
    return Observation("tools", Health.NOTE, f"no tool calls, which only agentic tasks need: {probe.text}")


def _completion(subject: str, answer: Answer, *, show: bool = True) -> Observation:
    if answer.status is Status.ERROR:
        return Observation(subject, Health.BAD, answer.error or "failed")
    seconds = "" if answer.latency_s is None else f" after {answer.latency_s:.2f} s"
    if answer.status is Status.TRUNCATED:
        cut = answer.error or "the token budget was used up before the answer ended; raise --max-tokens"
        return Observation(subject, Health.BAD if answer.response is None else Health.NOTE, f"cut{seconds}: {cut}")
    if answer.status is Status.EMPTY:
        return Observation(
            subject, Health.BAD, f"answered{seconds} without text (finish_reason {answer.finish_reason})"
        )
    said = answer.response or ""
    return Observation(
        subject, Health.GOOD, f"answered{seconds}: {excerpt(said) if show else f'{len(said)} characters'}"
    )


def _reasoning(answer: Answer) -> Observation:
    if answer.reasoning:
        return Observation(
            "reasoning",
            Health.GOOD,
            "thoughts come apart from the answer, in a field of their own or split off where its <think> block ends",
        )
    if answer.response and "<think>" in answer.response:
        return Observation(
            "reasoning", Health.NOTE, "the answer holds <think> in its midst: serve with a reasoning parser"
        )
    return Observation("reasoning", Health.GOOD, "none was sent")


def _usage(usage: Mapping[str, Any] | None) -> Observation:
    if usage is None or not isinstance(usage.get("completion_tokens"), int):
        return Observation("usage", Health.NOTE, "not told: token counts and speeds will be missing")
    return Observation(
        "usage",
        Health.GOOD,
        f"told: {usage.get('prompt_tokens')} prompt, {usage['completion_tokens']} completion tokens",
    )


def _context(served: Served) -> Observation:
    if served.context_length is None:
        return Observation("context", Health.NOTE, "length not told")
    return Observation("context", Health.GOOD, f"{served.context_length:,} tokens")
