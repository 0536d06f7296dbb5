"""What another tool's files do not show, and what of them is no answer: rows that are none, faults scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.runs.record import Imported, SameBy, unknown_between


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
