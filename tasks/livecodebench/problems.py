"""LiveCodeBench's problems, read line by line from its files, of which one alone has a gigabyte; tests stay there.

The tests that its authors keep apart are JSON in a pickle, packed and written in letters. The pickle is not loaded: of
its instructions those that make one text are followed, and with any other the file is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import pickletools
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BufferedReader
from pathlib import Path
from typing import Any

from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.tasks.livecodebench.window import Window

_MOST_FILE, _MOST_LINE, _MOST_TESTS = 8 << 30, 512 << 20, 1 << 30
_TEXTS = (
    "question_content", "platform", "question_id", "contest_date", "starter_code", "difficulty", "public_test_cases",
    "private_test_cases", "metadata",
)  # fmt: skip
_SURROGATE = re.compile("[\ud800-\udfff]")
_PICKLED_TEXT = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"})
_HARMLESS = frozenset({"PROTO", "FRAME", "MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT", "STOP"})


@dataclass(frozen=True, slots=True)
class Test:
    """What a program is given, and what is right: texts of JSON where a method is called, one argument a line."""

    given: str
    expected: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem; `method` is what is called of the answer's class, `None` where a program reads standard input.

    `line_hash` is that of its line in `file`, which begins at byte `place` and holds its tests.
    """

    item_id: str
    text: str
    starter: str
    difficulty: str
    method: str | None
    file: Path
    place: int
    line_hash: str


def read_problems(files: Sequence[Path], window: Window) -> list[Problem]:
    """The problems of files of JSON Lines whose contest was in the window, in the files' order.

    Raises
    ------
    DataError
        When a file cannot be read or a line is none of LiveCodeBench's, or a problem occurs twice; names the line.
    """
    found: dict[str, Problem] = {}
    for file in files:
        if file.is_dir():
            raise DataError(f"--data livecodebench={file} is a folder: name the file, such as {file / 'test6.jsonl'}")
        for number, place, line in _lines(file):
            where = f"{file}, line {number}"
            row = _row(line, where)
            held = _contest_day(row, where)
            if not window.first <= held <= window.last:
                continue
            problem = _problem(row, held, file, place, line, where)
            if problem.item_id in found:
                raise DataError(f"{where}: its problem is that of an earlier line")
            found[problem.item_id] = problem
    return list(found.values())


def load_tests(problem: Problem) -> list[Test]:
    """The tests of a problem, those in its text first.

    Raises
    ------
    DataError
        When its file has been changed since it was read, or holds none that could be read.
    """
    where = f"{problem.file}: the problem {problem.item_id}"
    try:
        with open_to_read(problem.file, _MOST_FILE) as stream:
            stream.seek(problem.place)
            line = stream.readline(_MOST_LINE)
    except OSError as error:
        raise DataError(f"{problem.file} cannot be read: {error.strerror or error}") from None
    if _hash(line) != problem.line_hash:
        raise DataError(f"{where} is another than when the run began")
    row = _row(line, where)
    tests = [*_tests(row["public_test_cases"], where), *_tests(_unpacked(row["private_test_cases"], where), where)]
    if not tests:
        raise DataError(f"{where} has no tests: nothing would be tested")
    return tests


def _lines(file: Path) -> Iterator[tuple[int, int, bytes]]:
    try:
        with open_to_read(file, _MOST_FILE) as stream:
            yield from _lines_of(stream, file)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from None


def _lines_of(stream: BufferedReader, file: Path) -> Iterator[tuple[int, int, bytes]]:
    number = place = 0
    while line := stream.readline(_MOST_LINE):
        number += 1
        if len(line) == _MOST_LINE:
            raise DataError(f"{file}, line {number} has more than {_MOST_LINE >> 20} MB")
        if line.strip():
            yield number, place, line
        place += len(line)
    if not number:
        raise DataError(f"{file} holds no problems")


def _row(line: bytes, where: str) -> Mapping[str, str]:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise DataError(f"{where} is not JSON") from None
    wrong = [name for name in _TEXTS if not isinstance(row, dict) or not isinstance(row.get(name), str)]
    if wrong:
        raise DataError(
            f"{where} has no text {wrong[0]!r}: it must be a file of livecodebench/code_generation_lite, "
            "test.jsonl to test6.jsonl"
        )
    if b"\\u" in line and any(_SURROGATE.search(row[name]) for name in _TEXTS[:6]):
        raise DataError(f"{where} escapes half a surrogate pair, which no text can hold")
    return {name: row[name] for name in _TEXTS}


def _contest_day(row: Mapping[str, str], where: str) -> date:
    try:
        return date.fromisoformat(row["contest_date"][:10])
    except ValueError:
        raise DataError(f"{where}: contest_date is no date as 2025-01-04T00:00:00") from None


def _problem(row: Mapping[str, str], held: date, file: Path, place: int, line: bytes, where: str) -> Problem:
    try:
        metadata = json.loads(row["metadata"])
        method = metadata.get("func_name")
    except (ValueError, AttributeError, RecursionError):
        raise DataError(f"{where}: metadata is no JSON object") from None
    if not isinstance(method, str | None) or not row["question_id"] or not row["question_content"].strip():
        raise DataError(f"{where} names no problem, or none that could be asked")
    item_id = f"{row['platform']}/{held}/{row['question_id']}"
    return Problem(
        item_id, row["question_content"], row["starter_code"], row["difficulty"], method, file, place, _hash(line)
    )


def _hash(line: bytes) -> str:
    return hashlib.sha256(line.strip()).hexdigest()


def _tests(text: str, where: str) -> list[Test]:
    try:
        return [Test(str(each["input"]), str(each["output"])) for each in json.loads(text)]
    except (ValueError, TypeError, LookupError, RecursionError):
        raise DataError(f"{where}: its tests are no list of inputs and outputs") from None


def _unpacked(text: str, where: str) -> str:
    """The JSON of tests that are packed; those that are not are left as they are."""
    if text.lstrip()[:1] in ("[", ""):
        return text or "[]"
    try:
        unpacking = zlib.decompressobj()
        pickled = unpacking.decompress(base64.b64decode(text, validate=True), _MOST_TESTS)
    except (binascii.Error, ValueError, zlib.error):
        raise DataError(f"{where}: private_test_cases is neither JSON nor packed JSON") from None
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise DataError(f"{where}: private_test_cases is cut off, or unpacks to more than {_MOST_TESTS >> 30} GB")
    return _pickled_text(pickled, where)


def _pickled_text(pickled: bytes, where: str) -> str:
    texts: list[str] = []
    try:
        for instruction, argument, _ in pickletools.genops(pickled):
            if instruction.name in _PICKLED_TEXT:
                texts.append(str(argument))
            elif instruction.name not in _HARMLESS:
                texts.clear()
                break
    except (ValueError, TypeError, IndexError, UnicodeError):
        texts.clear()
    if len(texts) != 1:
        raise DataError(f"{where}: private_test_cases is no pickle of one text, and no other is opened")
    return texts[0]
