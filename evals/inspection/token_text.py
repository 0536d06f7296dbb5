"""Log-probabilities of a text's tokens for a reader: how many were the likeliest, and which were least likely."""

from __future__ import annotations

import math
from collections.abc import Iterator

from quantgate.evals.contract.token_logprobs import TokenLogprobs, parse_token_logprobs
from quantgate.evals.errors import DataError

_BEGINS = '{"tokens":['
_WORST = 8
_LIKELIEST = 3


def token_text(response: str) -> str | None:
    """What a stored response tells, in some lines; `None` where it holds no log-probabilities of tokens."""
    if not response.startswith(_BEGINS):
        return None
    try:
        scored = parse_token_logprobs(response)
    except DataError:
        return None  # an answer that only looks like it
    return "\n".join(_lines(scored)) if scored.tokens else None


def _lines(scored: TokenLogprobs) -> Iterator[str]:
    count = len(scored.tokens)
    first = sum(value >= max(top.values(), default=math.inf) for value, top in _values(scored))
    told = [value for value, top in _values(scored) if top]
    mean = f", mean {math.fsum(told) / len(told):.4f} nats" if told else ""
    yield (
        f"{count:,} tokens scored, at positions {scored.positions[0]:,} to {scored.positions[-1]:,}: "
        f"{first:,} of them the likeliest{mean}"
    )
    if not scored.tops[-1]:
        yield "the model ended there, and the text goes on"
    worst = sorted(range(count), key=lambda place: scored.logprobs[place])[:_WORST]
    yield "the least likely, by position, with the likeliest there:"
    for place in sorted(worst):
        top = list(scored.tops[place].items())[:_LIKELIEST]
        likeliest = ", ".join(f"{_shown(token)} {value:.3f}" for token, value in top)
        yield f"  {scored.positions[place]}: {_shown(scored.tokens[place])} {scored.logprobs[place]:.3f} ({likeliest})"


def _values(scored: TokenLogprobs) -> Iterator[tuple[float, dict[int | str, float]]]:
    for value, top in zip(scored.logprobs, scored.tops, strict=True):
        yield value, dict(top)


def _shown(token: int | str) -> str:
    return str(token) if isinstance(token, int) else repr(token)
