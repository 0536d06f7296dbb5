"""What can go wrong with the embedded model; each error says what to do about it."""

from __future__ import annotations

import errno
from pathlib import Path

from quantgate.evals.errors import QuantgateError

_FULL = {errno.ENOSPC, errno.EDQUOT}


class EmbeddedError(QuantgateError):
    """Base of every error of the embedded model."""


class MissingExtra(EmbeddedError):
    """A package of the optional extra `[demo]` is not installed."""

    def __init__(self, module: str) -> None:
        super().__init__(f'The embedded model needs {module}, which is not installed: pip install "quantgate[demo]"')


class FetchError(EmbeddedError):
    """The model could not be fetched, or what came is not the model."""


class BuildError(EmbeddedError):
    """A precision could not be built out of the source file."""


class ServeError(EmbeddedError):
    """The server of the embedded model did not start or did not become ready."""


class CacheError(EmbeddedError):
    """The cache folder cannot be used: no space, or no permission."""

    def __init__(self, error: OSError, folder: Path) -> None:
        if error.errno in _FULL:
            text = (
                f"No space left for the embedded model in {folder}: it needs about 600 MB there. Free some and retry."
            )
        else:
            text = (
                f"Cannot write to the cache folder {folder} ({error.strerror or error}). "
                "Make it writable, or let XDG_CACHE_HOME name a folder that is."
            )
        super().__init__(text)
