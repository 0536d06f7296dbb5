"""What the texts of answers show, seen as they pass by, since they are not kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantgate.evals.contract.thoughts import leaked_tokens
from quantgate.evals.samples.columns import Bools, Labels, labelled
from quantgate.evals.samples.looping import is_looping


def signs_of(responses: Sequence[str | None], thoughts: Sequence[str | None]) -> tuple[Bools, Labels]:
    """Which answers end by repeating themselves, or their thoughts where there is nothing else; and leaked tokens.

    The special tokens that a response ends with are joined by line breaks, each of them once.
    """
    looping = [is_looping(said or thought or "") for said, thought in zip(responses, thoughts, strict=True)]
    return np.array(looping, dtype=np.bool_), labelled(map(_leaked, responses))


def _leaked(response: str | None) -> str | None:
    found = leaked_tokens(response) if response else ()
    return "\n".join(dict.fromkeys(found)) if found else None
