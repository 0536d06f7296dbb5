"""The problems: EvalPlus' own file of JSON Lines, given or fetched from its release, held against its hash."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantgate.evals.contract.task import Fetched
from quantgate.evals.embedded.cache import cache_folder, scratch, settle
from quantgate.evals.embedded.errors import EmbeddedError, Wanted
from quantgate.evals.errors import DataError
from quantgate.evals.files import read_bytes
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.evalplus.arguments import arguments_of

SPLIT = "test"
_MOST = 256 << 20
_TIMEOUT_S = 60.0
_FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "base_input", "plus_input", "atol")


@dataclass(frozen=True, slots=True)
class Release:
    """A file of EvalPlus' on GitHub: its address, the SHA-256 of its bytes, how many problems it holds."""

    task: str
    title: str
    url: str
    sha256: str
    count: int

    @property
    def file(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def by_hand(self) -> str:
        """What to do where it cannot be fetched."""
        return (
            f"Get {self.url} where there is a network and give it with --data {self.task}={self.file}, or a bundle "
            f"that `quantgate data fetch {self.task} --out BUNDLE` made elsewhere with --data-dir BUNDLE"
        )


HUMANEVAL = Release(
    "humaneval_plus",
    "HumanEval+ v0.1.10",
    "https://github.com/evalplus/humanevalplus_release/releases/download/v0.1.10/HumanEvalPlus.jsonl.gz",
    "272720b90ac375502c8ed23cd791c2a93dfb22a911641a494da74a426c09f101",
    164,
)
MBPP = Release(
    "mbpp_plus",
    "MBPP+ v0.2.0",
    "https://github.com/evalplus/mbppplus_release/releases/download/v0.2.0/MbppPlus.jsonl.gz",
    "af43697e8791c4c149bdfd6b489d8b5412507551ac20e28a439f650b8225db63",
    378,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: what is asked, the function's name, a solution, and the arguments of the calls that test it.

    `tolerance` is EvalPlus' `atol`: how far numbers may be off.
    """

    item_id: str
    prompt: str
    entry: str
    solution: str
    base: Sequence[Sequence[Any]]
    plus: Sequence[Sequence[Any]]
    tolerance: float


def read_problems(file: Path, task: str) -> tuple[list[Problem], str]:
    """The problems of a file (`.jsonl`, or `.gz` of one) in its order, and the hash of what it says.

    Raises
    ------
    DataError
        When it cannot be read or is no such file; names the line.
    """
    if file.is_dir():
        raise DataError(f"--data {task}={file} is a folder: name the file, such as {file / 'HumanEvalPlus.jsonl.gz'}")
    problems: dict[str, Problem] = {}
    rows = []
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        problem, row_hash = _problem(line, f"{file}, line {number}")
        if problem.item_id in problems:
            raise DataError(f"{file}, line {number}: its task_id is that of an earlier line")
        problems[problem.item_id] = problem
        rows.append(row_hash)
    if not problems:
        raise DataError(f"{file} holds no problems")
    return list(problems.values()), canonical_hash(sorted(rows))


def _lines(file: Path) -> list[str]:
    try:
        content = read_bytes(file, _MOST)
        if file.suffix == ".gz":
            unpacking = zlib.decompressobj(wbits=31)
            content = unpacking.decompress(content, _MOST)
            if unpacking.unconsumed_tail:
                raise DataError(f"{file} unpacks to more than {_MOST >> 20} MB")
            if not unpacking.eof:
                raise DataError(f"{file} is cut off: fetch it anew")
        return content.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except (OSError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _problem(line: str, where: str) -> tuple[Problem, str]:
    try:
        row: Mapping[str, Any] = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is not JSON: {error}") from None
    missing = [field for field in _FIELDS if not isinstance(row, dict) or field not in row]
    if missing:
        raise DataError(
            f"{where} has no {', '.join(map(repr, missing))}: it must be EvalPlus' own file "
            "(HumanEvalPlus.jsonl or MbppPlus.jsonl), not the dataset of the hub, which has its tests as code"
        )
    try:
        calls = [[arguments_of(row["task_id"], each) for each in row[field]] for field in ("base_input", "plus_input")]
        problem = Problem(
            str(row["task_id"]), str(row["prompt"]), str(row["entry_point"]), str(row["canonical_solution"]),
            calls[0], calls[1], float(row["atol"]),
        )  # fmt: skip
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise DataError(f"{where} holds inputs of another form than EvalPlus' ({type(error).__name__})") from None
    if not problem.base:
        raise DataError(f"{where} has no base_input: nothing would test an answer")
    return problem, hashlib.sha256(json.dumps([row[field] for field in _FIELDS]).encode()).hexdigest()


def released_file(release: Release) -> Path:
    """EvalPlus' file in the user's cache, fetched from its release when it is not there yet.

    Raises
    ------
    DataError
        When it cannot be had, with what to do about it.
    """
    wanted = Wanted(release.title, "1 MB")
    try:
        folder = cache_folder(None, wanted)
        held = folder / f"{release.sha256[:12]}-{release.file}"
        if held.is_file() and _sha256(held) == release.sha256:
            return held
        with scratch(folder, wanted) as work:
            fetched = work / release.file
            fetched.write_bytes(_downloaded(release))
            return settle(fetched, held)
    except EmbeddedError as error:
        raise DataError(f"{release.task}: {error}. {release.by_hand}") from None


def _sha256(file: Path) -> str:
    return hashlib.sha256(read_bytes(file, _MOST)).hexdigest()


def _downloaded(release: Release) -> bytes:
    from urllib.request import urlopen

    try:
        with urlopen(release.url, timeout=_TIMEOUT_S) as reply:
            content: bytes = reply.read(_MOST)
    except (OSError, ValueError) as error:
        raise DataError(f"{release.task}: GitHub cannot be reached ({error}). {release.by_hand}") from None
    if hashlib.sha256(content).hexdigest() != release.sha256:
        raise DataError(f"{release.task}: what {release.url} gave is not {release.title}. {release.by_hand}")
    return content


def fetch(release: Release, given: Mapping[str, Path]) -> Fetched:
    """The file for a bundle. Raises DataError as `released_file`."""
    file = given.get(SPLIT)
    if file is not None:
        return Fetched({SPLIT: file}, {f"file_{SPLIT}": file.name})
    return Fetched({SPLIT: released_file(release)}, {"release": release.url, "sha256": release.sha256})
