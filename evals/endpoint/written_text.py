"""Chat completions alone: what a model says of a text as far as it writes it itself, greedily."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quantgate.evals.contract.records import Message
from quantgate.evals.endpoint.failures import MalformedReply
from quantgate.evals.endpoint.token_scores import ChatToken, Token, TokenScore, read_chat

UNTOLD = ""
"""Stands for the text's own token where the model goes on otherwise and its likeliest tokens have none that fits."""

_BYTES_PER_TOKEN = 3


def chat_body(
    model: str, messages: Sequence[Message], text: str, tops: int, max_length: int | None, extra: Mapping[str, Any]
) -> tuple[dict[str, Any], Callable[[str], list[TokenScore]]]:
    """The request for an answer to the messages, and what reads of it the places that it shares with `text`."""
    wanted = text.encode()
    budget = min(max_length or len(wanted), len(wanted) // _BYTES_PER_TOKEN + 1)
    body = {
        "model": model,
        "messages": [dict(message) for message in messages],
        "temperature": 0,
        "max_tokens": budget,
        "logprobs": True,
        "top_logprobs": tops,
        **extra,
    }
    return body, lambda reply: _followed(reply, wanted, tops)


def _followed(reply: str, wanted: bytes, tops: int) -> list[TokenScore]:
    """Places of the text up to the first at which the model goes on otherwise, that one included.

    All stand after the same text, and so two builds can be held against each other there. Where the model ends and the
    text goes on, the last place has no likeliest tokens, for no server tells of those.
    """
    told, reason = read_chat(reply, tops)
    scores: list[TokenScore] = []
    place = 0
    for token in told:
        rest = wanted[place:]
        if token.written and rest.startswith(token.written):
            scores.append(token.score)
            place += len(token.written)
            continue
        if rest and not token.written.startswith(rest):
            scores.append(_left(token, rest))
        return _some(scores)
    if place < len(wanted) and reason == "stop":
        scores.append(TokenScore(UNTOLD, 0.0, {}))
    return _some(scores)


def _left(token: ChatToken, rest: bytes) -> TokenScore:
    """The place at which the model leaves the text: the text's own token is the longest that is told and fits."""
    fitting = [(len(written), name) for name, written in token.around.items() if written and rest.startswith(written)]
    if not fitting:
        return TokenScore(UNTOLD, min(token.score.tops.values()), token.score.tops)
    name: Token = max(fitting, key=lambda each: each[0])[1]
    return TokenScore(name, token.score.tops[name], token.score.tops)


def _some(scores: list[TokenScore]) -> list[TokenScore]:
    if not scores:
        raise MalformedReply("the answer has no token of the text, and does not leave it either")
    return scores
