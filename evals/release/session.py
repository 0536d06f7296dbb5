"""A release that is ready to be asked: what each build still lacks, and who follows the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from quantgate.evals.contract.records import Item
from quantgate.evals.release.types import Build, Following, State

Follow = Callable[[str, str, Sequence[Item]], Following]
"""Makes who follows a task (first) of a candidate (second, its label), given the items in the order of asking."""

Certain = Callable[[str, Mapping[str, State]], bool]
"""Whether the verdict on a candidate, by its label, is certain from the states of its tasks, though some are open."""


@dataclass(frozen=True, slots=True)
class ReleaseSession:
    """A release that is ready to be asked.

    `builds` are the baseline and then the candidates; `total` and `missing` how many answers each that is asked has in
    all, by its label, and how many of them it lacks; `notices` what the user should know.
    """

    builds: Sequence[Build]
    total: Mapping[str, int]
    missing: Mapping[str, int]
    notices: Sequence[str]

    @property
    def to_ask(self) -> tuple[str, ...]:
        """The labels of the builds of which something has to be asked now; none where the disk has it all."""
        raise NotImplementedError
