"""Log-probabilities of a document's tokens as a sample stores them, for two builds to be compared by."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quantgate.evals.errors import DataError


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """What one build says of one document, teacher-forced: position by position, in the document's order.

    Parameters
    ----------
    tokens
        The tokens that are scored, as the server names them: ids where it tells them, else texts. (n,)
    logprobs
        The log-probability of each, given all before it, in nats. (n,)
    tops
        The likeliest tokens where each stands and their log-probabilities in nats, the likeliest first. (n,)
    positions
        Where each stands in the document, in tokens from its beginning: not all need be scored. (n,)
    """

    tokens: tuple[int | str, ...]
    logprobs: tuple[float, ...]
    tops: tuple[Mapping[int | str, float], ...]
    positions: tuple[int, ...]


def write_token_logprobs(scored: TokenLogprobs) -> str:
    """The JSON object that is stored; log-probabilities to a millionth of a nat."""
    tops = [[[token, round(value, 6)] for token, value in top.items()] for top in scored.tops]
    logprobs = [round(value, 6) for value in scored.logprobs]
    document = {"tokens": scored.tokens, "logprobs": logprobs, "tops": tops, "positions": scored.positions}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def parse_token_logprobs(text: str) -> TokenLogprobs:
    """Read what `write_token_logprobs` wrote.

    Raises
    ------
    DataError
        When it is anything else, or holds numbers that no log-probabilities are.

    Examples
    --------
    >>> stored = '{"tokens":[7],"logprobs":[-0.1],"tops":[[[7,-0.1],[9,-2.5]]],"positions":[3]}'
    >>> parse_token_logprobs(stored).tops[0][9]
    -2.5
    """
    try:
        document = json.loads(text)
        made = TokenLogprobs(
            tuple(_token(token) for token in document["tokens"]),
            tuple(_logprob(value) for value in document["logprobs"]),
            tuple(_top(top) for top in document["tops"]),
            tuple(_position(place) for place in document["positions"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        raise DataError("a stored response holds no log-probabilities of tokens") from None
    if not len(made.tokens) == len(made.logprobs) == len(made.tops) == len(made.positions):
        raise DataError("a stored response holds log-probabilities of other tokens than it names")
    return made


def _top(pairs: Any) -> dict[int | str, float]:
    return {_token(token): _logprob(value) for token, value in pairs}


def _token(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(value)
    return value


def _position(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(value)
    return value


def _logprob(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value > 1e-4:
        raise TypeError(value)
    return float(value)
