"""Two runs, paired task by task, as frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quantgate.evals.fidelity.documents import FidelityTable
from quantgate.evals.fidelity.figures import Floor
from quantgate.evals.pairing.greedy import is_greedy
from quantgate.evals.pairing.item_scores import Answers, Divergences, ItemScores, filled, scores_of
from quantgate.evals.pairing.left_out import LeftOut
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.pairing.table import PairTable
from quantgate.evals.runs.record import RunRecord, SameBy, ShardRecord, TaskRecord
from quantgate.evals.samples.columns import Columns, Places
from quantgate.evals.samples.damage import NO_DAMAGE, Damage
from quantgate.evals.samples.held import Held
from quantgate.evals.samples.prompts import Prompts

if TYPE_CHECKING:
    from quantgate.evals.stats.checks import BoolArray, FloatArray

# Of a greedy build, batching changes the score of up to one in a hundred items; sampled ones vary on far more.
_LARGEST_VARIED = 0.02


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One task of one run: its record, `None` where the run does not have it, and its samples.

    `foreign` counts samples that were never to be asked, which are left out of `held`; `lost` the lines of a regrade
    that are gone, so that grades count which it has replaced; `damage` has the lines of the run's file that are no
    samples, of whatever task they were. Of a run that lies in a folder, `prompts` finds what was asked.
    `shard` is there where it is one of a run's shards, and not the run.
    """

    record: TaskRecord | None
    held: Held
    foreign: int = 0
    lost: int = 0
    damage: Damage = NO_DAMAGE
    folder: Path | None = None
    prompts: Prompts | None = None
    shard: ShardRecord | None = None

    @property
    def imported(self) -> bool:
        """Whether the answers came from another tool's files, so that nothing here can ask for more."""
        return self.record is not None and self.record.imported is not None

    @property
    def samples(self) -> Columns:
        """The task's samples by columns."""
        return self.held.columns

    @property
    def planned(self) -> int:
        """How many samples the task has when it is complete."""
        pairs = self.record.items * self.record.repeats if self.record else 0
        return pairs if self.shard is None else len(self.shard.shard.ordinals(pairs))


@dataclass(frozen=True, slots=True)
class TaskPairs:
    """One task of two runs, paired.

    `table` has all items and repeats, those that neither run holds a sample of too. `asked` says how often each build
    was asked every item; a repeat that only one of them was asked is NaN for the other. `problems` says why the runs
    are not comparable; then the table is empty. `builds` has the samples themselves, `validity` counts them. All three
    are by `baseline` and `candidate`. `left_out` is there where the runs were cut to what both have; `in_common` tells
    of others how many items would be left of that, 0 where it would not make them comparable. `paired_by` is what shows
    that both were asked the same questions, where a run was imported; two of our own have the prompts. `fidelity` is
    there where the answers are log-probabilities of tokens: then the table's scores are the agreement with the
    baseline, and `floor` is that of the baseline's own repeats, where it has any.
    """

    task: str
    table: PairTable
    asked: Mapping[str, int]
    validity: Mapping[str, StatusCounts]
    builds: Mapping[str, TaskRun]
    problems: tuple[str, ...] = ()
    left_out: LeftOut | None = None
    in_common: int = 0
    paired_by: SameBy | None = None
    fidelity: FidelityTable | None = None
    floor: Floor | None = None

    @property
    def of_logprobs(self) -> bool:
        """Whether the answers are log-probabilities of tokens, whether or not they could be held against each other."""
        return any(run.record is not None and run.record.of_logprobs for run in self.builds.values())

    @property
    def repeats(self) -> int:
        """How often both builds were asked every item: the fewer repeats of the two."""
        return min(self.asked.values(), default=0)

    @property
    def most_repeats(self) -> int:
        """The repeats of the build that was asked more often; the rows of an item."""
        return max(self.asked.values(), default=0)

    @property
    def strata_weigh(self) -> bool:
        """Whether the score is the mean of the strata's means, where there are strata; else they are shown only."""
        record = self.builds["baseline"].record
        return record is None or record.strata_weigh

    def item_scores(self) -> ItemScores:
        """Average each build's own repeats of an item; see `evals.pairing.item_scores.scores_of`."""
        scores = scores_of(
            Answers(self.answers("baseline"), self.answers("candidate"), self._one_answer()),
            self.table.items,
            strata=self.table.strata,
            clusters=self.table.clusters,
            strata_weigh=self.strata_weigh and self.fidelity is None,
        )
        if self.fidelity is None:
            return scores
        return replace(scores, single_answers=False, divergences=Divergences.of(self.fidelity.kl[:, : self.repeats]))

    def _one_answer(self) -> str:
        """Why all repeats of an item are one answer over and over; empty where they are not.

        So they are of greedy decoding, but for what batching changes, and where no temperature is known and nearly all
        of a build's items score alike in all their repeats.
        """
        record = self.builds["baseline"].record
        sampling = {} if record is None else record.sampling
        if is_greedy(sampling):
            return "decoding is greedy, so that repeats of an item are one answer over and over"
        if sampling.get("temperature") is not None:
            return ""
        varied = [_varied(self.answers(build)) for build in self.asked if self.asked[build] > 1]
        least = min((int(each.sum()) for each in varied), default=None)
        if least is None or least > _LARGEST_VARIED * len(varied[0]):
            return ""
        which = f" of all but {least:,} of {len(varied[0]):,} items" if least else ""
        return f"no temperature is known, and all repeats{which} score alike, as one answer over and over does"

    def first(self, repeats: int) -> TaskPairs:
        """The first repeats alone, at most as many as both builds were asked."""
        return replace(self, table=self.table.first(repeats), asked=dict.fromkeys(self.asked, repeats))

    def rows(self, build: str) -> Places:
        """The rows of a build's samples, in the order of the table, shape (items, `most_repeats`); -1 for none."""
        return self.builds[build].samples.rows_of(self.table.items, self.most_repeats)

    def answers(self, build: str) -> FloatArray:
        """The scores of `baseline` or `candidate`, shape (items, repeats of that build); NaN where one is missing."""
        return self.table.of(build)[:, : self.asked[build]]

    def filled(self, build: str) -> FloatArray:
        """The answers of `baseline` or `candidate`; what is missing counts against the candidate."""
        return filled(self.answers(build), build)


def _varied(scores: FloatArray) -> BoolArray:
    """Which items' several answers have more than one score, shape (items,); those that are missing say nothing."""
    low = np.where(np.isnan(scores), np.inf, scores).min(axis=1)
    high = np.where(np.isnan(scores), -np.inf, scores).max(axis=1)
    return np.asarray(low < high)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two runs, paired task by task."""

    baseline: RunRecord
    candidate: RunRecord
    tasks: tuple[TaskPairs, ...]
