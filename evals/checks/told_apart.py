"""Whether the endpoints of a baseline and a candidate are two builds, and each the one it is called: before asking."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.checks.same_build import address_of, root_of
from quantgate.evals.runs.observation import Health, Observation


@dataclass(frozen=True, slots=True)
class SeenBuild:
    """A build by its label, its address and model, and what its endpoint says of itself."""

    label: str
    base_url: str
    model: str
    identity: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> str:
        """All that it is called by where it is served, in lower case."""
        return f"{self.model} {root_of(self.identity) or ''}".lower()


@dataclass(frozen=True, slots=True)
class FirstPrompts:
    """How many tokens the prompt of each task's first item may have for a build; empty where that is not told."""

    label: str
    tokens: Mapping[str, frozenset[int]]


def told_apart(baseline: SeenBuild, candidate: SeenBuild, *, meant: bool) -> list[Observation]:
    """What speaks for one build on both sides, or for two that were taken for one another.

    `meant` says that one build on both sides is what the user wants: the noise floor. Then it is only noted.
    """
    seen = []
    bad = Health.NOTE if meant else Health.BAD
    if baseline.model == candidate.model and address_of(baseline.base_url) == address_of(candidate.base_url):
        said = (
            f"{baseline.label} and {candidate.label} are {baseline.model} at one address, a build held against itself, "
            "which always passes: give the candidate's own base_url or model"
        )
        seen.append(Observation("builds", bad, said + ("" if meant else ", or same_build: true in the policy")))
    elif not meant and (root := root_of(baseline.identity)) is not None and root == root_of(candidate.identity):
        said = f"{baseline.label} and {candidate.label} both say that they serve {root}: are these the same weights?"
        seen.append(Observation("builds", Health.NOTE, said))
    if _is_swapped(baseline, candidate):
        said = (
            f"{baseline.label} is served as {baseline.model} and {candidate.label} as {candidate.model}: they seem "
            "swapped; exchange the two, or their labels"
        )
        seen.append(Observation("builds", Health.BAD, said))
    return seen


def prompts_apart(baseline: FirstPrompts, candidate: FirstPrompts, *, meant: Collection[str]) -> list[Observation]:
    """That the first items of tasks are other tokens to one server than to the other; only noted where it is `meant`.

    What is not told is not compared.
    """
    seen = []
    for task, ours in baseline.tokens.items():
        theirs = candidate.tokens.get(task, frozenset())
        if not ours or not theirs or not ours.isdisjoint(theirs):
            continue
        said = (
            f"{task}: the first item's prompt has {min(ours):,} tokens for {baseline.label} and {min(theirs):,} for "
            f"{candidate.label}: another chat template, system prompt or tokenizer is served"
        )
        remedy = "" if task in meant else ". Serve both alike, or say prompts_unlike: true in the policy if it is meant"
        seen.append(Observation("prompts", Health.NOTE if task in meant else Health.BAD, said + remedy))
    return seen


def _is_swapped(one: SeenBuild, other: SeenBuild) -> bool:
    """Whether each is served under the label of the other, and not under its own."""
    first, second = one.label.lower(), other.label.lower()
    if first in second or second in first:
        return False
    return second in one.names and first in other.names and first not in one.names and second not in other.names
