"""Names as the index holds them: as bytes, since a broken task may name an item by what no text of sqlite can be."""

from __future__ import annotations

import hashlib
from pathlib import Path

from quantgate.evals.text import natural_key

_LETTERS_OF_A_KEY = 12


def stored(name: str) -> bytes:
    """A name as the index holds it; half of a surrogate pair too."""
    return name.encode("utf-8", "surrogatepass")


def told(name: bytes) -> str:
    """The name that `stored` made this of."""
    return name.decode("utf-8", "surrogatepass")


def in_order(name: str) -> bytes:
    """Bytes that sort as `natural_key` does: 9 before 10."""
    return b"".join(
        stored(word) + b"\0%08d" % (length + 1) + digits.encode() for word, length, digits in natural_key(name)
    )


def key_of(path: Path) -> str:
    """What names a run or a decision in addresses: the same each time that it is opened."""
    return hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:_LETTERS_OF_A_KEY]
