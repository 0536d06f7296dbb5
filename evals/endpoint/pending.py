"""What has come of a stream of events and is no whole event yet, at a cost that grows with its length alone."""

from __future__ import annotations

import json


class Pending:
    """Bytes as they arrive, cut anywhere, with line ends of any kind; whole events are taken out of them.

    `separator` stands between events: a blank line, unless the stream shows that it has none.
    """

    def __init__(self) -> None:
        self.separator = b"\n\n"
        self._held = bytearray()
        self._return = False
        self._begin_lines()

    @property
    def size(self) -> int:
        return len(self._held)

    def take(self) -> bytes:
        """All that is held, which is none of it any more."""
        held = bytes(self._held) + (b"\n" if self._return else b"")
        self._held.clear()
        self._return = False
        self._begin_lines()
        return held

    def hold(self, data: bytes) -> None:
        """Keep bytes as they are."""
        self._held += data

    def whole_events(self, data: bytes) -> bytes:
        """The events that `data` makes whole, with the separator after each; empty where there is none."""
        if self._return:
            data = b"\r" + data
        # A carriage return at the end may be half of a line's end.
        self._return = data.endswith(b"\r")
        if b"\r" in data:
            data = data[: len(data) - self._return].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        unsearched = max(len(self._held) - len(self.separator) + 1, 0)
        self._held += data
        end = self._held.rfind(self.separator, unsearched)
        if end < 0 and self.separator == b"\n\n" and self._lines_are_events():
            self.separator = b"\n"
            end = self._held.rfind(self.separator)
        if end < 0:
            return b""
        end += len(self.separator)
        block = bytes(self._held[:end])
        del self._held[:end]
        self._begin_lines()
        return block

    def _begin_lines(self) -> None:
        self._line = self._searched = 0
        self._first_is_event: bool | None = None

    def _lines_are_events(self) -> bool:
        """Whether the lines that are held are events by themselves, with no blank lines between them."""
        while (end := self._held.find(b"\n", self._searched)) >= 0:
            line = self._held[self._line : end]
            self._line = self._searched = end + 1
            if line.startswith(b"data:"):
                if self._first_is_event is None:
                    self._first_is_event = _is_object(line[5:])
                elif self._first_is_event:
                    return True
        self._searched = len(self._held)
        return False


def _is_object(text: bytearray) -> bool:
    try:
        return isinstance(json.loads(text.decode("utf-8", "replace"), strict=False), dict)
    except (ValueError, RecursionError):
        return False
