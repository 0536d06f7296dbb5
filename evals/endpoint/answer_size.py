"""How much work an answer was: what its time is held against."""

from __future__ import annotations

from quantgate.evals.contract.records import Answer

_CHARACTERS_A_TOKEN = 4
_MOST = 10**7


def size_of(answer: Answer) -> float:
    """The tokens of an answer as the server counts them, else as its text's length lets guess; at least 1."""
    told = (answer.usage or {}).get("completion_tokens")
    if isinstance(told, int) and 0 < told <= _MOST:
        return told
    characters = len(answer.response or "") + len(answer.reasoning or "")
    return min(_MOST, max(1.0, characters / _CHARACTERS_A_TOKEN))
