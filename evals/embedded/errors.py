"""What can go wrong with what is fetched into the cache; each error says what to do about it."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.errors import QuantgateError

_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is fetched or built, in words, and how much room it takes."""

    what: str
    room: str


EMBEDDED_MODEL = Wanted("the embedded model", "about 600 MB")


class EmbeddedError(QuantgateError):
    """Base of every error of the embedded model."""


class MissingExtra(EmbeddedError):
    """A package of the optional extra `[demo]` is not installed."""

    def __init__(self, module: str) -> None:
        super().__init__(f'The embedded model needs {module}, which is not installed: pip install "quantgate[demo]"')


class FetchError(EmbeddedError):
    """What was wanted could not be fetched, or what came is something else."""


class BuildError(EmbeddedError):
    """A precision could not be built out of the source file."""


class ServeError(EmbeddedError):
    """The server of the embedded model did not start or did not become ready."""


class CacheError(EmbeddedError):
    """The cache folder cannot be used: no space, or no permission."""

    def __init__(self, error: OSError, folder: Path, wanted: Wanted = EMBEDDED_MODEL) -> None:
        if error.errno in _FULL:
            text = f"No space left for {wanted.what} in {folder}: it needs {wanted.room} there. Free some and retry."
        else:
            text = (
                f"Cannot write to the cache folder {folder} ({error.strerror or error}). "
                "Make it writable, or let XDG_CACHE_HOME name a folder that is."
            )
        super().__init__(text)
