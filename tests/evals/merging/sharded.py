"""Writes runs and their shards as `quantgate run` does, without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from quantgate.evals.contract.records import Answer, Item, Status
from quantgate.evals.contract.shard import Shard
from quantgate.evals.merging.merge import Merged, merge
from quantgate.evals.runs.asked import KeptTask
from quantgate.evals.runs.asking import to_sample
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.missing import MissingRequests
from quantgate.evals.runs.record import RepliesOf, RunRecord
from quantgate.evals.runs.shards import shard_record
from quantgate.evals.runs.task_plan import TaskPlan
from tests.conftest import Sums, info_of

URL = "http://127.0.0.1:8000/v1"


@dataclass
class Mixed(Sums):
    """Sums whose items are called by names and by numbers in no order, and have another prompt in each third repeat."""

    def items(self) -> Sequence[Item]:
        return [Item(name) for name in ("9", "4", "5", "6", "x-1", "'7", "0", "3-4", "1", "08")[: self.count]]

    def prompt(self, item, repeat):
        return replace(super().prompt(Item("2"), repeat), prompt_hash=f"hash of {item.item_id} {repeat // 2}")

    def grade(self, item, repeat, response):
        return super().grade(Item("2"), repeat, response)


@dataclass
class Asked:
    """Asks a model that always answers alike."""

    folder: Path
    tasks: Sequence[Sums] = field(default_factory=lambda: [Sums()])
    repeats: int = 1
    fingerprint: str | None = "fp_1"

    def ask(self, name: str, shard: Shard | None = None, keys=None, record: Mapping = {}, **changed) -> Path:
        """Ask a run or a shard of it: of the pairs in `keys` alone, with another `record`, by changed plans."""
        plans = [
            replace(TaskPlan(task, task.sampling, self.repeats, info_of(task), "m", shard=shard), **changed)
            for task in self.tasks
        ]
        tasks = {plan.task.identity.name: plan.task for plan in plans}
        requests = MissingRequests(plans, {})
        replies = (RepliesOf("m", self.fingerprint, len(requests), "2026-01-01", "2026-01-02"),)
        made = RunRecord(
            label=name,
            model="m",
            endpoint={"base_url": URL, "served": {"id": "m"}},
            tasks=tuple(plan.record() for plan in plans),
            software={"quantgate": "1"},
            created="2026-01-01T00:00:00+00:00",
            replies=replies if len(requests) else (),
            shard=shard_record(shard, plans),
        )
        kept = {name: KeptTask(task) for name, task in tasks.items()}
        with RunDirectory(self.folder / name).writing(replace(made, **record), prompts_of=kept) as writer:
            for request in requests:
                if keys is None or request.key[1:] in keys:
                    answer = Answer(Status.OK, "The answer is 5.")
                    writer.append(replace(to_sample(request, answer, tasks[request.task]), time="T"), request)
        return self.folder / name

    def shards(self, of: int, **changed) -> list[Path]:
        return [self.ask(f"part-{number}", Shard(number, of), **changed) for number in range(1, of + 1)]

    def merge(self, folders: Sequence[Path], name: str = "run", **wanted) -> Merged:
        return merge(folders, self.folder / name, **wanted)
