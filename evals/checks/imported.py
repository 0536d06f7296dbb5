"""What another tool's files do not show, and what of them is no answer: rows that are none, faults scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.records import Status
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.runs.record import Imported, SameBy, unknown_between

_KEEP_NO_FAULTS = frozenset({"lm-eval", "lighteval", "simple-evals"})
"""Formats in which a failed request looks like an answer without text."""
_BEYOND_CHANCE = 0.01


def imported_findings(pairs: TaskPairs) -> Iterator[Finding]:
    """What is to be known of a pair of which one run or both came from files of other tools."""
    ours, theirs = (pairs.builds[name].record for name in ("baseline", "candidate"))
    if ours is None or theirs is None:
        return
    if pairs.paired_by is SameBy.ID:
        yield Finding(
            FindingCode.PAIRED_BY_ID,
            Severity.WARNS,
            "The answers are paired by id alone: nobody has checked that the questions are the same. Look at some of "
            "both",
        )
    if unknown := unknown_between(ours, theirs):
        yield Finding(
            FindingCode.SETTINGS_UNKNOWN,
            Severity.WARNS,
            f"Whether both builds have the same {_listed(unknown)} is unknown, as the files do not tell: look into how "
            "both were run",
        )
    for name, record in (("baseline", ours), ("candidate", theirs)):
        if record.imported is not None:
            yield from _of_source(name, record.imported)
    if any(record.imported is not None and record.imported.format in _KEEP_NO_FAULTS for record in (ours, theirs)):
        yield from _silent_unlike(pairs)


def _silent_unlike(pairs: TaskPairs) -> Iterator[Finding]:
    """A block when one build has more items without text, beyond chance by the exact McNemar test over items."""
    from quantgate.evals.stats.describe.mcnemar import mcnemar_pvalue

    samples = [pairs.builds[name].samples for name in ("baseline", "candidate")]
    ours, theirs = ({*each.item.present(each.is_status(Status.EMPTY))} for each in samples)
    lost, won = len(theirs - ours), len(ours - theirs)
    if lost + won and mcnemar_pvalue(lost, won) < _BEYOND_CHANCE:
        yield Finding(
            FindingCode.EMPTY_UNLIKE,
            Severity.BLOCKS,
            f"Of {len(ours):,} items the baseline's answers hold no text, of {len(theirs):,} the candidate's, more "
            "unlike than chance makes it, and the files do not tell which of them failed: what is compared may be the "
            "servers; look into their logs, or evaluate again",
        )


def _of_source(build: str, source: Imported) -> Iterator[Finding]:
    if source.unread:
        first = f" (the first: {source.unread_first})" if source.unread_first else ""
        yield Finding(
            FindingCode.ROWS_UNREAD,
            Severity.WARNS,
            f"{source.unread:,} {'row' if source.unread == 1 else 'rows'} of the {build}'s {source.format} files could "
            f"not be read and {'counts' if source.unread == 1 else 'count'} for nothing{first}",
            build,
        )
    if count := sum(source.faults.values()):
        reason, most = next(iter(source.faults.items()))
        yield Finding(
            FindingCode.FAULTS_SCORED,
            Severity.WARNS,
            f"{count:,} of the {build}'s answers are faults, which {source.format} had scored {source.faults_score:g} "
            f"in all and which are missing here ({most:,}: {reason})",
            build,
        )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
