"""Reads a stream of server-sent events into one chat completion, at a cost that a thousand tokens hardly show.

The events' form: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.5.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from quantgate.evals.endpoint.deltas import Completion
from quantgate.evals.endpoint.pending import Pending
from quantgate.evals.endpoint.weight import is_heavy
from quantgate.evals.secrets import redacted
from quantgate.evals.text import excerpt

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DONE = "[DONE]"
_STRING = re.compile(rb'[^"\\\n]*(?:\\.[^"\\\n]*)*')
_CODE_DIGITS = 3
_CREATED = re.compile(rb'"created": ?\d+')
"""The time, which some servers write anew in every event."""

_MOST_IDLE_FORMS = 3
"""So many forms that no second event had are enough: this server writes something new into each."""


class BrokenStream(Exception):
    """A stream that is no whole answer: its text says why, and what of the answer had come."""


class StreamedError(Exception):
    """The server's own report of an error, in place of an answer or in its midst; `error` as it was sent."""

    def __init__(self, error: Any, *, code: int | None, answer: StreamedCompletion) -> None:
        super().__init__(error)
        self.error = error
        self.code = code
        self.has_begun = answer.has_begun
        self.before = answer.so_far()


def looks_like_events(begun: bytes) -> bool | None:
    """Whether a body that begins so is a stream of events, whatever its content type says; `None`: too early to say."""
    start = begun.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if any(start.startswith(field) for field in _FIELDS):
        return True
    if not start or any(field.startswith(start) for field in _FIELDS) or _BYTE_ORDER_MARK.startswith(begun):
        return None
    return False


@dataclass(frozen=True, slots=True)
class _Alike:
    """The form of an event that many others share, all but for one string, and for the time of its making.

    Servers write every token into the same envelope. Stepping from string to string by the envelope's length, and
    counting afterwards that it stands between all of them, costs a fiftieth of what reading each event as JSON does.
    `before` and `after` are the envelope's parts by their distance from its beginning and from the string's end.
    """

    field: str
    before: tuple[tuple[int, bytes], ...]
    after: tuple[tuple[int, bytes], ...]
    lengths: tuple[int, int]
    between: tuple[bytes, ...]

    @classmethod
    def of(cls, event: bytes, field: str, separator: bytes) -> _Alike | None:
        """The form of an event whose `field` is to be taken out; `None` where it stands in there more than once."""
        places = list(_member(field).finditer(event))
        if len(places) != 1:
            return None
        before, after = event[: places[0].start(1)], event[places[0].end(1) :] + separator
        between = tuple(part for _, part in _lasting(after + before))
        return cls(field, _lasting(before), _lasting(after), (len(before), len(after)), between)

    def one_at(self, block: bytes, start: int) -> tuple[bytes, int] | None:
        """The string of the event at `start`, and where the next one is; `None` when it is of another form."""
        if not all(block.startswith(part, start + offset) for offset, part in self.before):
            return None
        string = _STRING.match(block, start + self.lengths[0])
        if string is None or not all(block.startswith(part, string.end() + offset) for offset, part in self.after):
            return None
        return string[0], string.end() + self.lengths[1]

    def all_of(self, block: bytes, start: int) -> bytes | None:
        """The strings of all events from `start` to the block's end, joined; `None` unless all are of this form."""
        if self.one_at(block, start) is None or not block.endswith(self.after[-1][1]):
            return None
        found = _strides(*self.lengths).findall(block, start)
        if not found[-1]:
            return None
        joined = b"".join(found)
        whole = len(found) * sum(self.lengths) + len(joined) == len(block) - start
        alike = whole and all(block.count(part, start) >= len(found) - 1 for part in self.between)
        return joined if alike else None


@cache
def _member(name: str) -> re.Pattern[bytes]:
    """A JSON object's member of that name with a string for its value."""
    return re.compile(rb'"' + re.escape(name.encode()) + rb'"\s*:\s*"(' + _STRING.pattern + rb')"')


@lru_cache
def _strides(before: int, after: int) -> re.Pattern[bytes]:
    """A string in an envelope of so many bytes; the first of those after it is its closing quote.

    Where there is none, all that is left is one empty string: else each place of a long text would be tried.
    """
    return re.compile(b'.{%d}(%s)".{%d}|.+' % (before, _STRING.pattern, after - 1), re.DOTALL)


def _lasting(part: bytes) -> tuple[tuple[int, bytes], ...]:
    """The pieces of a part of an envelope that stay, by their place in it."""
    pieces, at = [], 0
    for created in _CREATED.finditer(part):
        pieces.append((at, part[at : created.start()]))
        at = created.end()
    return (*pieces, (at, part[at:]))


class StreamedCompletion:
    """A chat completion that arrives in server-sent events; line ends of any kind, cut anywhere."""

    def __init__(self) -> None:
        self.done = False
        self._completion = Completion()
        self._pending = Pending()
        self._begun = False
        self._alike: _Alike | None = None
        self._idle_forms = 0

    def feed(self, data: bytes) -> bool:
        """Take bytes as they arrive.

        Returns
        -------
        Whether there was a token among them: of thoughts, answer or tool call; comments and roles are none.

        Raises
        ------
        BrokenStream
            When an event is no JSON object.
        StreamedError
            When the server reports an error.
        """
        if not self._begun:
            data = self._pending.take() + data
            if _BYTE_ORDER_MARK.startswith(data):
                self._pending.hold(data)
                return False
            self._begun = True
            data = data.removeprefix(_BYTE_ORDER_MARK)
        block = self._pending.whole_events(data)
        return self._take(block) if block else False

    def finish(self) -> str:
        """The whole answer as the document that a server sends which does not stream, without keys that it repeats.

        Raises
        ------
        BrokenStream
            When the stream broke off before its finish_reason, or held no answer at all.
        StreamedError
            When the server reports an error.
        """
        if not self.done and (rest := self._pending.take()).strip():
            try:
                self._take(rest.rstrip(b"\n") + self._pending.separator)
            except BrokenStream:
                raise self._broken("the stream broke off in the midst of an event") from None
        if not self._completion.has_choice:
            raise self._broken("the stream ended without an answer")
        if not self._completion.finished and not self.done:
            raise self._broken("the stream ended without finish_reason")
        # Not before it is whole: a key that a server repeats may lie across two events.
        try:
            return redacted(self._completion.document())
        except RecursionError:
            raise self._broken("the stream holds JSON that is nested too deeply") from None

    @property
    def finished(self) -> bool:
        """Whether the answer is whole, though usage or `[DONE]` may still follow."""
        return self._completion.finished

    @property
    def has_usage(self) -> bool:
        """Whether the server has counted the tokens."""
        return self._completion.usage is not None

    @property
    def has_begun(self) -> bool:
        """Whether a token has come."""
        return self._completion.has_tokens()

    @property
    def held(self) -> int:
        """How many bytes are held of the answer, by and large."""
        return self._completion.held + self._pending.size

    def so_far(self) -> str:
        """What of the answer has come, in words for a message."""
        text = redacted(self._completion.text())
        return f"after {len(text)} characters: {excerpt(text)}" if text else "before any token"

    def _take(self, block: bytes) -> bool:
        had_tokens, at, uniform = False, 0, True
        while at < len(block) and not self.done:
            if (alike := self._alike) is not None:
                if uniform and (found := alike.all_of(block, at)) is not None:
                    self._completion.extend(alike.field, found)
                    self._idle_forms = 0
                    return True
                uniform = False
                if (one := alike.one_at(block, at)) is not None:
                    token, at = one
                    self._completion.extend(alike.field, token)
                    self._idle_forms = 0
                    had_tokens = True
                    continue
            end = block.find(self._pending.separator, at)
            event, at = block[at:end], end + len(self._pending.separator)
            had_tokens |= self._event(event.lstrip(b"\n"))
        return had_tokens

    def _event(self, event: bytes) -> bool:
        if is_heavy(event):
            raise self._broken("the stream holds an event of millions of values")
        kind, data = "", []
        for line in event.split(b"\n"):
            name, _, value = line.partition(b":")
            if name == b"data":
                data.append(value.removeprefix(b" ").decode("utf-8", "replace"))
            elif name == b"event":
                kind = value.strip().decode("utf-8", "replace")
        if not data:
            if event.lstrip().startswith(b"{"):
                self._chunk(_parsed(event.decode("utf-8", "replace")), kind, len(event))
            return False
        had_tokens = False
        for document in self._documents(data):
            told = "\n".join(data) if document is None and kind == "error" else document
            field = self._chunk(told, kind, len(event))
            if field and len(data) == 1 and self._idle_forms < _MOST_IDLE_FORMS:
                self._idle_forms += 1
                self._alike = _Alike.of(event, field, self._pending.separator)
            had_tokens |= field is not None
        return had_tokens

    def _documents(self, data: list[str]) -> list[Any]:
        """The JSON of an event: its lines together, or each by itself where the blank lines between them are missing.

        What is neither JSON nor looks like it keeps the connection open, and says nothing.
        """
        joined = "\n".join(data).strip()
        if joined and not joined.startswith(_DONE) and (document := _parsed(joined)) is not None:
            return [document]
        documents = []
        for line in data:
            text = line.strip()
            if text.startswith(_DONE):
                self.done = True
                break
            document = _parsed(text)
            if document is None and text.startswith(("{", "[")):
                raise self._broken(f"the stream holds something that is not JSON ({excerpt(redacted(text))})")
            documents.append(document)
        return documents

    def _chunk(self, document: Any, kind: str, size: int) -> str | None:
        if not isinstance(document, Mapping):
            if kind == "error":
                raise StreamedError(document, code=None, answer=self)
            return None
        error = document.get("error")
        if not error and (kind == "error" or document.get("object") == "error" or document.get("type") == "error"):
            error = dict(document)
        if error:
            code = next((found for part in (error, document) if (found := _http_code(part)) is not None), None)
            raise StreamedError(error, code=code, answer=self)
        try:
            return self._completion.add(document, size)
        except RecursionError:
            raise self._broken("the stream holds JSON that is nested too deeply") from None

    def _broken(self, why: str) -> BrokenStream:
        return BrokenStream(f"{why}, {self.so_far()}")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _http_code(part: object) -> int | None:
    """The HTTP status that an error in a stream speaks of."""
    if not isinstance(part, Mapping):
        return None
    for name in ("code", "status_code", "status", "http_code"):
        value = part.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) == _CODE_DIGITS:
            value = int(value)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return None
