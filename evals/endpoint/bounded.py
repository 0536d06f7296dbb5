"""Bodies of HTTP answers that end, whatever a server sends: decompressed piece by piece, and counted."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.weight import is_heavy

TAKEN_ENCODINGS = "gzip, deflate"
"""What is asked for: forms that can be decompressed a piece at a time, which keeps a bomb from going off."""

_ENVELOPES = 16
"""A stream wraps every token: so many times the size of an answer may come in all."""

_MOST_OF_ERROR = 1 << 20
_PIECE = 1 << 18
_HEADER = 2


class Overlong(Fault):
    """The answer is longer than is allowed, and was not read to its end."""


class Undecodable(Fault):
    """The answer is compressed in a way that cannot be undone, or that was not asked for."""


class Received:
    """An answer with a status below 300, whose body is still to be read."""

    def __init__(self, chunks: AsyncIterator[bytes], most_bytes: int) -> None:
        """Read `chunks`, already decompressed, until the answer holds more than `most_bytes`."""
        self._chunks = chunks
        self._most_bytes = most_bytes
        self._taken = 0

    async def some(self) -> bytes:
        """What has come since the last time, decompressed; empty at the end. Raises as `Transport.exchange`."""
        data = await anext(self._chunks, b"")
        self._taken += len(data)
        if self._taken > _ENVELOPES * self._most_bytes:
            raise self._overlong()
        return data

    async def rest(self) -> bytes:
        """All that is still to come. Raises as `some`."""
        pieces = []
        async for chunk in self._chunks:
            self._taken += len(chunk)
            self.check(self._taken)
            pieces.append(chunk)
        whole = b"".join(pieces)
        if is_heavy(whole):
            raise Overlong("the answer is JSON of millions of values, and was not read")
        return whole

    def check(self, held: int) -> None:
        """Raise Overlong when what is `held` of the answer is more than one may be."""
        if held > self._most_bytes:
            raise self._overlong()

    def _overlong(self) -> Overlong:
        return Overlong(
            f"the answer is longer than {self._most_bytes >> 20} MB and was cut off (--max-answer-mb sets how long)"
        )


async def decompressed(chunks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The body that comes in `chunks`, by its Content-Encoding, in pieces of bounded size.

    Raises
    ------
    Undecodable
        When it cannot be decompressed, or in a way that was not asked for.
    """
    named = encoding.strip().lower()
    if named in ("", "identity"):
        async for chunk in chunks:
            yield chunk
        return
    if named not in ("gzip", "x-gzip", "deflate"):
        raise Undecodable(f"the answer is compressed as {named[:40]!r}, which was not asked for")
    stream, head = None, b""
    async for chunk in chunks:
        data = head + chunk
        if stream is None:
            if len(data) < _HEADER:
                head = data
                continue
            stream, head = zlib.decompressobj(_window(named, data)), b""
        while True:
            try:
                piece = stream.decompress(data, _PIECE)
            except zlib.error as error:
                raise Undecodable(f"the answer cannot be decompressed ({error})") from None
            if piece:
                yield piece
            data = stream.unconsumed_tail
            if stream.eof:
                return
            if not data and len(piece) < _PIECE:
                break
    if stream is not None or head:
        raise Undecodable("the compressed answer breaks off")


def _window(encoding: str, begun: bytes) -> int:
    """Zlib's word for the envelope of a body: some servers send deflate without the one that the name stands for."""
    if encoding != "deflate":
        return zlib.MAX_WBITS | 16
    enveloped = begun[0] & 15 == zlib.DEFLATED and int.from_bytes(begun[:_HEADER]) % 31 == 0
    return zlib.MAX_WBITS if enveloped else -zlib.MAX_WBITS


async def beginning(chunks: AsyncIterator[bytes]) -> bytes:
    """The beginning of an error's body: as much as can be for people."""
    pieces, size = [], 0
    with suppress(Undecodable):
        async for chunk in chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size >= _MOST_OF_ERROR:
                break
    return b"".join(pieces)[:_MOST_OF_ERROR]
