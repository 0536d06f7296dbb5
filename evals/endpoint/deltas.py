"""Puts the deltas of a streamed chat completion together into the document that the server would have sent in one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_FIRST_COUNTS = frozenset({"role", "id", "type", "index"})
"""Fields that say what a thing is: told once, or again and again."""

_OF_PIECE = 64
"""Bytes that a piece of text takes beside its own."""

_OF_STRUCTURE = 4
"""How many times the memory of its text JSON takes that is kept as what it says."""

_GROWING = frozenset({"text", "thinking", "reasoning", "content", "summary", "data", "arguments", "input", "name"})
"""Fields of parts and tool calls that arrive piece by piece; any other is told whole."""


class Completion:
    """One answer in the making: the first choice, what stands beside it, and the usage of the last chunk.

    Fields of text are kept as pieces of JSON strings, escapes and all: a stream has thousands, and the document is read
    once, when it is whole. A pair of surrogates that was cut in two is so mended, too.
    """

    def __init__(self) -> None:
        self.has_choice = False
        self.finished = False
        self.usage: Mapping[str, Any] | None = None
        self._beside: dict[str, Any] = {}
        self._choice: dict[str, Any] = {}
        self._text: dict[str, list[bytes]] = {}
        self._message: dict[str, Any] = {}
        self._calls: list[dict[str, Any]] = []
        self._call_of: dict[object, dict[str, Any]] = {}
        self.held = 0
        """Bytes that are held, by and large."""

    def extend(self, name: str, piece: bytes) -> None:
        """Add a piece of a field of text, as it stands between the quotes of a JSON string."""
        self._text.setdefault(name, []).append(piece)
        self.held += len(piece) + _OF_PIECE

    def add(self, chunk: Mapping[str, Any], size: int) -> str | None:
        """Take one chunk, whose JSON had `size` bytes.

        Returns
        -------
        The name of the one field of text that it has added to, empty where it has brought tokens in another way, `None`
        where it has brought none.
        """
        if isinstance(chunk.get("usage"), Mapping):
            self.usage = chunk["usage"]
        beside = {
            name: value for name, value in chunk.items() if name not in ("choices", "usage") and value is not None
        }
        if beside.keys() - self._beside.keys():
            self.held += _OF_STRUCTURE * size
        self._beside |= beside
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, Mapping) or choice.get("index") not in (None, 0):
            return None
        self.has_choice = True
        self._choice |= {
            name: value
            for name, value in choice.items()
            if name not in ("delta", "message", "logprobs")
            and (value not in (None, "") or self._choice.get(name) in (None, ""))
        }
        self.finished = self._choice.get("finish_reason") not in (None, "")
        delta = choice.get("delta")
        if not isinstance(delta, Mapping) or not delta:
            # Some send the whole message in the end, or all of the answer as one event.
            whole = choice.get("message")
            delta = whole if isinstance(whole, Mapping) and not self.has_tokens() else {}
        return self._add_delta(delta, size)

    def text(self) -> str:
        """What has come of thoughts and answer, for a message about it."""
        return "".join(_read(b"".join(pieces)) for pieces in self._text.values())

    def document(self) -> str:
        """The chat completion, as JSON."""
        message = {"role": "assistant", **self._message}
        if self._calls:
            message["tool_calls"] = [
                {name: value for name, value in call.items() if name != "index"} for call in self._calls
            ]
        # Joined texts are the only thing in it that json does not know.
        fields = [json.dumps(message, default=str)[1:-1].encode()]
        for name, pieces in self._text.items():
            if name not in message:
                fields.append(json.dumps(name).encode() + b': "' + b"".join(pieces) + b'"')
        if "content" not in self._text and "content" not in message:
            fields.append(b'"content": null')
        choice = json.dumps(self._choice)[1:-1]
        head = json.dumps({**self._beside, "object": "chat.completion", "usage": self.usage})[1:-1]
        body = f'{{{head}, "choices": [{{{choice}{", " if choice else ""}"message": {{'.encode()
        return (body + b", ".join(fields) + b"}}]}").decode("utf-8", "replace")

    def has_tokens(self) -> bool:
        """Whether anything of thoughts, answer or tool calls has come."""
        return bool(self._text or self._calls or self._message.keys() - {"role"})

    def _add_delta(self, delta: Mapping[str, Any], size: int) -> str | None:
        texts, others = [], False
        for name, value in delta.items():
            if value is None or value in ("", [], {}):
                continue
            if name in _FIRST_COUNTS:
                self._message.setdefault(name, value)
            elif name == "tool_calls" and isinstance(value, list):
                others = True
                for call in value:
                    self._add_call(call)
            elif isinstance(value, str) and name not in self._message:
                self.extend(name, json.dumps(value)[1:-1].encode())
                texts.append(name)
            else:
                others = True
                self._message[name] = _joined(self._parts_so_far(name, value), value)
        if others:
            self.held += _OF_STRUCTURE * size
        if not texts:
            return "" if others else None
        return texts[0] if len(texts) == 1 and not others else ""

    def _parts_so_far(self, name: str, value: Any) -> Any:
        """What a field holds that is no text, or is none any more: text that came before parts is a part itself."""
        pieces = self._text.pop(name, None)
        if pieces is None:
            return self._message.get(name)
        before = _read(b"".join(pieces))
        return [{"type": "text", "text": before}] if isinstance(value, list) else before

    def _add_call(self, delta: Any) -> None:
        """Add to the last tool call of the delta's index, or to the last of all, unless it begins another.

        Some servers give all calls one index, others give every delta of a call an id of its own, or none at all.
        """
        if not isinstance(delta, Mapping):
            return
        index = delta.get("index")
        last = self._calls[-1] if self._calls else None
        held = last if index is None else self._call_of.get(_hashable(index))
        if held is None or _begins_another(held, delta):
            held = {}
            self._calls.append(held)
            if index is not None:
                self._call_of[_hashable(index)] = held
        for key, value in delta.items():
            held[key] = _field(key, held.get(key), value)


class _Text:
    """A text that grows: put together once, in the end."""

    def __init__(self, first: str) -> None:
        self._pieces = [first]
        self._length = len(first)

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)

    @property
    def last(self) -> str:
        """The last character."""
        return self._pieces[-1][-1:]

    def is_the_same_as(self, text: str) -> bool:
        return self._length == len(text) and str(self) == text

    def __str__(self) -> str:
        return "".join(self._pieces)


def _begins_another(held: Mapping[str, Any], delta: Mapping[str, Any]) -> bool:
    """Whether a delta whose index is that of `held`, or is missing, begins a call of its own.

    It has a name, and another id; or, where not both have one, `held` has its arguments already.
    """
    function, before = delta.get("function"), held.get("function")
    if not isinstance(function, Mapping) or not function.get("name"):
        return False
    if held.get("id") and delta.get("id"):
        return bool(held["id"] != delta["id"])
    if not isinstance(before, Mapping) or not before.get("arguments"):
        return False
    if function["name"] != str(before.get("name")):
        return True
    # The name is told again, or called again: one object of arguments is never followed by another.
    told, new = before["arguments"], function.get("arguments")
    if isinstance(told, Mapping):
        return True
    closed = (told.last if isinstance(told, _Text) else str(told)[-1:]) == "}"
    return closed and (new.startswith("{") if isinstance(new, str) and new else delta.get("index") is None)


def _hashable(index: Any) -> object:
    return index if isinstance(index, str | int | float) else json.dumps(index)


def _joined(held: Any, new: Any) -> Any:
    """Two pieces of one value put together: texts are joined, lists too, with parts of one type becoming one.

    What is held is added to in place, so that the whole costs no more than its pieces.
    """
    if held is None or held in ("", [], {}):
        return _extended([], new) if isinstance(new, list) else new
    if new is None or new in ("", [], {}):
        return held
    if isinstance(held, str | _Text) and isinstance(new, str):
        grown = held if isinstance(held, _Text) else _Text(held)
        grown.add(new)
        return grown
    if isinstance(held, dict) and isinstance(new, Mapping):
        for name, value in new.items():
            held[name] = _field(name, held.get(name), value)
        return held
    if isinstance(held, list):
        return _extended(held, new)
    return new


def _field(name: str, held: Any, value: Any) -> Any:
    if name in _FIRST_COUNTS:
        return held or value
    if isinstance(value, str) and (name not in _GROWING or (name == "name" and _is_again(held, value))):
        return held or value
    return _joined(held, value)


def _is_again(held: Any, value: str) -> bool:
    return held.is_the_same_as(value) if isinstance(held, _Text) else bool(held == value)


def _extended(parts: list[Any], new: Any) -> list[Any]:
    for value in new if isinstance(new, list) else [new]:
        part = {"type": "text", "text": value} if isinstance(value, str) else value
        last = parts[-1] if parts else None
        if isinstance(part, Mapping) and isinstance(last, Mapping) and _continues(last, part):
            parts[-1] = _joined(last, part)
        else:
            parts.append(part)
    return parts


def _continues(last: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    return all(last.get(name) == part.get(name) for name in ("type", "index"))


def _read(pieces: bytes) -> str:
    try:
        text: str = json.loads(b'"' + pieces + b'"', strict=False)
    except ValueError:
        return pieces.decode("utf-8", "replace")
    return text
