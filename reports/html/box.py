"""The box that a page begins with: the verdict, why, and what somebody must know of it who reads no further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import ReleaseVerdict, TaskVerdict, Verdict
from quantgate.reports.words.facts import MOST_FACTS, BuildFact, TaskFact, build_facts, task_facts
from quantgate.reports.words.headline import comparison_headline, headline, recommendation, shipped, whole_verdict
from quantgate.reports.words.notes import WITHOUT_CUT
from quantgate.reports.words.palette import verdict_word
from quantgate.reports.words.targets import shared_target
from quantgate.reports.words.titles import listed

_MOST_SHIPPED = 3


@dataclass(frozen=True, slots=True)
class Box:
    """What stands in it, not escaped yet: `verdict` gives colour and mark, `left` and `right` stand over accuracies."""

    verdict: ReleaseVerdict
    word: str
    why: str
    tasks: Sequence[TaskFact] = ()
    left: str = "baseline"
    right: str = "candidate"
    lines: Sequence[str] = ()
    builds: Sequence[BuildFact] = ()

    @property
    def shown(self) -> Sequence[TaskFact]:
        return self.tasks[:MOST_FACTS]

    @property
    def left_out(self) -> int:
        return len(self.tasks) - len(self.shown)


def gate_box(verdict: Verdict) -> Box:
    """The box of a gate's decision."""
    return Box(
        verdict.verdict,
        verdict_word(verdict.verdict),
        headline(verdict),
        task_facts(verdict.rows),
        verdict.baseline.label,
        verdict.candidate.label,
        _lines(*_without_cut(verdict), shared_target(verdict.rows)),
        build_facts((verdict.baseline, verdict.candidate)),
    )


def comparison_box(comparison: Comparison) -> Box:
    """The box of a comparison: what to ship where something passes, whatever became of the others."""
    passing = shipped(comparison)
    shown = passing or comparison.formats
    facts = [fact for build in shown for fact in task_facts(build.rows, build.name if len(shown) > 1 else "")]
    return Box(
        _verdict(comparison, passing),
        _word(comparison, passing),
        recommendation(comparison),
        facts,
        comparison.baseline.label,
        shown[0].name if len(shown) == 1 else "format",
        _lines(
            comparison_headline(comparison),
            whole_verdict(comparison),
            shared_target([task for build in comparison.formats for task in build.tasks]),
        ),
        build_facts((comparison.baseline, *(build.record for build in shown[:_MOST_SHIPPED]))),
    )


def _without_cut(verdict: Verdict) -> list[str]:
    """What remains of a regression without cut answers, which is the first thing that is asked of one."""
    regressed = [task for task in verdict.tasks if task.verdict is TaskVerdict.REGRESSED]
    several = len(verdict.tasks) > 1
    return [
        f"{task.task}: {finding.message}." if several else f"{finding.message}."
        for task in regressed
        for finding in task.findings
        if finding.code in WITHOUT_CUT
    ]


def _verdict(comparison: Comparison, passing: Sequence[Format]) -> ReleaseVerdict:
    """That of the format to ship, which the bounds that hold must agree with; of the whole where there is none."""
    if not passing:
        return comparison.verdict
    return ReleaseVerdict.PASS if all(build.agrees for build in passing) else ReleaseVerdict.INCONCLUSIVE


def _word(comparison: Comparison, passing: Sequence[Format]) -> str:
    if not passing:
        return verdict_word(comparison.verdict)
    if len(passing) > _MOST_SHIPPED:
        return f"Ship any of {len(passing)}"
    return f"Ship {listed([build.name for build in passing], 'or')}"


def _lines(*lines: str) -> list[str]:
    return [line for line in lines if line]
