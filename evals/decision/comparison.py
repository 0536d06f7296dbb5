"""What a comparison of several formats decides, as frozen types, and its JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from quantgate.evals.decision.types import SCHEMA_VERSION, Decided, ReleaseVerdict, Suite, TaskDecision
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.settings.requirements import PassIf


@dataclass(frozen=True, slots=True)
class Format:
    """One candidate: its name (unique), its folder, what it costs (any unit, `None` if not said), and its decisions.

    `suite` is there where the policy asks for the mean over several tasks. `holds` is what the bounds that
    hold decide, where the policy chose a bootstrap.
    """

    name: str
    folder: str
    record: RunRecord
    tasks: tuple[TaskDecision, ...]
    verdict: ReleaseVerdict
    cost: float | None = None
    suite: Suite | None = None
    holds: ReleaseVerdict | None = None

    @property
    def rows(self) -> tuple[TaskDecision, ...]:
        """What is told of, line by line: the suite, where there is one, and the tasks."""
        return (*([self.suite.mean] if self.suite else []), *self.tasks)

    @property
    def passes(self) -> bool:
        return self.verdict is ReleaseVerdict.PASS

    @property
    def agrees(self) -> bool:
        """Whether the bounds that hold decide the same, wherever a bootstrap decided."""
        return self.holds is None or self.holds is self.verdict

    @property
    def unconfirmed(self) -> bool:
        """Whether all that is required passes by itself, but not all of it over the search through the formats."""
        required = [row for row in self.rows if row.required]
        return self.verdict is ReleaseVerdict.INCONCLUSIVE and all(task.passes for task in required)

    @property
    def difference(self) -> float:
        """That of its suite, else the mean difference over its tasks; minus infinity where none could be paired."""
        if self.suite is not None:
            return self.suite.mean.difference if isinstance(self.suite.mean, Decided) else -math.inf
        known = [task.difference for task in self.tasks if isinstance(task, Decided)]
        return math.fsum(known) / len(known) if known else -math.inf


@dataclass(frozen=True, slots=True)
class Comparison:
    """The formats, sorted; the verdict over all of them; the names of the cheapest that pass (several on a tie).

    `cost_unit` says in what the costs are told (GB, dollars, tokens/s); where `more_is_better`, the cheapest are those
    with the highest figure. `pass_if` says whether all formats or any had to pass. `command`, `created` and `software`
    are as in `Verdict`.
    """

    baseline: RunRecord
    policy: Mapping[str, object]
    formats: tuple[Format, ...]
    verdict: ReleaseVerdict
    cheapest: tuple[str, ...] = ()
    cost_unit: str = ""
    more_is_better: bool = False
    pass_if: PassIf = PassIf.ALL
    command: str = ""
    created: str = ""
    software: Mapping[str, str] = field(default_factory=dict)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks of any format, in the order in which they first appear."""
        return tuple(dict.fromkeys(task.task for build in self.formats for task in build.tasks))

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of what is told of: the suite, where there is one, and the tasks."""
        return tuple(dict.fromkeys(row.task for build in self.formats for row in build.rows))

    @property
    def priced(self) -> bool:
        """Whether any format's cost was said."""
        return any(build.cost is not None for build in self.formats)

    def to_json(self) -> str:
        """The comparison as JSON; each task as in the gate JSON, with bounds that hold over the formats."""
        formats = [
            {
                "name": build.name,
                "folder": build.folder,
                "cost": build.cost,
                "verdict": build.verdict.value,
                "cheapest_that_passes": build.name in self.cheapest,
                "candidate": asdict(build.record),
                "tasks": [task.as_dict() for task in build.tasks],
                **({} if build.suite is None else {"suite": build.suite.as_dict()}),
                **({} if build.holds is None else {"holds": build.holds.value}),
            }
            for build in self.formats
        ]
        document = {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict.value,
            "baseline": asdict(self.baseline),
            "policy": dict(self.policy),
            "cheapest": list(self.cheapest),
            "cost_unit": self.cost_unit,
            "more_is_better": self.more_is_better,
            "pass_if": self.pass_if.value,
            "formats": formats,
            "command": self.command,
            "created": self.created,
            "software": dict(self.software),
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
