"""What a comparison of several formats decides, as frozen types, and its JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from quantgate.evals.decision.types import SCHEMA_VERSION, Decided, ReleaseVerdict, Suite, TaskDecision
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.settings.asked_suite import AskedSuite
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
    def _scored(self) -> tuple[TaskDecision, ...]:
        """The tasks of which accuracies are told, not agreement with the baseline; all where there are no others."""
        scored = tuple(one for one in self.tasks if not (isinstance(one, Decided) and one.fidelity is not None))
        return scored or self.tasks

    @property
    def standing(self) -> float:
        """Its suite's difference, else the mean over its tasks; minus infinity where none could be paired.

        Where every margin is a recovery alone it is the recoveries' mean, each less 1, that is told.
        """
        told = self._scored if self.suite is None else (self.suite.mean,)
        relative = all(one.margin.points is None for one in told)
        known = [_apart(one, relative=relative) for one in told if isinstance(one, Decided)]
        return math.fsum(known) / len(known) if known else -math.inf


def _apart(task: Decided, *, relative: bool) -> float:
    """How far the candidate is from the baseline; of a baseline with nothing right there is no share of it."""
    return task.recovery - 1 if relative and task.recovery is not None else task.difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """The formats, sorted; the verdict over all of them; the names of the cheapest that pass (several on a tie).

    `cost_unit` says in what the costs are told (GB, dollars, tokens/s); where `more_is_better`, the cheapest are those
    with the highest figure. `pass_if` says whether all formats or any had to pass. `awaited` has by name the formats
    that are not complete, with the reason: they have their part of alpha. `command`, `created` and `software` are as in
    `Verdict`. `baseline_folder` is the baseline's run directory as the user has named it, else empty.
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
    baseline_folder: str = ""
    awaited: Mapping[str, str] = field(default_factory=dict)
    asked_suite: AskedSuite | None = None

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
                "candidate": build.record.as_dict(),
                "tasks": [task.as_dict() for task in build.tasks],
                **({} if build.suite is None else {"suite": build.suite.as_dict()}),
                **({} if build.holds is None else {"holds": build.holds.value}),
            }
            for build in self.formats
        ]
        document = {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict.value,
            "baseline": self.baseline.as_dict(),
            "policy": dict(self.policy),
            "cheapest": list(self.cheapest),
            "cost_unit": self.cost_unit,
            "more_is_better": self.more_is_better,
            "pass_if": self.pass_if.value,
            "formats": formats,
            "command": self.command,
            "created": self.created,
            "software": dict(self.software),
            **({"baseline_folder": self.baseline_folder} if self.baseline_folder else {}),
            **({"awaited": dict(self.awaited)} if self.awaited else {}),
            **({} if self.asked_suite is None else {"asked_suite": asdict(self.asked_suite)}),
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
