"""Looks whether an endpoint can serve the tasks that are about to be asked of it, for a request or two of each."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from quantgate.evals.contract.records import Answer, Item, Prompt, Request, Sampling, Status
from quantgate.evals.contract.task import Task
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.completions import Completions
from quantgate.evals.endpoint.likelihood import Likelihoods
from quantgate.evals.endpoint.listing import NoListing
from quantgate.evals.endpoint.served import ServedModel, served_model
from quantgate.evals.endpoint.tool_call import tried_tool_call
from quantgate.evals.errors import EndpointUnreachable, RequestRefused, UsageError
from quantgate.evals.runs.endpoint import endpoint_of
from quantgate.evals.runs.observation import Health, Observation
from quantgate.evals.runs.observed_answer import ended, tools
from quantgate.evals.runs.room import NOTHING, room_of
from quantgate.evals.settings.run import RunConfig

PATIENCE_S = 60.0
"""An answer that takes longer than this is on its way: the endpoint serves, and nothing is gained by waiting."""

MODELS = "models"
"""The subject of what the list of models shows."""

_RETRY = RetryPolicy(tries=4)
_HELLO = Prompt(({"role": "user", "content": "What is 2 + 3? Answer in one short sentence."},), "")
_HELLO_SAMPLING = Sampling(temperature=0.0, max_tokens=2048)


@dataclass(frozen=True, slots=True)
class Question:
    """One task as an endpoint is about to be asked it.

    `prompt` is its first item's; `None` where the task brings its own asker, which is not tried here. `needs_tools`
    says that the endpoint is of no use to the task without tool calls. `lengthy` is the task itself where its prompts
    have lengths, for which the context must have room.
    """

    task: str
    config: RunConfig
    prompt: Prompt | None
    sampling: Sampling
    needs_tools: bool = False
    lengthy: Task | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What was seen of an endpoint: observations, the answers to first items by task, and what it says of itself."""

    observations: tuple[Observation, ...]
    answers: Mapping[str, Answer] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_fit(self) -> bool:
        """Whether nothing stands in the way of asking it."""
        return all(seen.health is not Health.BAD for seen in self.observations)


async def examine(questions: Sequence[Question], patience_s: float = PATIENCE_S) -> Examined:
    """What an endpoint shows that is to be asked these tasks, one or more, all with the same address and model.

    What would spoil every request is bad: nothing answers, the model is not listed, the key is refused, a first item
    does not fit the context with its budget, no tool calls where they are needed. What a single answer is like (cut,
    empty, declined) is for the gate to judge and only noted.
    """
    config = questions[0].config
    try:
        async with endpoint_of(config, config.model, _RETRY) as endpoint:
            served, seen = await _listed(endpoint, config.model)
            if any(one.health is Health.BAD for one in seen):
                return Examined(tuple(seen), identity=served.identity())
            if any(question.needs_tools for question in questions):
                probe = await tried_tool_call(endpoint, config.extra_body)
                seen.append(tools(works=probe.works, text=probe.text, needed=True))
            elif all(question.prompt is None for question in questions):
                hello = Question("", config, _HELLO, _HELLO_SAMPLING)
                seen += (await _first(endpoint, hello, None, patience_s))[1]
        answers: dict[str, Answer] = {}
        told = await asyncio.gather(*(_asked(question, served, patience_s) for question in questions))
        for question, (answer, observations) in zip(questions, told, strict=True):
            seen += observations
            if answer is not None:
                answers[question.task] = answer
        return Examined(tuple(dict.fromkeys(seen)), answers, served.identity())
    except (EndpointUnreachable, RequestRefused) as failure:
        return Examined((Observation("endpoint", Health.BAD, str(failure)),))


async def _listed(endpoint: Endpoint, model: str) -> tuple[ServedModel, list[Observation]]:
    """What the list of models says; one that lists others and not this would answer for a model nobody meant."""
    try:
        served, reason = served_model(await endpoint.models(), model), "the endpoint has none"
    except NoListing as failure:
        served, reason = ServedModel(), failure.reason
    names = served.names or ()
    if not names:
        return served, [Observation(MODELS, Health.NOTE, f"no list of models to look {model} up in ({reason})")]
    if any(name == model or ("*" in name and fnmatchcase(model, name)) for name in names):
        return served, []
    near = difflib.get_close_matches(model, names, n=1) or (list(names) if len(names) == 1 else [])
    remedy = f"write model: {near[0]}" if near else "write one of them as model:"
    said = f"{endpoint.shown_url} serves {served.shown_names} and not {model}: {remedy}, or serve it under that name"
    return served, [Observation(MODELS, Health.BAD, said)]


async def _asked(question: Question, served: ServedModel, patience_s: float) -> tuple[Answer | None, list[Observation]]:
    if question.prompt is None:
        return None, []
    async with endpoint_of(question.config, question.config.model, _RETRY) as endpoint:
        answer, seen = await _first(endpoint, question, served.context_length, patience_s)
        if question.lengthy is not None:
            room = await room_of(endpoint, question.lengthy, question.sampling)
            lack = None if room is None else room.lack(served.context_length, question.sampling.max_tokens)
            if lack is not None:
                seen.append(Observation(question.task, Health.BAD, lack))
            elif room is not None and room.by == NOTHING:
                seen.append(Observation(question.task, Health.NOTE, room.told()))
        return answer, seen


async def _first(
    endpoint: Endpoint, question: Question, window: int | None, patience_s: float
) -> tuple[Answer | None, list[Observation]]:
    """Ask a task's first item with its own sampling, and tell what of the answer stands in the way."""
    prompt = question.prompt
    assert prompt is not None
    subject = f"{question.task}, first item" if question.task else "completion"
    budget = question.sampling.max_tokens if question.sampling.draws else None
    try:
        async with asyncio.timeout(patience_s):
            if prompt.per_token is not None:
                likelihoods = Likelihoods(endpoint, question.config.tokenizer)
                await likelihoods.find(prompt, question.config.extra_body)
                answer = await likelihoods.ask(Request(question.task, Item("doctor"), 0, prompt, question.sampling))
            elif prompt.continuations:
                completions = Completions(endpoint, question.config.tokenizer)
                await completions.check(question.config.extra_body)
                answer = await completions.ask(Request(question.task, Item("doctor"), 0, prompt, question.sampling))
            else:
                answer = await endpoint.ask(Request("doctor", Item("doctor"), 0, prompt, question.sampling))
    except TimeoutError:
        beyond = _beyond(subject, None, budget, window)
        waited = Observation(subject, Health.NOTE, f"still answering after {patience_s:g} s; it is not waited for")
        return None, [waited, *beyond]
    except UsageError as error:
        return None, [Observation(subject, Health.BAD, str(error))]
    seen = _beyond(subject, answer, budget, window)
    if answer.status is Status.ERROR or answer.turned_away:
        advice = answer.advice or ("serve a longer context, or lower max_tokens" if answer.turned_away else None)
        seen.append(Observation(subject, Health.BAD, "; ".join(filter(None, (answer.error, advice))) or "failed"))
    elif answer.status is not Status.OK:
        said = f"{answer.status.value} (finish_reason {answer.finish_reason}): no obstacle; the gate counts them"
        seen.append(Observation(subject, Health.NOTE, said))
    return answer, [*seen, *(replace(one, subject=f"{subject}: {one.subject}") for one in ended(answer))]


def _beyond(subject: str, answer: Answer | None, budget: int | None, window: int | None) -> list[Observation]:
    """Whether a prompt and its budget exceed the context window, as far as is known: some servers cut in silence."""
    told = (answer.usage or {}).get("prompt_tokens") if answer is not None else None
    prompt = told if isinstance(told, int) else 0
    if window is None or budget is None or prompt + budget <= window:
        return []
    lower = f", or write max_tokens: {window - prompt} or less" if window > prompt else ""
    said = (
        f"its prompt of {prompt:,} tokens and the budget of {budget:,} exceed the context of {window:,}: "
        f"serve a longer context{lower}"
    )
    return [Observation(subject, Health.BAD, said)]
