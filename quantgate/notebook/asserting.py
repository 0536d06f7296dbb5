"""A gate as an assertion, for a team's own tests: under pytest, unittest, or with neither.

Each frame is hidden from pytest's tracebacks: where a build regressed, quantgate's own code is of no help.
"""

from __future__ import annotations

import shutil
import sys
import unittest
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, NoReturn, TypedDict, Unpack

from quantgate.evals.errors import QuantgateError, UsageError
from quantgate.evals.text import one_line, without_commands
from quantgate.notebook.results import GateResult, printed

_CHOICES = ("fail", "skip", "pass")
_WIDE = 160
_LONGEST = 200
"""Characters of the sentence that stands in a list of failures; it is whole below the table."""
_OF_PYTEST = 4
"""The columns in which pytest begins the lines of a failure."""


class GateOptions(TypedDict, total=False):
    """What `gate` takes beside the margin."""

    recovery: float | Mapping[str, float] | None
    policy: str | Path | None
    alpha: float | None
    target: str | None
    noise: str | Path | None
    same_build: bool
    model_changed: bool
    prompts_unlike: bool
    metrics: Mapping[str, str] | None
    texts: bool
    looks: int | None
    common: bool


class NotPassed(AssertionError):
    """A candidate that did not pass: the sentence that decided, then what the terminal shows of the decision.

    It is worded when it is shown, for a terminal as wide as it is then: while a test runs, pytest holds the terminal.
    """

    def __init__(self, result: GateResult) -> None:
        super().__init__(result)
        self.result = result

    def __str__(self) -> str:
        from quantgate.reports.terminal.flipped import print_first_flips
        from quantgate.reports.terminal.verdict import print_verdict

        width = max(shutil.get_terminal_size((_WIDE, 24)).columns - _OF_PYTEST, 1)
        decision = self.result.decision
        shown = printed(lambda console: print_verdict(console, decision), width)
        flips = printed(lambda console: print_first_flips(console, decision), width)
        return "\n\n".join(part for part in (_sentence(self.result), shown, flips) if part)


def assert_not_regressed(
    baseline: str | Path,
    candidate: str | Path,
    margin: float | Mapping[str, float] | None = None,
    *,
    inconclusive: Literal["fail", "skip", "pass"] = "fail",
    **policy: Unpack[GateOptions],
) -> GateResult:
    """Fail where the gate does not pass a candidate run against a baseline run.

    Parameters
    ----------
    baseline, candidate
        Run directories, or files of other tools that can be read as such.
    margin
        The largest loss that still passes, a fraction, for all tasks or by task; where neither it nor `recovery` nor
        `policy` is given, 0.02.
    inconclusive
        What becomes of data that cannot tell: `fail`, as the gate's exit code has it; `skip`; or `pass`, with a
        warning. What has regressed or is invalid fails in each case.
    **policy
        All else that `quantgate.gate` takes: `policy="strict"`, `alpha`, `noise`, `common` and so on.

    Returns
    -------
    GateResult
        The decision, where it does not fail.

    Raises
    ------
    NotPassed
        An `AssertionError` with the terminal's table, the first flipped items and the command that shows them.
    unittest.SkipTest
        For an inconclusive decision with `inconclusive="skip"`; under pytest what `pytest.skip` raises.
    RunDirectoryError, DataError
        When a path is no run and no file of a tool that is known, or cannot be read.
    UsageError
        For a margin, a policy or a choice that cannot be used.

    Examples
    --------
    >>> from quantgate import assert_not_regressed
    >>> assert_not_regressed("docs/example-runs/fp8", "docs/example-runs/fp8", same_build=True).verdict.value
    'pass'
    """
    __tracebackhide__ = True
    from quantgate import gate

    if inconclusive not in _CHOICES:
        raise UsageError(f"inconclusive={one_line(str(inconclusive), 40)!r}: choose {', '.join(_CHOICES)}")
    try:
        decided = gate(baseline, candidate, margin=margin, **policy)
    except QuantgateError as error:
        # Where in quantgate it was found is of no use to whoever has named a wrong path.
        raise error.with_traceback(None) from None
    folders = {"baseline": str(baseline), "candidate": str(candidate)}
    result = GateResult(replace(decided.decision, folders=folders))
    if result.verdict == "pass":
        return result
    if result.verdict != "inconclusive" or inconclusive == "fail":
        raise NotPassed(result)
    if inconclusive == "skip":
        _skip(_sentence(result))
    warnings.warn(_sentence(result), stacklevel=2)
    return result


def _sentence(result: GateResult) -> str:
    from quantgate.reports.words.headline import headline

    return without_commands(f"{result.verdict}: {one_line(headline(result.decision), _LONGEST)}")


def _skip(reason: str) -> NoReturn:
    """Skip the test: under pytest by its own means, which name the line of the test."""
    __tracebackhide__ = True
    if "pytest" in sys.modules:
        import pytest

        pytest.skip(reason)
    raise unittest.SkipTest(reason)
