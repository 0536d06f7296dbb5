"""How one server wants to be asked: streamed or not, and under which names; found out from how it takes requests."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from quantgate.evals.endpoint.parameters import MAX_TOKENS, other_budget_field

_SPEAKS_OF_STREAMS = re.compile(r"stream|server-sent|\bsse\b", re.IGNORECASE)
_SPEAKS_OF_USAGE = re.compile(r"stream_options|include_usage", re.IGNORECASE)
_NO_SUCH_WAY = frozenset({406, 415, 426, 501})
"""Statuses of a server that knows no such media type, or no such thing at all."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one request; `usage` asks for token counts at a stream's end."""

    streamed: bool
    usage: bool = True
    max_tokens_field: str = MAX_TOKENS

    def options(self) -> dict[str, Any]:
        """What the form adds to a request's body."""
        if not self.streamed:
            return {}
        return {"stream": True, **({"stream_options": {"include_usage": True}} if self.usage else {})}


class Dialect:
    """The form in which a server is asked, shared by all its requests.

    Unless it is told, answers are streamed where the server does it well: it sends events, an end with finish_reason,
    and the token counts. What it refuses before any answer has come is tried in the other form. The first form that is
    answered well stays.
    """

    def __init__(self, *, stream: bool | None, max_tokens_field: str | None) -> None:
        """`stream` as `--stream` or `--no-stream` says, `None` to find out; so with the name of the token budget."""
        self._told = stream
        self._field_is_told = max_tokens_field is not None
        self.form = Form(stream is not False, max_tokens_field=max_tokens_field or MAX_TOKENS)
        self._settled = False
        self._plain_is_refused = False
        self._answered_streamed: bool | None = None

    def refused(self, form: Form, status: int, text: str) -> bool:
        """Learn from a refusal. Returns whether another form is left to be asked at once."""
        if form.streamed and form.usage and _SPEAKS_OF_USAGE.search(text) is not None:
            self.form = replace(self.form, usage=False)
        elif (name := self._other_field(form, text)) is not None:
            self.form = replace(self.form, max_tokens_field=name)
        elif status in _NO_SUCH_WAY or _SPEAKS_OF_STREAMS.search(text) is not None:
            self._step_from(form)
        else:
            return False
        return self.form != form

    def failed(self, form: Form) -> None:
        """Learn from a fault: a stream that has never been seen to work may be what the server stumbles over."""
        if form.streamed and not self._settled:
            self._step_from(form)

    def answered(self, form: Form, *, streamed: bool, has_usage: bool) -> None:
        """Learn from an answer."""
        self._answered_streamed = streamed
        if self._settled:
            return
        if form.streamed and self._told is None and not self._plain_is_refused and not (streamed and has_usage):
            # Asked for a stream, it gave none, or none that tells its tokens.
            self.form = replace(self.form, streamed=False)
            self._settled = not streamed
            return
        self.form = replace(self.form, streamed=form.streamed)
        self._settled = True

    def found(self) -> dict[str, Any]:
        """What was found out, as `run.json` records it; empty before the first answer."""
        if self._answered_streamed is None:
            return {}
        return {"streamed": self._answered_streamed, "max_tokens_field": self.form.max_tokens_field}

    def _other_field(self, form: Form, text: str) -> str | None:
        # Only from the common name to another: back and forth would have no end.
        if self._field_is_told or form.max_tokens_field != MAX_TOKENS:
            return None
        return other_budget_field(text, form.max_tokens_field)

    def _step_from(self, form: Form) -> None:
        """Go to the other form, unless another request has gone on from `form` already; to a stream only once."""
        if self._told is not None or self.form.streamed != form.streamed or self._plain_is_refused:
            return
        self._plain_is_refused = not form.streamed
        self.form = replace(self.form, streamed=not form.streamed)
