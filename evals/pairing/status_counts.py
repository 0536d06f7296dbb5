"""How the samples of one build ended, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from quantgate.evals.contract.records import Sample, Status


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """How many samples of one build ended how. `unparsed` are among `ok` and `truncated`; `missing` never came.

    `ungraded` came, and could not be graded: they count as missing.
    """

    ok: int = 0
    truncated: int = 0
    empty: int = 0
    refused: int = 0
    error: int = 0
    unparsed: int = 0
    missing: int = 0
    ungraded: int = 0

    @property
    def unscored(self) -> int:
        return self.error + self.missing + self.ungraded

    @classmethod
    def count(cls, samples: Sequence[Sample], planned: int) -> StatusCounts:
        """Count `samples` out of the `planned` number."""
        statuses = Counter(sample.status for sample in samples)
        return cls(
            ok=statuses[Status.OK],
            truncated=statuses[Status.TRUNCATED],
            empty=statuses[Status.EMPTY],
            refused=statuses[Status.REFUSED],
            error=statuses[Status.ERROR],
            unparsed=sum(sample.unparsed for sample in samples),
            missing=max(0, planned - len(samples)),
            ungraded=statuses[Status.UNGRADED],
        )

    def as_dict(self) -> dict[str, int]:
        """The counts by name; `refused` and `ungraded` only where there are any."""
        return {name: count for name, count in asdict(self).items() if count or name not in ("refused", "ungraded")}
