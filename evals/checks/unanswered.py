"""What of a build's answers is not there: missing, ungraded, damaged, or an answer to something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from quantgate.evals.checks.build import Build
from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.records import Status
from quantgate.evals.text import excerpt


def unanswered_findings(build: Build, answered: int) -> Iterator[Finding]:
    """What a run does not hold or holds in vain; `answered` samples have a score."""
    waiting = build.samples.take(build.samples.is_status(Status.UNGRADED))
    if len(waiting):
        reasons: Counter[str] = Counter()
        for text, count in waiting.error.counts().items():
            reasons[excerpt(text)] += count
        if untold := len(waiting) - reasons.total():
            reasons[""] += untold
        reason, count = reasons.most_common(1)[0]
        yield build.finding(
            FindingCode.UNGRADED,
            f"{build.some(len(waiting))} are ungraded and count as missing ({count:,}: {reason}): `quantgate regrade "
            "RUN` grades them without asking again",
        )
    left = build.planned - answered - len(waiting)
    if left:
        yield build.finding(
            FindingCode.MISSING,
            f"{left:,} of {build.owner}{build.planned:,} samples have no answer: {build.again} them again",
        )
    if build.damage.lines:
        asked = f"what no other line holds counts as missing, and {build.again} it again"
        then = asked if left else "nothing is missing for it"
        yield build.finding(
            FindingCode.DAMAGED,
            f"{build.owner}directory: {excerpt(build.damage.told, 200)}; {then}",
        )
    if build.lost:
        yield build.finding(
            FindingCode.DAMAGED,
            f"{build.lost:,} lines of {build.owner}last regrade are gone from its samples.jsonl, so that grades count "
            "which it has replaced: `quantgate regrade RUN` again",
            Severity.BLOCKS,
        )
    if build.foreign:
        yield build.finding(
            FindingCode.FOREIGN,
            f"{build.foreign:,} of {build.owner}samples are answers to items or repeats that this run was never to "
            "ask, and count for nothing: were two runs' samples put into one file?",
        )
