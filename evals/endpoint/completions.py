"""Log-likelihoods of given texts through `/completions`: a tokenised prompt, echoed with its log-probabilities.

Requests, tokenisation and sums are those of lm-eval's `local-completions`, so that its scores come out to the digit.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.loglikelihoods import LogLikelihood, write_loglikelihoods
from quantgate.evals.contract.records import Answer, Continuation, Origin, Request, Sampling, Status
from quantgate.evals.endpoint.bodies import error_text
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.failures import MalformedReply, Refusal
from quantgate.evals.endpoint.http_status import REFUSING_STATUS
from quantgate.evals.endpoint.origin import origin_of
from quantgate.evals.endpoint.tokenizer import FileTokenizer, OnFault, ServerTokenizer, Tokenizer
from quantgate.evals.errors import RequestRefused
from quantgate.evals.text import excerpt

_DEADLINE_S = 300.0
_TRIED = Continuation("The capital of France is", " Paris, and that of Italy is Rome.")
_CANNOT = (
    "log-likelihood tasks need /v1/completions that echoes a tokenised prompt with its log-probabilities, as vLLM and "
    "SGLang do"
)

Told = tuple[LogLikelihood, Origin]
"""A log-likelihood, and what the reply says of the model that has told it."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A request's token ids: `ids` are sent, of which those from `begins` on are the continuation's.

    `cut` is how many tokens of the context's beginning were left out.
    """

    ids: list[int]
    begins: int
    cut: int = 0


class Completions:
    """Asks for log-likelihoods: an `Asker` whose answers hold `{"loglikelihoods": [[sum, greedy], ...]}`."""

    def __init__(self, endpoint: Endpoint, tokenizer: Path | None = None) -> None:
        """Ask `endpoint`; tokenise by the file `tokenizer`, by default by the server itself.

        Raises
        ------
        UsageError
            When the file is no tokenizer.
        """
        self._endpoint = endpoint
        self.tokenizer: Tokenizer = ServerTokenizer(endpoint) if tokenizer is None else FileTokenizer(tokenizer)

    async def check(self, extra_body: Mapping[str, Any]) -> LogLikelihood:
        """Ask for the log-likelihood of one short text, to see whether the endpoint can tell any.

        Raises
        ------
        RequestRefused
            When it cannot: with the reason, and what can.
        """
        untokenised: RequestRefused | None = None
        try:
            try:
                scored = await self._encode(_TRIED, None, {})
            except RequestRefused as error:
                # What matters more is whether there is anything that tokens could be sent to.
                scored, untokenised = Scored([1, 2, 3], 1), error
            body = self._body(scored, Sampling(extra_body=extra_body))
            text = (await self._endpoint.post(self._endpoint.at("/completions"), body, str, _DEADLINE_S))[0]
            told = read_loglikelihood(text, len(scored.ids), scored.begins)
            if untokenised is not None:
                raise untokenised
            return told
        except Refusal as refusal:
            why = f"answers with {refusal.said}"
        except (Fault, MalformedReply) as error:
            why = f"cannot be used: {error}"
        raise RequestRefused(f"{self._endpoint.shown_url}/completions {why}; {_CANNOT}")

    async def ask(self, request: Request, on_fault: OnFault = None) -> Answer:
        """Ask for every continuation of an item, one after the other, retrying faults by the endpoint's policy.

        An answer with status `error` says which fault outlasted the policy, or why the server refuses this item.

        Raises
        ------
        RequestRefused
            When the endpoint would refuse every request.
        """
        began = time.monotonic()
        encoded: dict[str, list[int]] = {}
        origins: dict[Origin, None] = {}
        values, usage, attempts = [], {"prompt_tokens": 0, "requests": 0, "cut_tokens": 0}, 1
        try:
            for continuation in request.prompt.continuations:
                scored = _fitted(await self._encode(continuation, on_fault, encoded), request.sampling.max_length)
                (value, origin), tries = await self._score(scored, request.sampling, on_fault)
                values.append(value)
                origins[origin] = None
                attempts = max(attempts, tries)
                usage["prompt_tokens"] += len(scored.ids)
                usage["requests"] += 1
                usage["cut_tokens"] += scored.cut
        except _Unscorable as error:
            return Answer(status=Status.ERROR, error=str(error), refused=True)
        except Fault as fault:
            return Answer(status=Status.ERROR, error=str(fault), attempts=attempts)
        except Refusal as refusal:
            if refusal.status in REFUSING_STATUS:
                raise RequestRefused(
                    f"{self._endpoint.shown_url}/completions answers with {refusal.said}; {_CANNOT}"
                ) from None
            return Answer(status=Status.ERROR, error=refusal.said, attempts=attempts, refused=True)
        return Answer(
            status=Status.OK,
            response=write_loglikelihoods(values),
            usage=usage,
            latency_s=round(time.monotonic() - began, 4),
            attempts=attempts,
            origins=tuple(origins),
        )

    async def _encode(self, wanted: Continuation, on_fault: OnFault, known: dict[str, list[int]]) -> Scored:
        """The tokens of context and continuation; `known` spares the choices of one item their common context.

        Blanks at the context's end go to the continuation, and what follows the context's own tokens is scored: both
        as lm-eval does it. An empty context is the token that begins a text.
        """

        async def encode(text: str) -> list[int]:
            if text not in known:
                known[text] = await self.tokenizer.encode(text, on_fault)
            return known[text]

        if not wanted.context:
            ids, prefix = await encode(wanted.text), await self.tokenizer.prefix()
            return Scored(ids if ids[:1] == [prefix] else [prefix, *ids], 1)
        context = wanted.context.rstrip()
        whole = await encode(wanted.context + wanted.text)
        begins = await encode(context) if context else []
        return Scored([*begins, *whole[len(begins) :]], len(begins))

    async def _score(self, scored: Scored, sampling: Sampling, on_fault: OnFault) -> tuple[Told, int]:
        body = self._body(scored, sampling)
        return await self._endpoint.post(
            self._endpoint.at("/completions"), body, _reader(scored), _DEADLINE_S, on_fault
        )

    def _body(self, scored: Scored, sampling: Sampling) -> dict[str, Any]:
        return {
            "model": self._endpoint.model,
            "prompt": [scored.ids],
            "temperature": 0,
            "max_tokens": 1,
            "logprobs": 1,
            **({} if sampling.seed is None else {"seed": sampling.seed}),
            "echo": True,
            **sampling.extra_body,
        }


class _Unscorable(Exception):
    """A continuation that has no token before it, by which its first one could be predicted."""


def _fitted(scored: Scored, max_length: int | None) -> Scored:
    """The request within the window, one token of which is for the generated one: the context's beginning goes."""
    if not scored.begins:
        raise _Unscorable(
            "the context holds nothing but blanks, so that nothing predicts the continuation's first token"
        )
    if max_length is None or (over := len(scored.ids) - (max_length - 1)) <= 0:
        return scored
    if scored.begins <= over:
        raise _Unscorable(
            f"the continuation has {len(scored.ids) - scored.begins} tokens and leaves no room for a context within "
            f"{max_length}: raise --max-length"
        )
    return Scored(scored.ids[over:], scored.begins - over, over)


def _reader(scored: Scored) -> Callable[[str], Told]:
    return lambda body: _read(body, len(scored.ids), scored.begins)


def read_loglikelihood(body: str, tokens: int, begins: int) -> LogLikelihood:
    """The log-likelihood of a prompt's tokens from `begins` on, of `tokens` that were sent.

    Raises
    ------
    MalformedReply
        When the body does not hold the log-probabilities of exactly those tokens and of the one that was generated.
    """
    return _read(body, tokens, begins)[0]


def _read(body: str, tokens: int, begins: int) -> Told:
    document, told = _logprobs(body)
    each, tops = told.get("token_logprobs"), told.get("top_logprobs")
    if not isinstance(each, list) or not isinstance(tops, list):
        raise MalformedReply("the answer has no log-probabilities of the prompt's tokens")
    if len(each) not in (tokens, tokens + 1) or len(tops) != len(each):
        raise MalformedReply(
            f"the answer has {len(each)} log-probabilities for a prompt of {tokens} tokens and one generated: the "
            "server does not echo the prompt as it was sent"
        )
    logprobs, likeliest = each[begins:tokens], tops[begins:tokens]
    for logprob, top in zip(logprobs, likeliest, strict=True):
        if not isinstance(top, dict) or not top or not all(map(_is_logprob, (logprob, *top.values()))):
            raise MalformedReply(f"the answer has a log-probability that is none: {excerpt(str([logprob, top]))}")
    greedy = all(logprob == max(top.values()) for logprob, top in zip(logprobs, likeliest, strict=True))
    # The built-in sum, which rounds otherwise from Python 3.12 on: lm-eval's totals are those of the same Python.
    return LogLikelihood(float(sum(logprobs)), greedy), origin_of(document)


def _logprobs(body: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedReply(f"the server answered with something that is not JSON: {excerpt(body)}") from None
    if isinstance(document, dict) and document.get("error"):
        raise MalformedReply(f"the server answered 200 with an error: {excerpt(error_text(document['error']))}")
    try:
        told = document["choices"][0]["logprobs"]
    except (KeyError, IndexError, TypeError):
        told = None
    if not isinstance(told, dict):
        raise MalformedReply("the answer has no log-probabilities")
    return document, told


def _is_logprob(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value <= 1e-6
