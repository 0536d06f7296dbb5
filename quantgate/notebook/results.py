"""What the public functions return: decisions that show themselves in a notebook or a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from quantgate.evals.claims.types import ClaimDecision, ClaimVerdict
    from quantgate.evals.decision.comparison import Comparison, Format
    from quantgate.evals.decision.types import ReleaseVerdict, Suite, TaskDecision, Verdict
    from quantgate.evals.planning.types import Plan

_WIDTH = 120


class GateResult:
    """What `gate` decided. In a notebook it shows the forest plot and the table, elsewhere what the terminal prints."""

    def __init__(self, decision: Verdict) -> None:
        self.decision = decision

    @property
    def verdict(self) -> ReleaseVerdict:
        """`pass`, `regressed`, `inconclusive` or `invalid`."""
        return self.decision.verdict

    @property
    def tasks(self) -> tuple[TaskDecision, ...]:
        """One decision for each task, with its figures, bounds, findings and flips."""
        return self.decision.tasks

    @property
    def suite(self) -> Suite | None:
        """What the mean over the policy's suite shows (`mean`, told as of one task), with the tasks' `weights`."""
        return self.decision.suite

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences that decided."""
        return self.decision.reasons

    def to_json(self) -> str:
        """The gate JSON, which `quantgate report` renders."""
        return self.decision.to_json()

    def __repr__(self) -> str:
        from quantgate.reports.terminal.verdict import print_verdict

        return printed(lambda console: print_verdict(console, self.decision))

    def _repr_html_(self) -> str:
        from quantgate.reports.html.notebook import gate_fragment

        return gate_fragment(self.decision)


class CompareResult:
    """What `compare` decided about several formats; shown like a `GateResult`."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    @property
    def verdict(self) -> ReleaseVerdict:
        """`pass` where every format passes, else the worst among them."""
        return self.comparison.verdict

    @property
    def formats(self) -> tuple[Format, ...]:
        """One entry for each format, with its verdict and its decision on each task."""
        return self.comparison.formats

    @property
    def cheapest(self) -> tuple[str, ...]:
        """The names of the cheapest formats that pass; empty where none does, or no costs were given."""
        return self.comparison.cheapest

    def to_json(self) -> str:
        """The comparison's JSON, which `quantgate report` renders."""
        return self.comparison.to_json()

    def __repr__(self) -> str:
        from quantgate.reports.terminal.compare import print_comparison

        return printed(lambda console: print_comparison(console, self.comparison))

    def _repr_html_(self) -> str:
        from quantgate.reports.html.notebook import comparison_fragment

        return comparison_fragment(self.comparison)


class PlanResult:
    """What `plan` found: one plan for each task, each with a row for each margin."""

    def __init__(self, plans: tuple[Plan, ...]) -> None:
        self.plans = plans

    def to_json(self) -> str:
        """All figures, as `quantgate plan --json` writes them."""
        from quantgate.evals.planning.types import plans_json

        return plans_json(self.plans)

    def to_frame(self) -> pd.DataFrame:
        """One row for each task and margin; shares and margins are fractions."""
        import pandas as pd

        rows = [{"task": plan.assumptions.task, **asdict(row)} for plan in self.plans for row in plan.rows]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        from quantgate.reports.terminal.plan import print_plans

        return printed(lambda console: print_plans(console, self.plans))


class ClaimResult:
    """What `claim` found in published accuracies."""

    def __init__(self, judgement: ClaimVerdict) -> None:
        self.judgement = judgement

    @property
    def verdict(self) -> ReleaseVerdict:
        """What holds in every way in which the answers may pair."""
        return self.judgement.verdict

    @property
    def tasks(self) -> tuple[ClaimDecision, ...]:
        """One judgement for each claim."""
        return self.judgement.tasks

    def to_json(self) -> str:
        """All figures, as `quantgate claim --json` writes them."""
        from quantgate.reports.words.claim import sentence

        return self.judgement.to_json([sentence(task) for task in self.judgement.tasks])

    def __repr__(self) -> str:
        from quantgate.reports.terminal.claim import print_claim

        return printed(lambda console: print_claim(console, self.judgement))


def printed(show: Callable[[Console], None], width: int = _WIDTH) -> str:
    """What a report prints, as plain text in lines for so many columns."""
    from quantgate.reports.terminal.console import plain_console

    stream = io.StringIO()
    show(plain_console(stream, width))
    return stream.getvalue().rstrip()
