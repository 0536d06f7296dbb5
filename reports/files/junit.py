"""A decision as JUnit XML, which every CI server shows: one test case a task."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from xml.etree import ElementTree

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import NotComparable, ReleaseVerdict, TaskDecision, TaskVerdict, Verdict
from quantgate.evals.settings.asked_suite import AskedSuite
from quantgate.evals.text import one_line, printable
from quantgate.reports.files.options import Inconclusive
from quantgate.reports.words.fidelity import apart_lines, fidelity_lines
from quantgate.reports.words.flipped import flipped
from quantgate.reports.words.flips import Flipped, item_name, sentence, worst_first
from quantgate.reports.words.looks import looks_lines
from quantgate.reports.words.notes import paired_lines
from quantgate.reports.words.palette import verdict_word
from quantgate.reports.words.row import task_cells
from quantgate.reports.words.suites import suite_lines
from quantgate.reports.words.targets import target_lines

# What XML 1.0 cannot hold, not even escaped; `printable` leaves out most of it already.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_TEXT = 4_000
_MOST_FLIPS = 100
"""Flipped items of a task that are named."""


_Properties: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    message: str
    details: str = ""
    outcome: str | None = None
    """`failure`, `error` or `skipped`; `None` is a pass."""
    kind: str = ""


def gate_junit(verdict: Verdict, inconclusive: Inconclusive = Inconclusive.FAILURE) -> str:
    """The decision as one test suite."""
    name = f"quantgate.{verdict.candidate.label}"
    cases = [_case(row, inconclusive) for row in verdict.rows]
    reason = verdict.reasons[0] if verdict.reasons else "there is nothing to decide on"
    cases += _release_case(verdict.verdict, cases, inconclusive, reason)
    properties = [*_suite(verdict.asked_suite), *_flips(flipped(verdict))]
    return _document([(name, verdict.verdict, properties, cases)], verdict.created)


def comparison_junit(comparison: Comparison, inconclusive: Inconclusive = Inconclusive.FAILURE) -> str:
    """The comparison as one test suite a format."""
    suites, told = [], flipped(comparison)
    for build in comparison.formats:
        cases = [_case(row, inconclusive) for row in build.rows]
        reason = "every task passes by itself, but not all of them with the formats searched"
        cases += _release_case(build.verdict, cases, inconclusive, reason)
        flips = _flips([one for one in told if one.build == build.name])
        properties = [*_suite(comparison.asked_suite), *flips]
        suites.append((f"quantgate.{build.name}", build.verdict, properties, cases))
    for name, why in comparison.awaited.items():
        case = _Case("release", f"not complete: {why}", outcome="error", kind="incomplete")
        suites.append((f"quantgate.{name}", ReleaseVerdict.INCONCLUSIVE, [], [case]))
    return _document(suites, comparison.created)


def _flips(tasks: Sequence[Flipped]) -> _Properties:
    """How many items of each task flipped, and what the builds said, losses first.

    Properties belong to a suite: not every reader knows those of a test case.
    """
    found = []
    for one in tasks:
        flips = worst_first(one.task.flips)
        lost = sum(flip.lost for flip in flips)
        found.append((f"{one.task.task}: flipped", f"{lost} lost, {len(flips) - lost} won"))
        found += [(f"{one.task.task}: {item_name(flip)}", sentence(flip)) for flip in flips[:_MOST_FLIPS]]
    return found


def _told(task: TaskDecision) -> list[str]:
    told = (paired_lines(task), looks_lines(task), target_lines(task), fidelity_lines(task), apart_lines(task))
    return [line for lines in told for line in lines]


def _case(task: TaskDecision, inconclusive: Inconclusive) -> _Case:
    row = task_cells(task)
    details = (
        f"difference {row.difference} points, bounds {row.bounds}, margin {row.margin}; {row.asked} items; "
        f"baseline {row.baseline}, candidate {row.candidate}"
    )
    details += "".join(f"\n{line}" for line in _told(task))
    details += "".join(f"\n{finding.severity.value}: {finding.message}" for finding in task.findings)
    if task.passes:
        return _Case(task.task, task.named_reason, details)
    kind = verdict_word(task.verdict.value)
    if task.advisory:
        return _Case(task.task, f"advisory, {kind}: {task.named_reason}", details, "skipped", kind)
    if isinstance(task, NotComparable):
        return _Case(task.task, task.named_reason, details, "error", kind)
    if task.verdict is TaskVerdict.REGRESSED:
        return _Case(task.task, task.named_reason, details, "failure", kind)
    if task.blocked:
        kind = "blocked"
    return _Case(task.task, task.named_reason, details, inconclusive.value, kind)


def _release_case(
    verdict: ReleaseVerdict, cases: Sequence[_Case], inconclusive: Inconclusive, reason: str
) -> list[_Case]:
    """A case for the whole where it does not pass and no task's case says so: a green suite must mean a pass."""
    told = any(case.outcome in ("failure", "error") or case.outcome == inconclusive.value for case in cases)
    if verdict is ReleaseVerdict.PASS or (told and verdict is not ReleaseVerdict.INVALID):
        return []
    if verdict is ReleaseVerdict.INVALID:
        if any(case.outcome == "error" for case in cases):
            return []
        return [_Case("(all tasks together)", reason, outcome="error", kind="invalid")]
    outcome = inconclusive.value if verdict is ReleaseVerdict.INCONCLUSIVE else "failure"
    return [_Case("(all tasks together)", reason, outcome=outcome, kind=verdict.value)]


def _suite(suite: AskedSuite | None) -> _Properties:
    return [("suite", line) for line in suite_lines(suite)]


def _document(suites: Sequence[tuple[str, ReleaseVerdict, _Properties, Sequence[_Case]]], created: str) -> str:
    root = ElementTree.Element("testsuites", name="quantgate")
    for name, verdict, told, cases in suites:
        counts = {what: sum(case.outcome == what for case in cases) for what in ("failure", "error", "skipped")}
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_short(name),
            tests=str(len(cases)),
            failures=str(counts["failure"]),
            errors=str(counts["error"]),
            skipped=str(counts["skipped"]),
            time="0",
        )
        if stamp := re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", created):
            suite.set("timestamp", stamp.group())
        properties = ElementTree.SubElement(suite, "properties")
        for key, value in (("verdict", verdict.value), *told):
            ElementTree.SubElement(properties, "property", name=_short(key), value=_short(value, 400))
        for case in cases:
            _add(suite, name, case)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(suite: ElementTree.Element, suite_name: str, case: _Case) -> None:
    element = ElementTree.SubElement(suite, "testcase", name=_short(case.name), classname=_short(suite_name), time="0")
    text = _legal(f"{case.message}\n{case.details}" if case.details else case.message)
    if case.outcome is None:
        ElementTree.SubElement(element, "system-out").text = text
        return
    child = ElementTree.SubElement(element, case.outcome, message=_short(case.message, 600))
    if case.outcome == "skipped":
        ElementTree.SubElement(element, "system-out").text = text
        return
    child.set("type", case.kind)
    child.text = text


def _short(text: str, width: int = 200) -> str:
    return _legal(one_line(text, width))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", printable(text[:_MOST_TEXT]))
