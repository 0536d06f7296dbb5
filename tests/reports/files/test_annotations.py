"""Annotations on GitHub: the right level, what to look at, and no command but our own."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.settings.requirements import Tier
from quantgate.reports.files.annotations import annotation_lines
from tests.reports import made

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)")


def levels(lines: list[str]) -> list[str]:
    found = [COMMAND.fullmatch(line) for line in lines]
    assert all(found)
    return [match[1] for match in found if match]


@pytest.mark.parametrize(
    ("task", "release", "level"),
    [
        (made.decision(), ReleaseVerdict.PASS, "notice"),
        (made.inconclusive(), ReleaseVerdict.INCONCLUSIVE, "warning"),
        (made.regressed(), ReleaseVerdict.REGRESSED, "error"),
        (made.invalid(), ReleaseVerdict.INVALID, "error"),
    ],
)
def test_one_task_is_one_annotation(task, release, level):
    assert levels(annotation_lines(made.verdict(task, release=release))) == [level]


def test_of_several_the_whole_comes_first_and_an_advisory_one_is_no_error():
    tasks = (made.decision(), made.inconclusive(), made.regressed(), made.regressed("other", tier=Tier.ADVISORY))
    lines = annotation_lines(made.verdict(*tasks, release=ReleaseVerdict.REGRESSED))
    assert levels(lines) == ["error", "warning", "error", "warning"]


def test_a_format_that_fails_is_no_error_where_another_is_enough():
    comparison = made.comparison()
    assert "error" in levels(annotation_lines(replace(comparison, verdict=ReleaseVerdict.REGRESSED)))
    assert "error" not in levels(annotation_lines(replace(comparison, verdict=ReleaseVerdict.PASS)))


def test_a_regression_names_three_items_and_the_command():
    flips = tuple(made.flip(1, item=str(n), answers=made.answers("1", "2")) for n in (1, 2, 3, 4))
    verdict = made.verdict(made.regressed(flips=flips), release=ReleaseVerdict.REGRESSED)
    (line,) = annotation_lines(replace(verdict, folders={"baseline": "a", "candidate": "b"}))
    said = line.split("%0A")
    assert said[1] == "1 lost: 1 in the baseline, 2 in the candidate"
    assert said[4] == "side by side: quantgate diff a b 1 2 3"
    assert len(said) == 5


@pytest.mark.parametrize("said", ["\n::error::x", "\r\n::add-mask::x", "%0A::set-output name=a::b", "a::b,c: d%25"])
def test_what_a_model_said_makes_no_command(said):
    flip = made.flip(1, item=said, answers=made.answers(said, said), reference=said)
    task = made.regressed(said, flips=(flip,), reason=said)
    (line,) = annotation_lines(made.verdict(task, release=ReleaseVerdict.REGRESSED))
    assert COMMAND.fullmatch(line)
    for part in line.split("%0A")[1:]:
        assert not part.startswith("::")
    assert "%0A::" not in line


@pytest.mark.slow
def test_hostile_text_keeps_each_on_its_line(hostile_verdict):
    assert_lines(annotation_lines(hostile_verdict))


@pytest.mark.slow
def test_hostile_text_keeps_each_on_its_line_in_a_comparison_too(hostile_comparison):
    assert_lines(annotation_lines(hostile_comparison))


def assert_lines(lines: list[str]) -> None:
    assert len(levels(lines)) <= 10
    assert all(line.isprintable() and len(line) < 20_000 for line in lines)
