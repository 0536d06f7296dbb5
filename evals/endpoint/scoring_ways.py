"""The ways in which servers tell of a given text's tokens: what is sent for each, and how the answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from quantgate.evals.contract.fidelity import GENERATED
from quantgate.evals.endpoint.token_scores import (
    TokenScore,
    read_completion,
    read_echo,
    read_generate,
    read_prompt_logprobs,
)

_BIAS = 100_000
"""Added to a logit so that its token is drawn; what is told is what the model says without it."""


class Way(StrEnum):
    """How an endpoint is asked, in the order in which the ways are tried."""

    PROMPT_LOGPROBS = "prompt_logprobs"
    GENERATE = "generate"
    ECHO = "echo"
    GRAMMAR = "grammar"
    N_PROBS = "n_probs"
    TEXT = "text"
    CHAT = "chat"

    @property
    def page(self) -> str:
        return _PAGES[self]

    @property
    def words(self) -> str:
        """What the way is, for people."""
        return _WORDS[self]

    @property
    def means(self) -> str:
        """What two builds must share: ways of one meaning tell of the same tokens of a text, and after the same ones.

        Ids and texts are names of tokens that cannot be held against each other.
        """
        return _MEANINGS.get(self, "given")


_PAGES = {
    Way.PROMPT_LOGPROBS: "/completions",
    Way.GENERATE: "/generate",
    Way.ECHO: "/completions",
    Way.GRAMMAR: "/completion",
    Way.N_PROBS: "/completion",
    Way.TEXT: "/completions",
    Way.CHAT: "/chat/completions",
}
_WORDS = {
    Way.PROMPT_LOGPROBS: "/v1/completions with prompt_logprobs (vLLM)",
    Way.GENERATE: "/generate with return_logprob (SGLang)",
    Way.ECHO: "/v1/completions with echo and logprobs",
    Way.GRAMMAR: "/completion with n_probs, the text's tokens forced by a grammar (llama.cpp)",
    Way.N_PROBS: "/completion with n_probs, one place of the text at a time (llama.cpp)",
    Way.TEXT: "/v1/completions with echo and logprobs, the text sent as it is",
    Way.CHAT: "chat completions with logprobs, greedily as far as the model writes the text itself",
}
_MEANINGS = {
    Way.ECHO: "given, by text",
    Way.TEXT: "given, by text",
    Way.N_PROBS: "given, at some places",
    Way.CHAT: GENERATED,
}
LLAMA = frozenset({Way.GRAMMAR, Way.N_PROBS})
"""Ways of llama.cpp, whose slots keep what a text begins with."""

BESIDE = LLAMA | {Way.GENERATE}
"""Ways whose page lies beside `/v1`."""


@dataclass(frozen=True, slots=True)
class Part:
    """One request of several that tell of a text: its body, and what reads the scores of its tokens."""

    body: dict[str, Any]
    read: Callable[[Mapping[str, Any]], list[TokenScore]]


def whole(way: Way, model: str, ids: Sequence[int], begins: int, tops: int, extra: Mapping[str, Any]) -> Part:
    """The one request that tells of all tokens from `begins` on, by ids.

    References
    ----------
    vLLM: docs, "OpenAI-Compatible Server", extra parameters of the completions API (`prompt_logprobs`). SGLang: docs,
    "SGLang Native APIs" (`return_logprob`, `logprob_start_len`, `top_logprobs_num`). llama.cpp:
    tools/server/README.md, "POST /completion" (`n_probs`, `post_sampling_probs`); grammars/README.md (tokens).
    """
    sent = list(ids)
    openai = {"model": model, "prompt": sent, "max_tokens": 1, "temperature": 0}
    if way is Way.PROMPT_LOGPROBS:
        return Part({**openai, "prompt_logprobs": tops, **extra}, partial(_prompt_logprobs, sent, begins, tops))
    if way is Way.ECHO:
        return Part({**openai, "echo": True, "logprobs": tops, **extra}, partial(_echo, len(sent), begins, tops))
    if way is Way.GENERATE:
        # SGLang tells nothing of the first token that it is to tell of: it begins one before.
        drawn = {"max_new_tokens": 1, "temperature": 0}
        told = {"return_logprob": True, "logprob_start_len": begins - 1, "top_logprobs_num": tops}
        body = {"input_ids": sent, "sampling_params": drawn, **told, **extra}
        return Part(body, partial(_generate, sent, begins, tops))
    raise ValueError(f"{way} tells of no whole text")


def forced(ids: Sequence[int], run: Sequence[int], tops: int, extra: Mapping[str, Any]) -> Part:
    """llama.cpp's one request that tells of the tokens of a run of places, which a grammar forces."""
    written = [ids[at] for at in run]
    grammar = "root ::= " + " ".join(f"<[{token}]>" for token in written)
    body = {"prompt": list(ids[: run[0]]), "n_predict": len(written), "grammar": grammar, **_llama(tops), **extra}
    return Part(body, partial(_completion, written, tops))


def runs_of(places: Sequence[int], ends: Sequence[bool]) -> list[list[int]]:
    """Places that follow one another, in runs of tokens that are whole characters; what ends one is alone.

    `ends` says of each token of the text whether it ends with a whole character.

    >>> runs_of([1, 2, 4, 5, 6], [True, True, True, False, True, True, True])
    [[1, 2], [4], [5, 6]]
    """
    runs: list[list[int]] = []
    for at in places:
        if runs and runs[-1][-1] == at - 1 and ends[at - 1] and ends[runs[-1][0] - 1]:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def text_part(model: str, text: str, tops: int, extra: Mapping[str, Any]) -> Part:
    """The request that tells of all tokens of a text but the first, where nobody tokenises it."""
    body = {"model": model, "prompt": text, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": tops, **extra}
    return Part(body, partial(_echo, None, 1, tops))


def place(ids: Sequence[int], at: int, tops: int, extra: Mapping[str, Any]) -> Part:
    """llama.cpp's request that tells of the one token at a place, which it is made to draw."""
    body = {"prompt": list(ids[:at]), "n_predict": 1, "logit_bias": [[ids[at], _BIAS]], **_llama(tops), **extra}
    return Part(body, partial(_completion, [ids[at]], tops))


def spread(places: Sequence[int], most: int) -> list[int]:
    """At most so many of the places, evenly spread.

    >>> spread([1, 2, 3, 4, 5, 6, 7, 8], 4)
    [1, 3, 5, 7]
    """
    count = min(most, len(places))
    return [places[number * len(places) // count] for number in range(count)]


def _llama(tops: int) -> dict[str, Any]:
    told = {"n_probs": tops, "post_sampling_probs": False, "temperature": 0, "cache_prompt": True}
    # Neither what has been written nor a limit on length may change what is drawn.
    return {**told, "repeat_penalty": 1.0, "samplers": ["temperature"], "stream": False}


def _prompt_logprobs(ids: list[int], begins: int, tops: int, document: Mapping[str, Any]) -> list[TokenScore]:
    return read_prompt_logprobs(document, ids, begins, tops)


def _generate(ids: list[int], begins: int, tops: int, document: Mapping[str, Any]) -> list[TokenScore]:
    return read_generate(document, ids, begins, tops)


def _echo(count: int | None, begins: int, tops: int, document: Mapping[str, Any]) -> list[TokenScore]:
    return read_echo(document, count, begins, tops)


def _completion(wanted: list[int], tops: int, document: Mapping[str, Any]) -> list[TokenScore]:
    return read_completion(document, wanted, tops)
