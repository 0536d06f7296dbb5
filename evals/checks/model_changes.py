"""Whether all answers of a run are of one model: by what the replies name, and by what the endpoint has listed."""

from __future__ import annotations

from collections.abc import Iterator

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.endpoint.served import change_of
from quantgate.evals.runs.origins import are_of_several, names_of
from quantgate.evals.runs.record import RepliesOf, RunRecord
from quantgate.evals.text import excerpt

_SHOWN = 5


def model_findings(record: RunRecord, build: str | None, *, meant: bool) -> Iterator[Finding]:
    """What speaks for several models in one run, which then shows nothing of any; `meant` says that it is known.

    A run from before this was recorded has nothing that speaks for it.
    """
    owner = "The run" if build is None else f"The {build}"
    severity = Severity.WARNS if meant else Severity.BLOCKS
    for said in _changes(record):
        yield Finding(
            FindingCode.MODEL_CHANGED,
            severity,
            f"{owner} holds answers of more than one model: {said}. Ask all of them of one into another folder; "
            "--model-changed says that it is meant, as where replicas of one build differ in this",
            build,
        )
        return
    models, fingerprints = names_of(record.replies)
    if len(fingerprints) > 1 and not are_of_several(fingerprints):
        yield Finding(
            FindingCode.MODEL_CHANGED,
            Severity.WARNS,
            f"{owner}'s replies have another system_fingerprint each, which tells nothing of the model that gave them",
            build,
        )
    if len(models) == 1 and record.model not in models:
        named = next(iter(models))
        yield Finding(
            FindingCode.OTHER_NAME,
            Severity.WARNS,
            f"{owner} was asked of {excerpt(record.model)}, and the replies name {excerpt(named)}: is that the "
            "model that was meant?",
            build,
        )


def _changes(record: RunRecord) -> Iterator[str]:
    models, fingerprints = names_of(record.replies)
    if len(models) > 1:
        yield f"the replies name {_listed(record.replies)}"
    if are_of_several(fingerprints):
        yield f"the replies have the system_fingerprint {_listed(record.replies)}"
    for change in record.changes:
        said = change_of(change.before, change.after) or "it is not listed any more"
        since = (
            "before the run was gone on with" if change.since is None else f"between {change.since} and {change.seen}"
        )
        yield f"what the endpoint lists of it changed {since} ({said}), so that answers of that time may be of either"


def _listed(replies: tuple[RepliesOf, ...]) -> str:
    """The models by name where they have several, else by fingerprint, each once, with count and times."""
    several = len({each.model for each in replies if each.model is not None}) > 1
    by_name: dict[str, list[RepliesOf]] = {}
    for each in replies:
        if (name := each.model if several else each.fingerprint) is not None:
            by_name.setdefault(name, []).append(each)
    told = [
        f"{excerpt(name)} ({sum(each.count for each in of_name):,}, {min(each.first for each in of_name)} to "
        f"{max(each.last for each in of_name)})"
        for name, of_name in by_name.items()
    ]
    return ", ".join(told[:_SHOWN]) + (f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else "")
