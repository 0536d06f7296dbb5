"""Log-probabilities of a given text's tokens, one by one, from whatever server: how it is asked is found out once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.fidelity import TOKENS
from quantgate.evals.contract.records import Answer, Continuation, Origin, PerToken, Prompt, Request, Sampling, Status
from quantgate.evals.contract.token_logprobs import TokenLogprobs, write_token_logprobs
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.failures import MalformedReply, Refusal
from quantgate.evals.endpoint.http_status import REFUSING_STATUS
from quantgate.evals.endpoint.origin import origin_of
from quantgate.evals.endpoint.scoring_ways import (
    BESIDE,
    LLAMA,
    Part,
    Way,
    forced,
    place,
    runs_of,
    spread,
    text_part,
    whole,
)
from quantgate.evals.endpoint.token_scores import TokenScore, document_of
from quantgate.evals.endpoint.tokenizer import FileTokenizer, OnFault, ServerTokenizer, Tokenizer
from quantgate.evals.endpoint.written_text import chat_body
from quantgate.evals.errors import RequestRefused

_DEADLINE_S = 600.0
_MALFORMED_TRIES = 4
_FEWER_TOPS = (20, 10, 5, 1)
_TRIED = Prompt(
    ({"role": "user", "content": "What is the capital of France?"},),
    "",
    (Continuation("", "The capital of France is Paris, and that of Italy is Rome."),),
    per_token=PerToken(positions=2),
)
_CANNOT = (
    "the task likelihood needs log-probabilities: /v1/completions with prompt_logprobs (vLLM) or echo, SGLang's "
    "/generate, llama.cpp's /completion, or chat completions with logprobs and --texts RUN; none can be used"
)


@dataclass(frozen=True, slots=True)
class Found:
    """How an endpoint is asked: the way, and how many of the likeliest tokens it tells at a place."""

    way: Way
    tops: int

    def record(self) -> dict[str, Any]:
        """What goes into `run.json`; `found_in` reads it."""
        return {"log_probabilities": {"way": self.way.value, "tops": self.tops}}


def found_in(asked: Mapping[str, Any]) -> Found | None:
    """The way by which a run was begun, from what it recorded of how it asks; `None` where there is none."""
    told = asked.get("log_probabilities")
    try:
        return None if told is None else Found(Way(told["way"]), int(told["tops"]))
    except (ValueError, TypeError, KeyError):
        return None


class _Unread(Exception):
    """A text of which the server tells, each time that it is asked, what cannot be read."""


class Likelihoods:
    """Asks for the log-probability of each token of a text: an `Asker` whose answers hold `TokenLogprobs`."""

    def __init__(self, endpoint: Endpoint, tokenizer: Path | None = None, found: Found | None = None) -> None:
        """Ask `endpoint`, by a way that was `found` before, else by the first that `find` finds.

        Raises
        ------
        UsageError
            When the file `tokenizer` is none.
        """
        self._endpoint = endpoint
        self._server = ServerTokenizer(endpoint)
        self._tokenizer: Tokenizer = self._server if tokenizer is None else FileTokenizer(tokenizer)
        self.found = found
        self._slots: asyncio.Queue[int] | None = None

    @property
    def found_settings(self) -> Mapping[str, Any]:
        """Of which tokens log-probabilities are told, once that is known (`evals.contract.found.FindsOut`)."""
        return {} if self.found is None else {TOKENS: self.found.way.means}

    @property
    def found_ways(self) -> Mapping[str, Any]:
        """By which way they are asked for."""
        return {} if self.found is None else self.found.record()

    async def find(self, prompt: Prompt, extra_body: Mapping[str, Any]) -> Found:
        """Try the ways on a short text, in their order, and keep to the first that works; that was found before alone.

        Raises
        ------
        RequestRefused
            When there is none: with what each said, and what may be done.
        """
        before, chats = self.found, bool(prompt.messages)
        tried = replace(_TRIED, messages=_TRIED.messages if chats else ())
        said: list[str] = []
        for way in Way if before is None else [before.way]:
            if (way is Way.CHAT and not chats) or (way is Way.TEXT and chats):
                continue
            for tops in _FEWER_TOPS if before is None else [before.tops]:
                try:
                    self.found = Found(way, tops)
                    scores = await self._scores(tried, Sampling(extra_body=extra_body), None, once=True)
                except (Refusal, MalformedReply, Fault, RequestRefused, _Unscorable) as error:
                    said.append(f"{way.page}: {error}")
                    if isinstance(error, Refusal) and error.status in (400, 422) and "logprob" in error.body.lower():
                        continue
                    break
                told = min(tops, max((len(score.tops) for score in scores.scores), default=tops))
                self.found = before or Found(way, told)
                return self.found
        self.found = before
        unlike = "" if before is None else f"this run was begun by {before.way.words}, which can be used no more; "
        raise RequestRefused(f"{self._endpoint.shown_url}: {unlike}{_CANNOT} ({'; '.join(dict.fromkeys(said))})")

    async def ask(self, request: Request, on_fault: OnFault = None) -> Answer:
        """Ask for a text's tokens, retrying faults by the endpoint's policy.

        An answer with status `error` says which fault outlasted the policy, or why the server refuses this text.

        Raises
        ------
        RequestRefused
            When the endpoint would refuse every request.
        """
        began = time.monotonic()
        prompt = request.prompt
        try:
            told = await self._scores(prompt, request.sampling, on_fault, once=False)
        except _Unscorable as error:
            return Answer(status=Status.ERROR, error=str(error), refused=True)
        except (Fault, _Unread, MalformedReply) as fault:
            return Answer(status=Status.ERROR, error=str(fault), refused=isinstance(fault, _Unread))
        except Refusal as refusal:
            if refusal.status in REFUSING_STATUS:
                raise RequestRefused(f"{self._endpoint.shown_url} answers with {refusal.said}; {_CANNOT}") from None
            return Answer(
                status=Status.ERROR,
                error=refusal.said,
                advice="a text that is longer than the context is cut by --max-length",
                refused=True,
            )
        scores = told.scores
        document = TokenLogprobs(
            tuple(score.token for score in scores),
            tuple(score.logprob for score in scores),
            tuple(score.tops for score in scores),
            tuple(told.positions),
        )
        return Answer(
            status=Status.OK,
            response=write_token_logprobs(document),
            usage={
                "prompt_tokens": told.plan.sent or len(scores),
                "requests": len(told.plan.parts),
                "cut_tokens": told.plan.cut,
                "scored_tokens": len(scores),
                "tops": min((len(score.tops) for score in scores), default=0),
            },
            latency_s=round(time.monotonic() - began, 4),
            attempts=told.attempts,
            origins=told.origins,
        )

    async def _scores(self, prompt: Prompt, sampling: Sampling, on_fault: OnFault, *, once: bool) -> _Told:
        """What is told of a prompt's text; with `once` what cannot be read is no fault that is tried again."""
        assert self.found is not None
        plan = await self._plan(self.found.way, prompt, sampling, on_fault)
        async with self._slot(self.found.way) as slot:
            told = [await self._post(replace(part, body=part.body | slot), on_fault, once=once) for part in plan.parts]
        scores = [score for (scores, _), _ in told for score in scores]
        return _Told(
            scores,
            range(plan.first, plan.first + len(scores)) if plan.places is None else plan.places,
            attempts=max(attempts for _, attempts in told),
            plan=plan,
            origins=tuple(dict.fromkeys(origin for (_, origin), _ in told)),
        )

    async def _plan(self, way: Way, prompt: Prompt, sampling: Sampling, on_fault: OnFault) -> _Plan:
        """Which requests tell of a text, and of which of its tokens."""
        assert self.found is not None
        wanted = prompt.per_token or PerToken()
        model, text, extra = self._endpoint.model, prompt.continuations[0].text, sampling.extra_body
        tops = min(self.found.tops, wanted.tops)
        if way is Way.CHAT:
            body, read = chat_body(model, prompt.messages, text, tops, sampling.max_length, extra)
            return _Plan([Part(body, read)], first=0)
        if way is Way.TEXT:
            return _Plan([text_part(model, text, tops, extra)], first=1)
        ids, begins, cut = await self._encoded(prompt, text, sampling.max_length, on_fault)
        if way not in LLAMA:
            return _Plan([whole(way, model, ids, begins, tops, extra)], begins, None, len(ids), cut)
        # llama.cpp tells nothing of a token that ends within a character, and its grammars know whole ones alone.
        inside = 0 if prompt.messages else begins
        ends = await self._server.ends(text, on_fault, special=not prompt.messages)
        ends = [True] * (begins - inside) + ends
        if len(ends) < len(ids):
            raise MalformedReply("/tokenize tells of other tokens with their bytes than without")
        after = next((at for at in range(begins, len(ids)) if ends[at - 1]), len(ids))
        places = [at for at in range(after, len(ids)) if ends[at]]
        if not places:
            raise _Unscorable("the text has no whole character that a server could tell of")
        runs = runs_of(places, ends) if way is Way.GRAMMAR else [[at] for at in spread(places, wanted.positions)]
        parts = [forced(ids, run, tops, extra) if len(run) > 1 else place(ids, run[0], tops, extra) for run in runs]
        return _Plan(parts, after, [at for run in runs for at in run], len(ids), cut)

    async def _post(self, part: Part, on_fault: OnFault, *, once: bool) -> tuple[_Read, int]:
        assert self.found is not None
        way = self.found.way
        url = self._endpoint.beside(way.page) if way in BESIDE else self._endpoint.at(way.page)
        if once:
            text, attempts = await self._endpoint.post(url, part.body, str, _DEADLINE_S, on_fault)
            return _read(part, text), attempts
        malformed = 0

        def read(text: str) -> _Read:
            nonlocal malformed
            try:
                return _read(part, text)
            except MalformedReply as error:
                malformed += 1
                if malformed >= _MALFORMED_TRIES:
                    raise _Unread(f"{error} ({_MALFORMED_TRIES} times)") from None
                raise

        return await self._endpoint.post(url, part.body, read, _DEADLINE_S, on_fault)

    async def _encoded(
        self, prompt: Prompt, text: str, max_length: int | None, on_fault: OnFault
    ) -> tuple[list[int], int, int]:
        """The token ids of context and text, where the text begins, and how many were left out at its end."""
        if prompt.messages:
            context = await self._server.chat(prompt.messages, on_fault)
            ids, begins = [*context, *await self._tokenizer.encode(text, on_fault)], len(context)
        else:
            ids, begins = await self._tokenizer.encode(text, on_fault, special=True), 1
        # One token is generated, which has to fit as well.
        kept = ids if max_length is None else ids[: max_length - 1]
        if len(kept) <= begins:
            raise _Unscorable(
                f"the context has {begins} tokens and leaves no room for the text within {max_length}: "
                "raise --max-length"
                if len(ids) > begins
                else "the text has no token that another one stands before"
            )
        return kept, begins, len(ids) - len(kept)

    @asynccontextmanager
    async def _slot(self, way: Way) -> AsyncIterator[dict[str, Any]]:
        """A slot of llama.cpp's for one text, so that each place finds those before it in the slot's cache."""
        if way not in LLAMA:
            yield {}
            return
        if self._slots is None:
            slots: asyncio.Queue[int] = asyncio.Queue()
            self._slots = slots
            for slot in range(await self._total_slots()):
                slots.put_nowait(slot)
        slot = await self._slots.get()
        try:
            yield {"id_slot": slot}
        finally:
            self._slots.put_nowait(slot)

    async def _total_slots(self) -> int:
        try:
            text = (await self._endpoint.post(self._endpoint.beside("/props"), None, str, _DEADLINE_S))[0]
            told = json.loads(text)["total_slots"]
        except (Refusal, Fault, ValueError, KeyError, TypeError):
            return 1
        return told if isinstance(told, int) and 0 < told < 1024 else 1


class _Unscorable(Exception):
    """A text of which no token can be scored."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The requests that tell of a text: of the tokens at `places`, or of all from `first` on; tokens sent, and cut."""

    parts: list[Part]
    first: int
    places: Sequence[int] | None = None
    sent: int = 0
    cut: int = 0


@dataclass(frozen=True, slots=True)
class _Told:
    """The scores of a text's tokens and where they stand, what was asked for them, and by whom it was told."""

    scores: Sequence[TokenScore]
    positions: Sequence[int]
    attempts: int
    plan: _Plan
    origins: tuple[Origin, ...]


_Read: TypeAlias = tuple[list[TokenScore], Origin]


def _read(part: Part, text: str) -> _Read:
    document = document_of(text)
    return part.read(document), origin_of(document)
