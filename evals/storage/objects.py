"""The objects under an address, through fsspec: listed, read, put whole; retried where the store does not answer."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable, Iterable
from threading import Event
from typing import Any, TypeVar

from quantgate.evals.errors import StorageError, UsageError
from quantgate.evals.secrets import without_keys
from quantgate.evals.storage.address import Address
from quantgate.evals.storage.errors import StoreUnreachable
from quantgate.evals.text import one_line

PATIENCE_S = 60.0
AT_START_S = 15.0
"""How long a store is tried before anything is done."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 10.0
_TRIES = 3
"""So often at least, however long the store has taken to fail."""
_AT_ONCE = 16
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"}
_REFUSALS = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "ParamValidationError")
"""Errors of botocore that no second try changes."""
_T = TypeVar("_T")


class Objects:
    """What lies under an address.

    Parameters
    ----------
    patience_s
        Seconds for which one call is tried again while the store does not answer.

    Raises
    ------
    UsageError
        When what reaches such stores is not installed, or the scheme is unknown.
    """

    def __init__(self, address: Address, patience_s: float = PATIENCE_S) -> None:
        self.address = address
        self.patience_s = patience_s
        self._files = _file_system(address)
        self._root = self._files._strip_protocol(str(address)).rstrip("/")

    def sizes(self) -> dict[str, int]:
        """Every object by its name below the address, with its bytes.

        Raises
        ------
        StoreUnreachable
            As all that follow.
        StorageError
            When a name leads out of a folder that would be made of it.
        """
        found = self._tried(lambda: self._files.find(self._root, detail=True))
        before = f"{self._root}/"
        sizes = {
            name.removeprefix(before): int(held["size"] or 0) for name, held in found.items() if name.startswith(before)
        }
        sizes = {name: size for name, size in sizes.items() if name and not name.endswith("/")}
        for name in sizes:
            if "\0" in name or any(part in ("", ".", "..") for part in name.split("/")):
                raise StorageError(f"{self.address} holds an object that cannot be a file: {one_line(ascii(name), 80)}")
        return sizes

    def read(self, name: str) -> bytes | None:
        """An object; `None` where there is none."""

        def reading() -> bytes | None:
            try:
                content: bytes = self._files.cat_file(f"{self._root}/{name}")
            except FileNotFoundError:
                return None
            return content

        return self._tried(reading)

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        """Several objects, some at a time. Raises StorageError where one is gone meanwhile."""
        wanted = list(names)
        held: dict[str, bytes] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            left = {f"{self._root}/{name}": name for name in wanted[start : start + _AT_ONCE]}
            got = self._tried(lambda some=list(left): self._files.cat(some, on_error="return"))  # type: ignore[misc]
            for path, content in got.items():
                name = left[path]
                one = content if isinstance(content, bytes) else self.read(name)
                if one is None:
                    raise StorageError(f"{self.address}/{name} is gone since it was listed: try again")
                held[name] = one
        return held

    def put(self, name: str, content: bytes) -> None:
        """Write an object, over one that may be there."""
        self._make_room(name)
        self._tried(lambda: self._files.pipe_file(f"{self._root}/{name}", content))

    def put_new(self, name: str, content: bytes) -> bool:
        """Write an object unless there is one of that name, in one step where the store can.

        Whether what is there now is this content: the answer to a try that arrived may have been lost.
        """
        path = f"{self._root}/{name}"
        self._make_room(name)

        def putting() -> bool:
            try:
                self._files.pipe_file(path, content, mode="create")
            except Exception as error:
                if _is_unknown(error):
                    return self._put_after_looking(name, content)
                held = self._files.cat_file(path) if self._files.exists(path) else None
                if held is None:
                    raise
                return bool(held == content)
            return True

        return self._tried(putting)

    def _put_after_looking(self, name: str, content: bytes) -> bool:
        """For stores that know no condition: two who look at the same moment both write."""
        path = f"{self._root}/{name}"
        if self._files.exists(path):
            return bool(self._files.cat_file(path) == content)
        self._files.pipe_file(path, content)
        return True

    def _make_room(self, name: str) -> None:
        """Folders, where the store has any."""
        if self.address.scheme in ("file", "local"):
            self._tried(lambda: self._files.makedirs(f"{self._root}/{name}".rpartition("/")[0], exist_ok=True))

    def _tried(self, call: Callable[[], _T]) -> _T:
        began, tries = time.monotonic(), 0
        while True:
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - each store's library has classes of its own, and none in common
                tries += 1
                lasting = _is_lasting(error)
                if lasting or (tries >= _TRIES and time.monotonic() - began > self.patience_s):
                    raise StoreUnreachable(f"{self.address} {_told(error, lasting=lasting)}") from None
            longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (tries - 1))
            Event().wait(longest * random.uniform(0.5, 1))


def _file_system(address: Address) -> Any:
    import fsspec

    extra = _EXTRAS.get(address.scheme)
    settings: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    if extra == "s3":
        # Its own tries are few: whoever calls knows how long to go on.
        settings["config_kwargs"] = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 1}}
    try:
        return fsspec.filesystem(address.scheme, **settings)
    except ImportError:
        install = f"pip install 'quantgate[{extra}]'" if extra else "install what fsspec asks for with it"
        raise UsageError(f"{address}: what reaches {address.scheme}:// is not installed: {install}") from None
    except ValueError as error:
        if extra is None and "rotocol not known" in str(error):
            raise UsageError(f"{address}: no object store is known by {address.scheme}://") from None
        raise StoreUnreachable(f"{address} {_told(error, lasting=True)}") from None
    except Exception as error:  # noqa: BLE001
        # Settings of the store's library: a profile that is not there, a configuration file that is broken.
        raise StoreUnreachable(f"{address} {_told(error, lasting=True)}") from None


def _is_lasting(error: Exception) -> bool:
    """Whether the next try would end alike: no permission, no bucket, no credentials."""
    return isinstance(error, PermissionError | FileNotFoundError) or type(error).__name__ in _REFUSALS


def _is_unknown(error: Exception) -> bool:
    """Whether a store knows no conditional put."""
    return isinstance(error, NotImplementedError) or getattr(error, "errno", None) == errno.ENOSYS


def _told(error: Exception, *, lasting: bool) -> str:
    said = one_line(without_keys(str(error)), 160) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return f"is not there: is its bucket? ({said})"
    return f"refuses: {said}" if lasting else f"cannot be reached: {said}"
