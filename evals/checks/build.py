"""One build's samples of a task, as the checks see them, and how their findings speak of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.records import Sample
from quantgate.evals.runs.record import Imported
from quantgate.evals.samples.columns import Columns, Places
from quantgate.evals.samples.damage import NO_DAMAGE, Damage


@dataclass(frozen=True, slots=True)
class Build:
    """One build's samples of a task.

    `name` is `None` for a run that is looked at by itself; `whole` gives the samples of some rows with their texts, one
    at a time. `planned` is how many samples there are when it is complete,
    `sampling` what they were asked with, `window` the context in tokens, where the endpoint told it. `foreign`,
    `lost` and `damage` are as in `evals.pairing.pairs.TaskRun`; `source` is where the answers were imported from.
    `of_logprobs` says that they are log-probabilities of tokens and no texts.
    """

    name: str | None
    samples: Columns
    whole: Callable[[Places], Iterator[Sample]]
    planned: int
    sampling: Mapping[str, Any] = field(default_factory=dict)
    window: int | None = None
    foreign: int = 0
    lost: int = 0
    damage: Damage = NO_DAMAGE
    source: Imported | None = None
    of_logprobs: bool = False

    @property
    def tells_results(self) -> bool:
        """Whether the samples say what was read from an answer."""
        return self.source is None or self.source.results

    @property
    def again(self) -> str:
        """What asks again what is missing: `the same `quantgate run` asks`."""
        if self.source is None:
            return "the same `quantgate run` asks"
        return f"only another run of the tool, whose {self.source.format} files these are, asks"

    @property
    def owner(self) -> str:
        return "the " if self.name is None else f"the {self.name}'s "

    @property
    def answers(self) -> str:
        return f"{self.owner}answers"

    @property
    def max_tokens(self) -> int | None:
        return self.sampling.get("max_tokens")

    def finding(self, code: FindingCode, message: str, severity: Severity = Severity.WARNS) -> Finding:
        return Finding(code, severity, sentence(message), self.name)

    def some(self, count: int) -> str:
        """`37 answers`, `37 of the candidate's answers`."""
        return f"{count:,} answers" if self.name is None else f"{count:,} of {self.answers}"

    def share(self, count: int) -> str:
        """`28% of the candidate's answers (55 of 198)`."""
        return f"{percent(count / self.planned)} of {self.answers} ({count:,} of {self.planned:,})"


def sentence(text: str) -> str:
    """A text that begins like a sentence."""
    return text[:1].upper() + text[1:]


def percent(share: float) -> str:
    """A share in words of a report: `28%`, below ten percent with a decimal (`2.5%`), `none` for 0."""
    if share == 0:
        return "none"
    if share < 0.0005:
        return "under 0.1%"
    return f"{100 * share:.0f}%" if share >= 0.0995 else f"{100 * share:.1f}".removesuffix(".0") + "%"
