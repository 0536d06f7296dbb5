"""A tiny deterministic language model with real log-likelihoods: a tokenizer that merges, and a model of two tokens.

What a token is likely to be depends on the two before it, by a hash: no training, the same numbers everywhere.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

BEGIN, END = "<s>", "</s>"
_WORDS = (
    *(chr(code) for code in range(256)),
    *(" " + letter for letter in "ABCDabcdefghijklmnopqrstuvwxyz0123456789("),
    *(
        "the ",
        " the",
        " of",
        " is",
        "ing",
        "Answer",
        "Answer:",
        ": A",
        ":\n",
        "\n\n",
        "Question",
        "in",
        "er",
        "an",
        " an",
    ),
)
VOCABULARY = (BEGIN, END, *_WORDS)
_IDS = {token: number for number, token in enumerate(VOCABULARY)}
_LONGEST = max(map(len, _WORDS))


def encode(text: str) -> list[int]:
    """Token ids by the longest match from the left; letters beyond Latin-1 are spelt as their UTF-8 bytes."""
    ids, place = [], 0
    while place < len(text):
        if text.startswith((BEGIN, END), place):
            special = BEGIN if text.startswith(BEGIN, place) else END
            ids.append(_IDS[special])
            place += len(special)
            continue
        piece = next(
            (text[place : place + size] for size in range(_LONGEST, 0, -1) if text[place : place + size] in _IDS), ""
        )
        ids += [_IDS[piece]] if piece else [_IDS[chr(byte)] for byte in text[place].encode()]
        place += len(piece) or 1
    return ids


@lru_cache(maxsize=100_000)
def logprobs_after(before: tuple[int, ...], flavour: str = "") -> tuple[float, ...]:
    """Log-probabilities of every token after the last two; `flavour` makes another model."""
    seed = hashlib.blake2b(f"{flavour}{before[-2:]}".encode(), digest_size=64).digest()
    logits = [
        seed[number % 64] / 32 + ((number * 2654435761 + seed[0]) % 997) / 250 for number in range(len(VOCABULARY))
    ]
    top = max(logits)
    total = top + math.log(math.fsum(math.exp(logit - top) for logit in logits))
    return tuple(logit - total for logit in logits)


def echoed(ids: list[int], flavour: str = "") -> dict[str, Any]:
    """The `logprobs` of one choice of `/v1/completions`, as vLLM writes them for `echo`, with one token generated."""
    chosen: list[float | None] = [None]
    tops: list[dict[str, float] | None] = [None]
    for place in range(1, len(ids) + 1):
        after = logprobs_after(tuple(ids[max(0, place - 2) : place]), flavour)
        best = max(range(len(after)), key=after.__getitem__)
        token = ids[place] if place < len(ids) else best
        chosen.append(after[token])
        tops.append({VOCABULARY[best]: after[best], VOCABULARY[token]: after[token]})
    return {"token_logprobs": chosen, "top_logprobs": tops, "tokens": [VOCABULARY[token] for token in ids] + [""]}


def write_tokenizer(folder: Path) -> Path:
    """A `tokenizer.json` with its `tokenizer_config.json`: single characters and a few merges of Latin-1 letters."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE

    pairs = [(" ", "A"), (" ", "B"), (" ", "a"), ("i", "n"), ("e", "r"), ("a", "n"), (" ", "an"), ("\n", "\n")]
    merged = {left + right for left, right in pairs}
    letters = {token: number for number, token in enumerate(VOCABULARY) if len(token) == 1 or token in merged}
    model = BPE(vocab=letters, merges=pairs)
    tokenizer = Tokenizer(model)
    tokenizer.add_special_tokens([BEGIN, END])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}'
    )
    return folder
