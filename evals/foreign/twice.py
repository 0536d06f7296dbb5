"""Rows of one item and repeat: what is told alike counts once, and what contradicts itself is missing, in any order."""

from __future__ import annotations

from dataclasses import replace

from quantgate.evals.contract.records import Sample, Status

CONTRADICTS = "its rows contradict each other"


class Told:
    """What the rows of a task have told of each item and repeat, eight bytes each, as far as a verdict rests on it."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, int], int | None] = {}

    def __contains__(self, sample: Sample) -> bool:
        return (sample.item_id, sample.repeat) in self._of

    def add(self, sample: Sample) -> None:
        """Keep what the first row of an item and repeat tells."""
        self._of[sample.item_id, sample.repeat] = _decisive(sample)

    def contradicts(self, sample: Sample) -> bool:
        """Whether a further row is the first one that tells something else, after which none is that any more."""
        key = (sample.item_id, sample.repeat)
        if self._of[key] in (None, _decisive(sample)):
            return False
        self._of[key] = None
        return True


def missing(sample: Sample) -> Sample:
    """In place of what contradicts itself: nobody knows which of the rows is the answer, so that none is."""
    return replace(
        sample, status=Status.ERROR, score=None, metrics={}, error=CONTRADICTS, extracted=None, vote=None, margin=None,
        response=None, reasoning=None,
    )  # fmt: skip


def _decisive(sample: Sample) -> int:
    metrics = tuple(sorted(sample.metrics.items()))
    asked = (sample.prompt_hash, sample.stratum, sample.cluster)
    return hash((asked, sample.status, sample.score, metrics, sample.extracted, sample.vote))
