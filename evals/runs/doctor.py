"""Asks an endpoint what it is and whether it can serve a task, before anything is spent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from quantgate.evals.contract.records import Answer, Item, Prompt, Request, Sampling, Status
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.listing import NoListing
from quantgate.evals.endpoint.served import served_model
from quantgate.evals.endpoint.token_ids import token_ids_of
from quantgate.evals.endpoint.tool_call import tried_tool_call
from quantgate.evals.runs.begun_answer import probe_begun_answer
from quantgate.evals.runs.chosen_model import UNLISTED
from quantgate.evals.runs.chosen_model import choose_model as choose_model
from quantgate.evals.runs.endpoint import endpoint_of
from quantgate.evals.runs.likelihood_probe import examine_likelihood
from quantgate.evals.runs.loglikelihood_probe import examine_loglikelihoods
from quantgate.evals.runs.observation import Observation
from quantgate.evals.runs.observed_answer import (
    beyond_window,
    completion,
    ended,
    exchanged,
    reasoning,
    speed,
    token_ids,
    tools,
    usage,
)
from quantgate.evals.runs.sampling_probe import probe_sampling
from quantgate.evals.settings.run import DoctorConfig

_TRIES = 4
"""Enough to find out by the way in which form the server takes a request."""

_HELLO = Prompt(({"role": "user", "content": "What is 2 + 3? Answer in one short sentence."},), "")
_HELLO_SAMPLING = Sampling(temperature=0.0, max_tokens=2048)


async def diagnose(
    config: DoctorConfig,
    task: tuple[str, Prompt, Sampling] | None,
    *,
    needs_tools: bool = False,
    read: Callable[[Answer], str] | None = None,
    private: bool = False,
    items: int = 1,
) -> AsyncIterator[Observation]:
    """Ask what the endpoint serves and a handful of completions, and tell, one by one, what they show.

    `task` is a task's name, its first prompt and its sampling parameters; `None` leaves that question out.
    `needs_tools` says that a task is to be run for which an endpoint without tool calls is of no use. `read` says what
    the task reads from an answer to its prompt, and `private` that neither of them is to be shown; `items` how many it
    has.

    Raises
    ------
    EndpointUnreachable, RequestRefused
        When nothing answers, or it refuses the model or the key.
    """

    def client(model: str) -> Endpoint:
        return endpoint_of(config, model, RetryPolicy(tries=_TRIES))

    async with client(config.model or "") as endpoint:
        try:
            entries, reason = await endpoint.models(), UNLISTED
        except NoListing as failure:
            entries, reason = None, failure.reason
    model, listed = choose_model(entries, config.model, reason)
    for observation in listed:
        yield observation
    if model is not None:
        async with client(model) as endpoint:
            if task is not None and task[1].per_token is not None:
                yield await examine_likelihood(endpoint, *task, config, items)
                return
            if task is not None and task[1].continuations:
                yield await examine_loglikelihoods(endpoint, *task, config)
                return
            window = served_model(entries, model).context_length
            examined = _examine(endpoint, config, task, window, needs_tools=needs_tools, read=read, private=private)
            async for observation in examined:
                yield observation


async def _examine(
    endpoint: Endpoint,
    config: DoctorConfig,
    task: tuple[str, Prompt, Sampling] | None,
    window: int | None,
    *,
    needs_tools: bool,
    read: Callable[[Answer], str] | None,
    private: bool,
) -> AsyncIterator[Observation]:
    async def ask(prompt: Prompt, sampling: Sampling, repeat: int = 0) -> Answer:
        sampling = replace(sampling, extra_body={**sampling.extra_body, **config.extra_body})
        return await endpoint.ask(Request("doctor", Item("doctor"), repeat, prompt, sampling))

    answer = await ask(_HELLO, _HELLO_SAMPLING)
    seen = completion("completion", answer, _HELLO_SAMPLING.max_tokens, own=True)
    yield replace(seen, details=exchanged(_HELLO, _HELLO_SAMPLING, answer, None))
    if answer.status is Status.ERROR or answer.turned_away:
        return
    yield speed(endpoint.found().get("max_tokens_field"), answer)
    yield usage(answer.usage)
    for observation in (*ended(answer), reasoning(answer)):
        yield observation
    for observation in await probe_sampling(ask):
        yield observation
    probe = await tried_tool_call(endpoint, config.extra_body)
    yield tools(works=probe.works, text=probe.text, needed=needs_tools)
    shown = await token_ids_of(endpoint, endpoint.model, [_HELLO if task is None else task[1]], config.extra_body)
    if shown is not None:
        yield token_ids(shown)
    if task is not None:
        name, prompt, sampling = task
        subject, answer = f"{name}, first item", await ask(prompt, sampling)
        # The authors of some benchmarks ask that their text appear nowhere, and an answer quotes its question.
        seen = completion(subject, answer, sampling.max_tokens, show=False)
        yield replace(seen, details=exchanged(prompt, sampling, answer, read, private=private))
        budget = sampling.max_tokens
        if prompt.messages[-1].get("role") == "assistant":
            yield await probe_begun_answer(ask, prompt, sampling)
    else:
        subject, budget = "context", config.max_tokens
    if (beyond := beyond_window(subject, answer, budget, window)) is not None:
        yield beyond
