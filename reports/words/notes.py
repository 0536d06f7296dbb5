"""What is to be said beside a decision, sentence by sentence, each with its kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quantgate.evals.checks.finding import Finding, FindingCode
from quantgate.evals.decision.described import Share
from quantgate.evals.decision.types import (
    Decided,
    Flag,
    ReleaseVerdict,
    Suite,
    TaskDecision,
    TaskVerdict,
    Verdict,
)
from quantgate.evals.runs.record import SameBy
from quantgate.reports.words import numbers
from quantgate.reports.words.fidelity import apart_lines, fidelity_lines
from quantgate.reports.words.looks import looks_lines
from quantgate.reports.words.settling import another_look
from quantgate.reports.words.targets import target_lines

# Points so many are no margin that anyone asks for, but may be a recovery in the wrong place.
_LIKE_A_RECOVERY = 0.5
# And a recovery so small may be a loss there.
_LIKE_A_LOSS = 0.5
_PAIRED_BY = {
    SameBy.PROMPT: "paired by prompt: both builds were asked the same, word for word",
    SameBy.TEXT: "paired by text: both builds were asked the same questions; what stood around them is unknown",
}
"""Of answers that are paired by id alone a finding warns."""
WITHOUT_CUT = frozenset({FindingCode.DIFFERENCE_IS_TRUNCATION, FindingCode.LOSS_WITHOUT_CUT})


class NoteKind(StrEnum):
    """What a note is about."""

    FINDING = "finding"
    FLAG = "flag"
    AGREEMENT = "agreement"
    NOISE = "noise"
    TARGET = "target"
    REPEATS = "repeats"
    METHOD = "method"
    SUITE = "suite"
    LOOK = "look"
    LOOKS = "looks"
    PAIRED = "paired"
    FIDELITY = "fidelity"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence without capital and full stop, for a place that says of which task it is."""

    kind: NoteKind
    text: str


def blocks_a_pass(task: TaskDecision, finding: Finding) -> bool:
    """Whether it is to be said of a finding that it blocks a pass.

    Not so of a task that has regressed, where another finding says what remains without its cut answers.
    """
    told = task.verdict is TaskVerdict.REGRESSED and any(one.code in WITHOUT_CUT for one in task.findings)
    return finding.blocks and not told


def finding_notes(task: TaskDecision) -> list[Note]:
    """A note for each finding."""
    return [
        Note(NoteKind.FINDING, ("this blocks a pass: " if blocks_a_pass(task, finding) else "") + finding.message)
        for finding in task.findings
    ]


def flag_notes(task: TaskDecision, searched: str = "tasks") -> list[Note]:
    """A note for each flag that a reader should act on; `searched` names what a regression was searched among."""
    if not isinstance(task, Decided):
        return []
    margin = numbers.margin_words(task.margin)
    sentences = {
        Flag.MISSING_COUNTED_AGAINST: "some answers are missing; they count against the candidate, as the policy "
        "allows",
        Flag.UNCONFIRMED_AMONG_TASKS: f"with so many {searched} one such regression may be chance (Holm): it does not "
        "decide by itself",
        Flag.MEASURABLY_WORSE: f"the candidate is measurably worse (one-sided alpha {task.alpha:g}), though within the "
        "margin",
        Flag.SUPERIOR: f"the candidate is better than the baseline (one-sided alpha {task.alpha:g})",
        Flag.CANNOT_PASS_AT_THIS_N: f"{task.items} items cannot pass {margin} even without a flip",
    }
    notes = [Note(NoteKind.FLAG, sentence) for flag, sentence in sentences.items() if flag in task.flags]
    notes += [Note(NoteKind.PAIRED, line) for line in paired_lines(task)]
    if task.margin.points is not None and task.margin.points >= _LIKE_A_RECOVERY:
        share = f"{task.margin.points:g}"
        notes.append(
            Note(
                NoteKind.FLAG,
                f"the margin lets {numbers.margin_points(task.margin.points)} points be lost, which nearly every build "
                f"passes; if {share} of the baseline's accuracy is to be recovered, write --recovery {share}, or "
                f"in a policy margin: {{recovery: {share}}}",
            )
        )
    if task.margin.recovery is not None and task.margin.recovery <= _LIKE_A_LOSS:
        share = f"{100 * task.margin.recovery:g}%"
        notes.append(
            Note(
                NoteKind.FLAG,
                f"to recover {share} of the baseline's accuracy lets all else be lost, which nearly every build "
                f"passes; if {share} of it may be lost, write {1 - task.margin.recovery:g}",
            )
        )
    return notes


def paired_lines(task: TaskDecision) -> list[str]:
    """By what the answers were paired, where a run was imported and no finding says it."""
    paired_by = task.paired_by if isinstance(task, Decided) else None
    return [_PAIRED_BY[paired_by]] if paired_by in _PAIRED_BY else []


def mean_over(suite: Suite) -> str:
    """Over which tasks the mean is, and how much each counts where they do not count alike."""
    alike = len({round(share, 12) for share in suite.weights.values()}) == 1
    tasks = [name if alike else f"{name} ({100 * share:.3g}%)" for name, share in suite.weights.items()]
    kind = "mean" if alike else "weighted mean"
    return f"the {kind} over {', '.join(tasks[:-1])} and {tasks[-1]}"


def suite_notes(suite: Suite | None) -> list[tuple[str, Note]]:
    """What is told beside a suite's decision, each with the suite's name; nothing where there is none."""
    if suite is None:
        return []
    mean = suite.mean
    looked = [one.message for one in mean.findings if one.code is FindingCode.LOOKED_BEFORE]
    notes = [
        Note(NoteKind.SUITE, mean_over(suite)),
        *(Note(NoteKind.LOOK, told) for told in looked),
        *flag_notes(mean),
    ]
    if isinstance(mean, Decided):
        notes.append(Note(NoteKind.METHOD, f"method: {mean.method_reason.removesuffix('.')}"))
    return [(mean.task, note) for note in notes]


def pooled_note(verdict: Verdict) -> str | None:
    """What all tasks show together where every one passes, and the sum of small losses is no chance all the same."""
    pooled, alpha = verdict.pooled, float(str(verdict.policy.get("alpha", 0.05)))
    if pooled is None or verdict.verdict is not ReleaseVerdict.PASS or pooled.pvalue >= alpha:
        return None
    chance = "below 0.001" if pooled.pvalue < 0.001 else f"{pooled.pvalue:.3f}"
    within = "each" if all(task.passes for task in verdict.tasks) else "each required"
    return (
        f"over all {pooled.tasks} tasks together {pooled.losses:,} items got worse and {pooled.gains:,} better, which "
        f"equal builds do with probability {chance}: some loss is there, though within {within} task's margin"
    )


def described_notes(task: TaskDecision) -> list[Note]:
    """What is told beside the decision: agreement, and where there is cause re-run noise and the errors of repeats."""
    if not isinstance(task, Decided) or task.description is None:
        return []
    alike = task.description.agreement
    notes = [
        *(Note(NoteKind.LOOK, told) for told in [another_look(task)] if told is not None),
        *(Note(NoteKind.LOOKS, line) for line in looks_lines(task)),
        *(Note(NoteKind.TARGET, line) for line in target_lines(task)),
    ]
    notes += [Note(NoteKind.FIDELITY, line) for line in (*fidelity_lines(task), *apart_lines(task))]
    if alike is not None:
        told = f"the same result in both builds on {alike.count:,} of {alike.n:,} samples ({alike.estimate:.1%})"
        notes.append(Note(NoteKind.AGREEMENT, told))
    if (noise := task.description.noise) is not None:
        came_to = _lost_and_won if task.description.discordance is not None else _net
        notes.append(
            Note(
                NoteKind.NOISE,
                f"{noise.flips.count} items flip between the builds, {noise.noise.count} between two runs of the "
                f"baseline: an excess of {numbers.signed(noise.excess)} points ({numbers.signed(noise.low)} to "
                f"{numbers.signed(noise.high)}); {came_to(noise.flips, noise.candidate_difference)} between the "
                f"builds, {came_to(noise.noise, noise.noise_difference)} between the two runs",
            )
        )
    if len(set(task.asked.values())) > 1:
        notes.append(
            Note(
                NoteKind.REPEATS,
                f"each item was asked {_times(task.asked['baseline'])} of the baseline and "
                f"{_times(task.asked['candidate'])} of the candidate: the difference is that of all answers, and what "
                f"is lost, won and flipped is counted over the first {_of_each(task.repeats)} of either build",
            )
        )
    repeats = task.description.repeats
    if repeats is not None and repeats.new_questions is not None and repeats.same_questions is not None:
        new, same = repeats.new_questions, repeats.same_questions
        notes.append(
            Note(
                NoteKind.REPEATS,
                f"for description: over new questions {numbers.signed(new.lower)} to {numbers.signed(new.upper)} "
                f"points, on these very questions asked again {numbers.signed(same.lower)} to "
                f"{numbers.signed(same.upper)}",
            )
        )
    if task.method_reason:
        notes.append(Note(NoteKind.METHOD, f"method: {task.method_reason.removesuffix('.')}"))
    return notes


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _of_each(repeats: int) -> str:
    return "answer" if repeats == 1 else f"{repeats} answers"


def _lost_and_won(flips: Share, difference: float) -> str:
    """What the flips of 0/1 answers come to: those lost and won, and the net change in points."""
    lost = round((flips.count - difference * flips.n) / 2)
    return f"{lost} lost and {flips.count - lost} won, {_net(flips, difference)}"


def _net(_: Share, difference: float) -> str:
    """The net change alone, where a flip is any change of a score."""
    return f"net {numbers.signed(difference)} points"
