"""The frozen types that the rooms exchange: what is asked, what came back, how it was graded."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias, TypeGuard

Message: TypeAlias = Mapping[str, Any]
SampleKey: TypeAlias = tuple[str, str, int]
"""(task, item id, repeat): what a sample is the answer to."""


class Status(StrEnum):
    """What became of one sample. `ERROR` is the infrastructure's doing and never scored; the others are the model's.

    `REFUSED` is an answer that the model declined to give, or that a filter kept back; it scores 0. `UNGRADED` is an
    answer that is there and could not be graded: it has no score, as if it were missing, until it is graded again.
    """

    OK = "ok"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    REFUSED = "refused"
    ERROR = "error"
    UNGRADED = "ungraded"

    @property
    def scored(self) -> bool:
        return self not in (Status.ERROR, Status.UNGRADED)


AGENT_CONTEXT_EXCEEDED = "agent_context_exceeded"
"""The finish reason of a conversation (tau2) that did not fit the served context any more."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a task. `stratum` names its part of the benchmark (tau2: the domain), where there are parts.

    `cluster` names the items that it is alike to (questions about one passage, variants of one scenario), which are no
    independent evidence: what is counted is then the cluster.
    """

    item_id: str
    stratum: str | None = None
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Continuation:
    """A text whose log-likelihood after a context is wanted: one choice of a multiple-choice question."""

    context: str
    text: str


@dataclass(frozen=True, slots=True)
class PerToken:
    """What is wanted of each token of a text: its log-probability beside those of the `tops` likeliest where it stands.

    Where a server tells of one place at a time, `positions` of them are asked about at most, evenly spread.
    """

    tops: int = 20
    positions: int = 32


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages that ask one item, and their hash as the task's own harness computes it.

    Where an item is asked for log-likelihoods, `continuations` has what is scored, in the choices' order, and there are
    no messages. With `per_token` each token of the one continuation is scored for itself, after the messages that it
    answers where there are any. `body` is what this one request carries beside its messages: `tools`, `tool_choice`.
    `both_forms` asks it once more in the other form, streamed or not, so that the two replies can be compared
    (`ToolReply.forms`).
    """

    messages: tuple[Message, ...]
    prompt_hash: str
    continuations: tuple[Continuation, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    both_forms: bool = False
    per_token: PerToken | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling parameters of a task's requests; `None` leaves the choice to the server.

    `seed` is that of repeat 0; repeat k asks with `seed + k`, since engines that honour a seed would
    otherwise give k identical answers. `max_tokens` counts completion tokens, thoughts included.

    `max_length` is there where nothing is drawn and log-likelihoods are read: so many tokens of context, continuation
    and the one token that is generated; what is more is cut from the context's beginning.
    """

    temperature: float | None = 0.0
    top_p: float | None = None
    max_tokens: int | None = 2048
    stop: tuple[str, ...] = ()
    seed: int | None = 1234
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    max_length: int | None = None

    @property
    def draws(self) -> bool:
        """Whether answers are drawn, so that temperature, budget and repeats mean something."""
        return self.max_length is None


@dataclass(frozen=True, slots=True)
class Request:
    """One item asked once: the unit that is sent, stored and resumed."""

    task: str
    item: Item
    repeat: int
    prompt: Prompt
    sampling: Sampling

    @property
    def key(self) -> SampleKey:
        return (self.task, self.item.item_id, self.repeat)

    @property
    def seed(self) -> int | None:
        return None if self.sampling.seed is None else self.sampling.seed + self.repeat


@dataclass(frozen=True, slots=True)
class Grade:
    """A task's judgement of one answer.

    `score` is the primary metric in [0, 1]; `metrics` has every metric of the task by name, the primary one
    included; `extracted` is the result that was read out of the text, `None` where there was none. `vote` is that
    result in a form that is the same in every repeat, where `extracted` is not (shuffled choices). `margin` is the
    log-likelihood of the chosen continuation less that of the second best, in nats, where continuations are compared.
    `silence_counts` says that the score holds for an answer without any text, too, which otherwise scores 0: where
    nothing was to be said (a tool that is not to be called).
    """

    score: float
    extracted: str | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    vote: str | None = None
    margin: float | None = None
    silence_counts: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What a reply says of the model that gave it: its name, and how it is served; `None` what is not told."""

    model: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint gave back for one request, after all its attempts. `latency_s` is the answering attempt's.

    `refused` says that the server would not take this request (HTTP 400, 413, 422), so that no other try would help:
    not that the model declined, which is a status. `advice` says what may be done about it.
    Of a streamed answer `first_token_s` is the time to its first token, of thoughts or text, and `tokens_per_s` the
    speed of those after it.
    `grade` is there where the benchmark's own orchestrator has graded the answer already (tau2), `seed` where that has
    drawn a seed of its own. `origins` is what the replies of which it is made say of their model, without repetition;
    `replied_by` where those stand among `replies` of `run.json`, `None` for the first of them.
    """

    status: Status
    response: str | None = None
    reasoning: str | None = None
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    error: str | None = None
    advice: str | None = None
    latency_s: float | None = None
    first_token_s: float | None = None
    tokens_per_s: float | None = None
    attempts: int = 1
    refused: bool = False
    grade: Grade | None = None
    seed: int | None = None
    origins: tuple[Origin, ...] = ()
    replied_by: Sequence[int] | None = None

    @property
    def turned_away(self) -> bool:
        """Whether the server would not take the request, for a reason that is the build's own: full context, filter."""
        return self.refused and self.status is not Status.ERROR


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of `samples.jsonl`; no other than a sound one can be made.

    `score` is a number in [0, 1], and `None` exactly when the status is `error` or `ungraded`; `time` is UTC, ISO 8601.
    Of an ungraded answer `error` says why, and `ended` is the status that it has once it is graded. `replied_by` as in
    `Answer`.

    Of an item that is asked for log-likelihoods, `response` is the JSON object `{"loglikelihoods": [[sum, greedy],
    ...]}` with one pair per continuation, `extracted` the chosen one's text and `margin` as in `Grade`.

    Raises
    ------
    ValueError
        Naming the field that cannot be.
    """

    task: str
    item_id: str
    repeat: int
    prompt_hash: str
    status: Status
    score: float | None
    stratum: str | None = None
    cluster: str | None = None
    error: str | None = None
    extracted: str | None = None
    vote: str | None = None
    margin: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    response: str | None = None
    reasoning: str | None = None
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    latency_s: float | None = None
    first_token_s: float | None = None
    tokens_per_s: float | None = None
    attempts: int = 1
    seed: int | None = None
    time: str = ""
    ended: Status | None = None
    replied_by: Sequence[int] | None = None

    def __post_init__(self) -> None:
        score = self.score
        if (self.ended is not None) != (self.status is Status.UNGRADED):
            raise ValueError("a sample has ended when and only when its status is ungraded")
        if not self.status.scored:
            if score is not None:
                raise ValueError(f"a sample with status {self.status} has no score")
        elif not isinstance(score, float | int) or isinstance(score, bool) or not 0 <= score <= 1:
            raise ValueError(f"the score must lie between 0 and 1, not {score!r}")
        if not isinstance(self.repeat, int) or isinstance(self.repeat, bool) or self.repeat < 0:
            raise ValueError("repeat must be a whole number")
        if not (self.margin is None or is_number(self.margin)):
            raise ValueError("margin must be a number")
        if not isinstance(self.metrics, dict | Mapping):
            raise ValueError("metrics must be an object")
        if not isinstance(self.usage, dict | Mapping | None):
            raise ValueError("usage must be an object")
        if not (isinstance(self.task, str) and isinstance(self.item_id, str) and isinstance(self.prompt_hash, str)):
            raise ValueError("task, item_id and prompt_hash must be text")
        for number in (self.latency_s, self.first_token_s, self.tokens_per_s):
            if not (number is None or is_number(number)):
                raise ValueError("latency_s, first_token_s and tokens_per_s must be numbers")
        for count in (self.attempts, self.seed):
            if not (count is None or (isinstance(count, int) and not isinstance(count, bool))):
                raise ValueError("attempts and seed must be whole numbers")
        if not isinstance(self.time, str):
            raise ValueError("time must be text")
        told = (self.error, self.extracted, self.vote, self.response, self.reasoning, self.finish_reason)
        for text in (*told, self.stratum, self.cluster):
            if text is not None and not isinstance(text, str):
                raise ValueError(f"what was answered and read out of it must be text, not {text!r:.60}")

    @property
    def key(self) -> SampleKey:
        return (self.task, self.item_id, self.repeat)

    @property
    def ending(self) -> Status:
        """How the answer ended, graded or not."""
        return self.status if self.ended is None else self.ended

    @property
    def unparsed(self) -> bool:
        """Whether the model said something from which no result could be read."""
        return self.status in (Status.OK, Status.TRUNCATED) and self.extracted is None

    @property
    def turned_away(self) -> bool:
        """Whether the server would not take the request (full context, content filter), so that nothing was said."""
        return self.status in (Status.TRUNCATED, Status.REFUSED) and self.response is None and self.error is not None


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number that JSON and a float can hold, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
