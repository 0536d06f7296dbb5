"""Asks an endpoint what it is and whether it can serve a task, before anything is spent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from quantgate.evals.contract.records import Answer, Item, Prompt, Request, Sampling, Status
from quantgate.evals.contract.thoughts import leaked_tokens
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.finish_reasons import Ending, ending_of
from quantgate.evals.endpoint.listing import NoListing
from quantgate.evals.endpoint.parameters import MAX_TOKENS
from quantgate.evals.endpoint.served import ServedModel, served_model
from quantgate.evals.endpoint.tool_call import ToolProbe, try_tool_call
from quantgate.evals.errors import EndpointUnreachable
from quantgate.evals.runs.begun_answer import probe_begun_answer
from quantgate.evals.runs.endpoint import endpoint_of
from quantgate.evals.runs.loglikelihood_probe import examine_loglikelihoods
from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.runs.sampling_probe import probe_sampling
from quantgate.evals.settings.run import DoctorConfig
from quantgate.evals.text import excerpt

_UNLISTED = "the endpoint has no list of models"
_TRIES = 4
"""Enough to find out by the way in which form the server takes a request."""

_HELLO = Prompt(({"role": "user", "content": "What is 2 + 3? Answer in one short sentence."},), "")
_HELLO_SAMPLING = Sampling(temperature=0.0, max_tokens=2048)
_PART = 80


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
        return endpoint_of(config, model, RetryPolicy(tries=_TRIES))

    async with client(config.model or "") as endpoint:
        try:
            entries, reason = await endpoint.models(), _UNLISTED
        except NoListing as failure:
            entries, reason = None, failure.reason
    model, listed = choose_model(entries, config.model, reason)
    for observation in listed:
        yield observation
    if model is not None:
        async with client(model) as endpoint:
            if task is not None and task[1].continuations:
                yield await examine_loglikelihoods(endpoint, *task, config)
                return
            window = served_model(entries, model).context_length
            async for observation in _examine(endpoint, config, task, window, needs_tools=needs_tools):
                yield observation


def choose_model(
    listed: list[dict[str, Any]] | None, wanted: str | None, unlisted: str = _UNLISTED
) -> tuple[str | None, list[Observation]]:
    """The model to ask for, `wanted` or else the only one that is listed, and what the list of models tells.

    `unlisted` says why there is none.
    """
    if listed is None:
        if wanted is None:
            return None, [Observation("models", Health.BAD, f"{unlisted}: name one with --model")]
        return wanted, [Observation("models", Health.NOTE, unlisted)]
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
    config: DoctorConfig,
    task: tuple[str, Prompt, Sampling] | None,
    window: int | None,
    *,
    needs_tools: bool,
) -> AsyncIterator[Observation]:
    async def ask(prompt: Prompt, sampling: Sampling, repeat: int = 0) -> Answer:
        sampling = replace(sampling, extra_body={**sampling.extra_body, **config.extra_body})
        return await endpoint.ask(Request("doctor", Item("doctor"), repeat, prompt, sampling))

    answer = await ask(_HELLO, _HELLO_SAMPLING)
    yield _completion("completion", answer, _HELLO_SAMPLING.max_tokens, own=True)
    if answer.status is Status.ERROR or answer.turned_away:
        return
    yield _speed(endpoint, answer)
    yield _usage(answer.usage)
    for observation in (*_ended(answer), _reasoning(answer)):
        yield observation
    for observation in await probe_sampling(ask):
        yield observation
    yield await _tools(endpoint, config.extra_body, needed=needs_tools)
    if task is not None:
        name, prompt, sampling = task
        subject, answer = f"{name}, first item", await ask(prompt, sampling)
        # The authors of some benchmarks ask that their text appear nowhere, and an answer quotes its question.
        yield _completion(subject, answer, sampling.max_tokens, show=False)
        budget = sampling.max_tokens
        if prompt.messages[-1].get("role") == "assistant":
            yield await probe_begun_answer(ask, prompt, sampling)
    else:
        subject, budget = "context", config.max_tokens
    if (beyond := _beyond_window(subject, answer, budget, window)) is not None:
        yield beyond


def _beyond_window(subject: str, answer: Answer, budget: int | None, window: int | None) -> Observation | None:
    """An observation where a prompt and its budget do not fit the context window: some servers cut that in silence."""
    prompt = (answer.usage or {}).get("prompt_tokens")
    if window is None or budget is None or not isinstance(prompt, int) or prompt + budget <= window:
        return None
    fits = f", or lower --max-tokens to {window - prompt:,} or less" if window > prompt else ""
    return Observation(
        subject,
        Health.NOTE,
        f"its prompt of {prompt:,} tokens and the budget of {budget:,} exceed the context of {window:,}, and other "
        f"items may be longer: serve a longer context{fits}",
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


def _completion(
    subject: str, answer: Answer, budget: int | None, *, show: bool = True, own: bool = False
) -> Observation:
    """How one request went; `own` says that the budget is the doctor's and not the user's."""
    if answer.status is Status.ERROR:
        return Observation(subject, Health.BAD, "; ".join(filter(None, (answer.error, answer.advice))) or "failed")
    seconds = "" if answer.latency_s is None else f" after {answer.latency_s:.2f} s"
    if answer.turned_away:
        full = answer.status is Status.TRUNCATED
        advice = "serve a longer context, or lower --max-tokens" if full else "a content filter stands before the model"
        return Observation(subject, Health.BAD, f"refused: {answer.error}: {advice}")
    if answer.status is Status.REFUSED:
        said = f" {excerpt(answer.response or '')!r}" if show else ""
        return Observation(subject, Health.BAD, f"refused{seconds} (finish_reason {answer.finish_reason}){said}")
    if answer.status is Status.TRUNCATED:
        if own:
            return Observation(
                subject, Health.NOTE, f"cut{seconds}: not finished within the doctor's own {budget:,} tokens"
            )
        cut = "the token budget was used up before the answer ended; raise --max-tokens"
        return Observation(subject, Health.BAD if answer.response is None else Health.NOTE, f"cut{seconds}: {cut}")
    if answer.status is Status.EMPTY:
        return Observation(
            subject, Health.BAD, f"answered{seconds} without text (finish_reason {answer.finish_reason})"
        )
    said = excerpt(answer.response or "") if show else _parts(answer)
    return Observation(subject, Health.GOOD, f"answered{seconds}: {said}")


def _parts(answer: Answer) -> str:
    """How much was taken for thought and how much for answer, of a text that is not to be shown."""
    said = f"{len(answer.response or ''):,} characters"
    return f"{said}, after {len(answer.reasoning):,} of thoughts" if answer.reasoning else said


def _ended(answer: Answer) -> list[Observation]:
    """What is odd about how an answer ended."""
    found = []
    if answer.finish_reason is None:
        told = "not sent: whether an answer was cut cannot be told"
        found.append(Observation("finish_reason", Health.NOTE, told))
    elif ending_of(answer.finish_reason) is Ending.UNKNOWN:
        told = f"'{excerpt(answer.finish_reason)}' is not known: such answers are graded as complete, and counted"
        found.append(Observation("finish_reason", Health.NOTE, told))
    if tokens := leaked_tokens(answer.response or ""):
        told = f"the answer ends in {' '.join(tokens)}, which is not graded: look at chat template and stop tokens"
        found.append(Observation("special tokens", Health.NOTE, told))
    return found


def _speed(endpoint: Endpoint, answer: Answer) -> Observation:
    """Whether answers are streamed, how fast, and under which name the token budget had to be sent."""
    name = endpoint.found().get("max_tokens_field")
    budget = "" if name in (None, MAX_TOKENS) else f"; the token budget is sent as {name}"
    if answer.first_token_s is None:
        return Observation("stream", Health.NOTE, f"answers come whole: a run waits for each without seeing it{budget}")
    speed = "" if answer.tokens_per_s is None else f", then {answer.tokens_per_s:g} tokens/s"
    return Observation("stream", Health.GOOD, f"first token after {answer.first_token_s:.2f} s{speed}{budget}")


def _reasoning(answer: Answer) -> Observation:
    if answer.reasoning:
        return Observation(
            "reasoning",
            Health.GOOD,
            "thoughts come apart from the answer, in a field of their own or split off where they end: taken for "
            f"thought {excerpt(answer.reasoning, _PART)!r}, for the answer {excerpt(answer.response or '', _PART)!r}",
        )
    if answer.response and "<think>" in answer.response:
        return Observation(
            "reasoning", Health.NOTE, "the answer holds <think> in its midst: serve with a reasoning parser"
        )
    return Observation(
        "reasoning", Health.GOOD, f"none was sent: all of {excerpt(answer.response or '', _PART)!r} is answer"
    )


def _usage(usage: Mapping[str, Any] | None) -> Observation:
    if usage is None or not isinstance(usage.get("completion_tokens"), int):
        return Observation("usage", Health.NOTE, "not told: token counts and speeds will be missing")
    return Observation(
        "usage",
        Health.GOOD,
        f"told: {usage.get('prompt_tokens')} prompt, {usage['completion_tokens']} completion tokens",
    )


def _context(served: ServedModel) -> Observation:
    if served.context_length is None:
        return Observation("context", Health.NOTE, "length not told")
    return Observation("context", Health.GOOD, f"{served.context_length:,} tokens")
