"""Reads what servers tell of a text's tokens, one by one: each form that log-probabilities come in."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

from quantgate.evals.endpoint.bodies import error_text
from quantgate.evals.endpoint.failures import MalformedReply
from quantgate.evals.text import excerpt

FLOOR = -100.0
"""What stands for a probability of nothing, in nats: servers write it as -inf, or as -9999."""

_ID = re.compile(r"token_id:(\d+)")
_ABOVE_ONE = 1e-4
_NONE_TOLD = "the answer has no log-probabilities of the prompt's tokens"

Token: TypeAlias = int | str
Tops: TypeAlias = dict[Token, float]


@dataclass(frozen=True, slots=True)
class TokenScore:
    """One token where it stands: its log-probability, and those of the likeliest there, the likeliest first."""

    token: Token
    logprob: float
    tops: Tops


def read_prompt_logprobs(document: Mapping[str, Any], ids: Sequence[int], begins: int, tops: int) -> list[TokenScore]:
    """Read `prompt_logprobs`, as vLLM writes it: the prompt's own token beside the likeliest, by ids.

    Raises
    ------
    MalformedReply
        When the body tells of other tokens than `ids`, or of none, or what it tells cannot be.
    """
    told = _choice(document).get("prompt_logprobs")
    if told is None:
        told = document.get("prompt_logprobs")
    if not isinstance(told, list):
        raise MalformedReply(_NONE_TOLD)
    if len(told) != len(ids):
        raise _other_count(len(told), len(ids))
    return [_of_ids(place, token, tops) for place, token in zip(told[begins:], ids[begins:], strict=True)]


def _of_ids(place: object, token: int, tops: int) -> TokenScore:
    if not isinstance(place, dict):
        raise MalformedReply(f"the answer has no log-probabilities at a place: {_shown(place)}")
    told: Tops = {}
    for name, entry in place.items():
        if not name.isascii() or not name.isdecimal():
            raise MalformedReply(f"the answer names a token that is no id: {_shown(name)}")
        told[int(name)] = logprob_of(entry.get("logprob") if isinstance(entry, dict) else entry)
    if token not in told:
        raise MalformedReply(f"the answer does not tell of the prompt's token {token} where it stands")
    return _score(token, told[token], told.items(), tops)


def read_generate(document: Mapping[str, Any], ids: Sequence[int], begins: int, tops: int) -> list[TokenScore]:
    """SGLang's `input_token_logprobs` and `input_top_logprobs`: lists of [log-probability, id, text]. Raises alike."""
    told = document.get("meta_info")
    each, likeliest = (
        (told.get(name) if isinstance(told, dict) else None) for name in ("input_token_logprobs", "input_top_logprobs")
    )
    if not isinstance(each, list) or not isinstance(likeliest, list):
        raise MalformedReply(_NONE_TOLD)
    wanted = ids[begins:]
    if len(each) < len(wanted) or len(likeliest) < len(wanted):
        raise _other_count(min(len(each), len(likeliest)), len(wanted))
    scores = []
    for entry, around, token in zip(each[-len(wanted) :], likeliest[-len(wanted) :], wanted, strict=True):
        told_of, value = _pair(entry)
        if told_of != token:
            raise MalformedReply(f"the answer tells of the token {told_of}, where the prompt has {token}")
        if not isinstance(around, list):
            raise MalformedReply(f"the answer has no likeliest tokens at a place: {_shown(around)}")
        scores.append(_score(token, value, map(_pair, around), tops))
    return scores


def _pair(entry: object) -> tuple[int, float]:
    if not isinstance(entry, list) or len(entry) < 2 or not isinstance(entry[1], int) or isinstance(entry[1], bool):
        raise MalformedReply(f"the answer has no log-probability of a token: {_shown(entry)}")
    return entry[1], logprob_of(entry[0])


def read_echo(document: Mapping[str, Any], count: int | None, begins: int, tops: int) -> list[TokenScore]:
    """The prompt echoed: `tokens`, `token_logprobs` and `top_logprobs`, whose keys are the tokens' texts.

    `count` is how many tokens were sent, `None` where the text was. A token that the model generated stands behind
    them. Raises alike.
    """
    choice = _choice(document)
    told = choice.get("logprobs")
    names = ("tokens", "token_logprobs", "top_logprobs")
    parts = [told.get(name) if isinstance(told, dict) else None for name in names]
    if not all(isinstance(part, list) for part in parts):
        raise MalformedReply(_NONE_TOLD)
    tokens, each, likeliest = parts
    assert tokens is not None
    assert each is not None
    assert likeliest is not None
    if not len(tokens) == len(each) == len(likeliest):
        raise _other_count(min(len(each), len(likeliest)), len(tokens))
    sent = len(tokens) - _generated(document, choice) if count is None else count
    if len(tokens) not in (sent, sent + 1) or sent <= begins:
        raise _other_count(len(tokens), sent)
    return [
        _of_texts(token, value, around, tops)
        for token, value, around in zip(tokens[begins:sent], each[begins:sent], likeliest[begins:sent], strict=True)
    ]


def _generated(document: Mapping[str, Any], choice: Mapping[str, Any]) -> int:
    """How many tokens were generated behind a text that is echoed, one being asked for."""
    usage = document.get("usage")
    told = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return told if told in (0, 1) else 1


def _of_texts(token: object, value: object, around: object, tops: int) -> TokenScore:
    if not isinstance(token, str) or not isinstance(around, dict):
        raise MalformedReply(f"the answer has no log-probabilities at a place: {_shown([token, around])}")
    told = [(_named(name), logprob_of(each)) for name, each in around.items()]
    return _score(_named(token), logprob_of(value), told, tops)


def _named(text: str) -> Token:
    """A token as it is told: its id where the server writes that instead of its text."""
    found = _ID.fullmatch(text)
    return int(found.group(1)) if found else text


def read_completion(document: Mapping[str, Any], wanted: Sequence[int], tops: int) -> list[TokenScore]:
    """llama.cpp's `completion_probabilities`: of each generated token, which must be those `wanted`. Raises alike."""
    told = document.get("completion_probabilities")
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        raise MalformedReply("the answer has no probabilities of the tokens (n_probs)")
    if [each.get("id") for each in told] != list(wanted):
        raise MalformedReply("the server did not write the tokens that it was held to")
    return [_of_entry(each, tops, by_id=True) for each in told]


@dataclass(frozen=True, slots=True)
class ChatToken:
    """One token that a model has written, and its bytes."""

    score: TokenScore
    written: bytes


def read_chat(document: Mapping[str, Any], tops: int) -> tuple[list[ChatToken], str]:
    """`logprobs` of a chat completion: its tokens as they were generated, and the finish reason. Raises alike."""
    choice = _choice(document)
    told = choice.get("logprobs")
    content = told.get("content") if isinstance(told, dict) else None
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        raise MalformedReply("the answer has no log-probabilities of its tokens")
    tokens = [ChatToken(_of_entry(entry, tops, by_id=False), _bytes_of(entry)) for entry in content]
    return tokens, str(choice.get("finish_reason"))


def _bytes_of(entry: Mapping[str, Any]) -> bytes:
    parts = entry.get("bytes")
    if _are_bytes(parts):
        return bytes(parts)
    return _text_of(entry).encode("utf-8", "surrogatepass")


def _of_entry(entry: Mapping[str, Any], tops: int, *, by_id: bool) -> TokenScore:
    around = entry.get("top_logprobs")
    if not isinstance(around, list) or not all(isinstance(each, dict) for each in around):
        raise MalformedReply(f"the answer has no likeliest tokens at a place: {_shown(entry)}")
    name: Callable[[Mapping[str, Any]], Token] = _id_of if by_id else _text_of
    told = [(name(each), logprob_of(each.get("logprob"))) for each in around]
    return _score(name(entry), logprob_of(entry.get("logprob")), told, tops)


def _id_of(entry: Mapping[str, Any]) -> int:
    token = entry.get("id")
    if not isinstance(token, int) or isinstance(token, bool):
        raise MalformedReply(f"the answer names a token without its id: {_shown(entry)}")
    return token


def _text_of(entry: Mapping[str, Any]) -> str:
    """A token's text; of one that is a part of a character its bytes, in OpenAI's form."""
    text, parts = entry.get("token"), entry.get("bytes")
    if not isinstance(text, str):
        raise MalformedReply(f"the answer names a token without its text: {_shown(entry)}")
    if "\ufffd" in text and _are_bytes(parts):
        return "bytes:" + "".join(f"\\x{each:02x}" for each in parts)
    return text


def _are_bytes(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(isinstance(each, int) and 0 <= each < 256 for each in value)


def logprob_of(value: object) -> float:
    """A log-probability in nats, `FLOOR` for that of nothing. Raises MalformedReply for what none can be."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value <= _ABOVE_ONE:
        raise MalformedReply(f"the answer has a log-probability that is none: {_shown(value)}")
    return float(min(max(value, FLOOR), 0.0))


def _score(token: Token, logprob: float, told: Iterable[tuple[Token, float]], tops: int) -> TokenScore:
    """A place, of whose likeliest tokens `tops` count; a server may append its own token to them."""
    found: Tops = {}
    for name, value in told:
        # A text may stand for several tokens: the likeliest of them is what a reader would take it for.
        if value > FLOOR and value > found.get(name, -math.inf):
            found[name] = value
    if not found:
        raise MalformedReply("the answer has a place without likeliest tokens")
    if logprob > max(found.values()) + _ABOVE_ONE:
        raise MalformedReply("the answer has a token that is likelier than the likeliest")
    if math.fsum(map(math.exp, found.values())) > 1 + 1e-2:
        raise MalformedReply("the answer has probabilities that add up to more than 1")
    kept = sorted(found.items(), key=lambda each: -each[1])[:tops]
    return TokenScore(token, logprob, dict(kept))


def document_of(body: str) -> dict[str, Any]:
    """The JSON object of a body. Raises MalformedReply where it is none, or tells of an error."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedReply(f"the server answered with something that is not JSON: {excerpt(body)}") from None
    if not isinstance(document, dict):
        raise MalformedReply(f"the server answered with something that is no JSON object: {excerpt(body)}")
    if document.get("error"):
        raise MalformedReply(f"the server answered 200 with an error: {excerpt(error_text(document['error']))}")
    return document


def _choice(document: Mapping[str, Any]) -> dict[str, Any]:
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise MalformedReply("the answer has no choices")
    return choices[0]


def _other_count(told: int, sent: int) -> MalformedReply:
    return MalformedReply(
        f"the answer has {told} log-probabilities for {sent} tokens: the server does not tell of what was sent"
    )


def _shown(value: object) -> str:
    return excerpt(json.dumps(value, ensure_ascii=False, default=str), 80)
