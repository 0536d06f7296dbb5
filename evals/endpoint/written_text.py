"""Chat completions alone: what a model says of a text as far as it writes it itself, greedily."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quantgate.evals.contract.records import Message
from quantgate.evals.endpoint.failures import MalformedReply
from quantgate.evals.endpoint.token_scores import TokenScore, read_chat
from quantgate.evals.text import excerpt

ENDED = ""
"""Stands for a token where a model has ended and the text goes on."""

_BYTES_PER_TOKEN = 3


def chat_body(
    model: str, messages: Sequence[Message], text: str, tops: int, max_length: int | None, extra: Mapping[str, Any]
) -> tuple[dict[str, Any], Callable[[Mapping[str, Any]], list[TokenScore]]]:
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
    return body, lambda reply: _followed(reply, wanted, tops, budget)


def _followed(reply: Mapping[str, Any], wanted: bytes, tops: int, budget: int) -> list[TokenScore]:
    """The tokens that were written, up to the first that leaves the text, that one included.

    Each stands after what the text has before it, so that two builds can be held against each other there. Where the
    model ends and the text goes on, the last is no token at all: of an end no server tells how likely it was. A server
    that cuts an answer before the budget has told too little for that, and two that cut elsewhere are no pair.
    """
    told, reason = read_chat(reply, tops)
    scores: list[TokenScore] = []
    place = 0
    for token in told:
        rest = wanted[place:]
        if not rest or (token.written != rest and token.written.startswith(rest)):
            break  # the text ends here, perhaps within this token
        scores.append(token.score)
        if not token.written or not rest.startswith(token.written):
            break
        place += len(token.written)
    else:
        if place < len(wanted) and reason == "stop":
            scores.append(TokenScore(ENDED, 0.0, {}))
        elif place < len(wanted) and len(told) < budget:
            raise MalformedReply(
                f"the answer was cut after {len(told):,} tokens, where {budget:,} were asked for (finish_reason "
                f"{excerpt(reason, 40)})"
            )
    if not scores:
        raise MalformedReply("the answer has no token of the text, and does not leave it either")
    return scores
