"""The address of a run directory on an object store, as `s3://bucket/prefix`; it holds no key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import learn

_SCHEME = re.compile(r"[a-z][a-z0-9+-]+:")
_NO_STORES = frozenset({"http", "https", "ftp", "sftp", "ssh", "git", "data"})
"""What fsspec reads, too, but where nothing can be listed and written as on an object store."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a run directory lies: the store's `scheme`, and bucket and prefix as its `path`."""

    scheme: str
    path: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.path}"

    @property
    def name(self) -> str:
        """What a folder of it would be called."""
        return self.path.rpartition("/")[2]


def shown(path: Path) -> str:
    """A path as the user gave it: an address with both of its slashes."""
    return str(address_of(path) or path)


def address_of(path: Path) -> Address | None:
    """The address that a path is, of whose two slashes `Path` has kept one; `None` of a path on this machine.

    Raises
    ------
    UsageError
        When a key or a query stands in it, when nothing follows the bucket, or where it is no object store's.
    """
    scheme = path.parts[0].lower() if path.parts else ""
    if not _SCHEME.fullmatch(scheme):
        return None
    scheme = scheme[:-1]
    rest = "/".join(path.parts[1:])
    before, at, rest_of_it = rest.rpartition("@")
    if at and "/" not in before:
        for part in (before, *before.split(":")):
            learn(part, "secret")
        raise UsageError(
            f"{scheme}://***@{rest_of_it}: no key belongs in an address, which is written down and shown; "
            "the store's own settings have it (for S3 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile)"
        )
    if "?" in rest or "#" in rest:
        query = re.split(r"[?#]", rest, maxsplit=1)
        learn(query[1], "secret")
        raise UsageError(f"{scheme}://{query[0]}?***: an address has no query, and no signature: give it without")
    if scheme in _NO_STORES:
        raise UsageError(
            f"{scheme}://{rest}: no run directory can be there; give a folder or an object store, as s3://"
        )
    if len(path.parts) < (2 if scheme in ("file", "local", "memory") else 3):
        raise UsageError(f"{scheme}://{rest}: give a bucket and a prefix of the run's own, as {scheme}://bucket/run")
    return Address(scheme, ("/" if scheme in ("file", "local") else "") + rest)
