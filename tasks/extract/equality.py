"""Whether two answers in LaTeX are equal, by math-verify, whatever a model has written.

H. Kydlíček, "Math-Verify: Math Verification Library", https://github.com/huggingface/Math-Verify: the grader of
lighteval, which reads LaTeX with latex2sympy2-extended and compares with SymPy. It evaluates what it reads, so that
`9^{9^{9^9}}` ends neither in time nor in memory, and its own time limits are signals to Python, which wait until
arithmetic on a huge number is done. Here each comparison is a process of its own with limits that the kernel keeps.
"""

from __future__ import annotations

import logging
import os
import re
import resource
import signal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from packaging.specifiers import SpecifierSet

from quantgate.evals.contract.task import Need
from quantgate.evals.errors import DataError

CPU_LIMIT_S = 5
"""Seconds of CPU for one comparison, as many as math-verify gives each of its steps; what takes longer is not equal."""

_WANTED = SpecifierSet(">=0.9,<0.10")
_WALL_LIMIT_S = 25
"""Below `evals.runs.grader_processes.GRADING_LIMIT_S`, so that what compares ends before the grader does."""

_MEMORY_LIMIT = 1 << 30
_LONGEST = 2000
"""Characters that an answer may have; those of published benchmarks have some hundred at most."""

_WHOLE_NUMBER = re.compile(r"\d{1,18}")
_THIN_SPACE = re.compile(r"(?<=\d)\\[,;:! ](?=\d{3}(?!\d))")
_PARSER = "antlr4-python3-runtime"


def equal(gold: str, answer: str) -> bool:
    """Whether an answer is equal to the right one: not symmetric, as `math_verify.verify` is not.

    Both are what stands in a box. Beyond math-verify a full stop at the answer's end and thin spaces between thousands
    are passed over, and `~` is a space. An answer that takes more than `CPU_LIMIT_S` or a gigabyte is not equal.

    Raises
    ------
    DataError
        When math-verify is not installed.
    TimeoutError
        When the machine gave a comparison too little of its CPU to end in time: that says nothing of the answer.

    >>> equal("73", "073")
    True
    """
    answer = _THIN_SPACE.sub("", answer.strip().rstrip(".").replace("~", " "))
    if _WHOLE_NUMBER.fullmatch(gold) and _WHOLE_NUMBER.fullmatch(answer):
        return int(gold) == int(answer)
    return len(answer) <= _LONGEST and _verified(gold, answer)


def grader() -> str:
    """What a run records: `math-verify 0.9, antlr 4.13`. With antlr 4.11, percentages are read otherwise."""
    return ", ".join(
        f"{name} {_minor(package)}" for name, package in (("math-verify", "math-verify"), ("antlr", _PARSER))
    )


def load() -> None:
    """Import math-verify, so that processes that are forked afterwards have it.

    Raises
    ------
    DataError
        When it is not installed.
    """
    try:
        import math_verify  # noqa: F401
    except ImportError:
        raise DataError('math-verify is not installed: pip install "quantgate[math]"') from None


def needs() -> tuple[Need, ...]:
    """Math-verify, in a version whose grades are known."""
    try:
        there = _WANTED.contains(version("math-verify"), prereleases=True)
    except PackageNotFoundError:
        there = False
    return (Need("math-verify", 'pip install "quantgate[math]"', there),)


def _minor(package: str) -> str:
    try:
        return ".".join(version(package).split(".")[:2])
    except PackageNotFoundError:
        return "none"


def _verified(gold: str, answer: str) -> bool:
    load()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _verify(gold, answer, writing)
    os.close(writing)
    with open(reading, "rb") as said:
        verdict = said.read(1)
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGALRM:
        raise TimeoutError(f"math-verify had not its {CPU_LIMIT_S} s of CPU in {_WALL_LIMIT_S} s: a busy machine")
    return verdict == b"1"


def _verify(gold: str, answer: str, writing: int) -> NoReturn:
    """In the child: say `1` where they are equal; whatever ends it says nothing."""
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_WALL_LIMIT_S)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S + 1))
        _limit_memory()
        logging.disable()  # math-verify logs whole answers, and that its own limits are off
        from math_verify import parse, verify

        read = [parse(f"\\boxed{{{each}}}", parsing_timeout=None) for each in (gold, answer)]
        if verify(*read, timeout_seconds=None):
            os.write(writing, b"1")
    finally:
        os._exit(0)


def _limit_memory() -> None:
    try:
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return  # not Linux, where no such limit holds
    resource.setrlimit(resource.RLIMIT_AS, (held + _MEMORY_LIMIT, held + _MEMORY_LIMIT))
