"""What every single task of lm-eval has in common: its identity, its metrics, and lm-eval's own requests by item."""

from __future__ import annotations

import copy
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskIdentity
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.versions import software_versions
from quantgate.tasks.data.hub import newest_revision
from quantgate.tasks.lm_eval.requests import Requests, requests_of
from quantgate.tasks.lm_eval.source import LmEvalSource
from quantgate.tasks.quiet import quietly

UNGRADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, re.error)
"""What lm-eval's filters and metrics raise on an answer that they were not written for."""

_UNBUILDABLE = (ValueError, KeyError, TypeError, AssertionError, jinja2.TemplateError)
"""What lm-eval raises where documents do not fit their task."""

_QUICK_METRICS = frozenset(
    {"exact_match", "acc", "acc_norm", "acc_bytes", "acc_mutual_info", "f1", "mcc", "likelihood"}
)
_QUICK_FILTERS = frozenset(
    {
        *("RegexFilter", "POSFilter", "WhitespaceFilter", "LowercaseFilter", "UppercaseFilter", "MapFilter"),
        *("TakeFirstFilter", "TakeKFilter"),
    }
)
"""lm-eval's own that print nothing and take no more than quadratic time. GSM8K's take 9 ms for 8,000 digits."""

_PROBED = 3
"""So many documents' own targets are graded before anything is asked, to see what the metric can give."""


class SingleTask(ABC):
    """One lm-eval task, loaded. Subclasses say how it is asked and how its answers go into lm-eval's metrics.

    `limit` takes the first documents, as lm-eval's does.

    Raises
    ------
    UsageError
        When it cannot be asked at all.
    DataError
        When it has no metric that scores single answers in [0, 1].
    """

    _quick_characters = 8000

    def __init__(self, source: LmEvalSource, task: Any, limit: int | None = None) -> None:
        self._source = source
        self._task = task
        self._limit = limit
        self._refuse_unservable()
        self.metric = choose_metric(source.name, self.metrics, source.metric)

    @property
    @abstractmethod
    def sampling(self) -> Sampling: ...

    @abstractmethod
    def prompt(self, item: Item, repeat: int) -> Prompt: ...

    @abstractmethod
    def grade(self, item: Item, repeat: int, response: str) -> Grade: ...

    @property
    def _form(self) -> Mapping[str, Any]:
        """How lm-eval is to write its requests: the arguments of its `build_all_requests`."""
        return {}

    def _probe(self, item: Item) -> Mapping[str, float]:
        """Every metric that an item's own target gets as the answer; nothing where that says nothing."""
        return {}

    def _notes(self) -> tuple[str, ...]:
        return ()

    @cached_property
    def identity(self) -> TaskIdentity:
        config = self._task.config
        return TaskIdentity(
            name=self._source.name,
            version=self.version,
            grader=f"lm-eval {software_versions()['lm-eval']}",
            metric=self.metric,
            data_hash=self._data_hash(),
            provenance={
                "lm_eval_task": self._source.lm_eval_name,
                "num_fewshot": str(config.num_fewshot),
                **self._provenance(),
            },
            notes=self._notes(),
        )

    @cached_property
    def at_once(self) -> int:
        """As `evals.contract.task.GradedAtOnce`: 0 where code of the task's own grades."""
        from lm_eval.api.task import ConfigurableTask

        own = type(self._task).process_results is not ConfigurableTask.process_results
        metrics = self._task._metric_fn_list
        filters = {each.func.__name__ for ensemble in self._task._filters for each in ensemble.filters}
        plain = not own and self._task.config.process_results is None and metrics.keys() <= _QUICK_METRICS
        return self._quick_characters if plain and filters <= _QUICK_FILTERS else 0

    @property
    def version(self) -> str:
        return str(self._task.VERSION)

    @property
    def repeats(self) -> int:
        return int(self._task.config.repeats or 1)

    @property
    def metrics(self) -> list[str]:
        """Those that can be the score, as `METRIC,FILTER`: means over the items, and better when higher."""
        better_up = self._task.higher_is_better()
        means = [
            name
            for name, how in self._task.aggregation().items()
            if getattr(how, "__name__", "") == "mean" and better_up.get(name, True)
        ]
        return [f"{metric},{ensemble.name}" for metric in means for ensemble in self._task._filters]

    def items(self) -> Sequence[Item]:
        return [Item(item_id) for item_id in self._requests.documents]

    def reference(self, item: Item, repeat: int) -> str | None:
        """lm-eval's target of the document: its text, or that of the right choice; several are all named."""
        task, document = self._task, self._document(item)
        choices = task.doc_to_choice(document) if task.config.doc_to_choice is not None else None
        # Where the choices stand in the question's gap, lm-eval has the right one's place in place of the question.
        target = task.doc_to_text(document) if getattr(task, "multiple_input", 0) else task.doc_to_target(document)
        told = [_chosen(each, choices) for each in (target if isinstance(target, list | tuple) else [target])]
        return " or ".join(told) or None

    def splits(self) -> dict[str, Any]:
        """The dataset's splits that the task draws its questions and examples from, as `datasets.Dataset`."""
        config = self._task.config
        used = (config.training_split, config.validation_split, config.test_split, config.fewshot_split)
        return {split: documents for split, documents in self._task.dataset.items() if split in used}

    def files(self) -> dict[str, Path]:
        """The local files that the task was loaded from, by split; empty where it was the hub."""
        local = (self._task.config.dataset_kwargs or {}).get("files", {}) if self._source.files is not None else {}
        return {split: Path(file) for split, file in local.items()}

    def source(self) -> dict[str, str]:
        """Dataset, configuration and commit on the hub; the newest commit where none is pinned."""
        config = self._task.config
        known = {"dataset": str(config.dataset_path), "config": str(config.dataset_name or "default")}
        revision = self._source.revision or newest_revision(known["dataset"])
        return known | ({"revision": revision} if revision else {})

    @cached_property
    def _requests(self) -> Requests:
        try:
            with quietly():
                return requests_of(self._task, self._limit, self._form)
        except _UNBUILDABLE as error:
            raise DataError(
                f"{self._source.name}: the prompts cannot be built of these documents ({error}); the task draws "
                f"{self._task.config.num_fewshot} worked examples: are there that many?"
            ) from None

    def _instances(self, item: Item) -> list[Any]:
        """lm-eval's requests of an item, in the order of the choices."""
        try:
            return self._requests.of(item.item_id)
        except _UNBUILDABLE as error:
            raise DataError(
                f"{self._source.name}: the prompt of document {item.item_id} cannot be built ({error}): look at its "
                "fields"
            ) from None

    def _document(self, item: Item) -> Any:
        return self._requests.documents[item.item_id]

    def check_scores(self) -> None:
        """Raises DataError when a right answer would score outside [0, 1], which no gate can weigh."""
        for item in self.items()[:_PROBED]:
            score = self._probe(item).get(self.metric)
            if score is not None and not 0 <= score <= 1:
                raise self._no_share(score)

    def _no_share(self, score: float | None) -> DataError:
        others = [metric for metric in self.metrics if metric != self.metric]
        return DataError(
            f"{self._source.name}: metric {self.metric} gives {score}; a gate needs scores in [0, 1]: "
            + (f"choose another with --metric ({'; '.join(others)})" if others else "choose another task")
        )

    def _graded(self, item: Item, responses: Sequence[object]) -> tuple[dict[str, float], dict[str, object]]:
        """Every metric by `METRIC,FILTER`, and what each filter made of the first response."""
        metrics: dict[str, float] = {}
        extracted: dict[str, object] = {}
        asked = self._requests.to_grade(item.item_id)
        for ensemble in self._task._filters:
            instances = [copy.copy(instance) for instance in asked]
            for instance, response in zip(instances, responses, strict=True):
                instance.resps, instance.filtered_resps = [response], {}
            ensemble.apply(instances)
            results = [instance.filtered_resps[ensemble.name] for instance in instances]
            extracted[ensemble.name] = results[0]
            for metric, value in self._numbers_of(self._task.process_results(instances[0].doc, results)).items():
                if isinstance(value, bool | int | float | np.number | np.bool_):
                    metrics[f"{metric},{ensemble.name}"] = float(value)
        return metrics, extracted

    def _numbers_of(self, results: Mapping[str, Any]) -> Mapping[str, Any]:
        """What lm-eval's metrics gave for one answer; what is no number is left out by whoever asks."""
        return results

    def _score(self, metrics: Mapping[str, float], item: Item) -> float:
        score = metrics.get(self.metric)
        if score is None or not 0 <= score <= 1:
            raise DataError(
                f"{self._source.name}: metric {self.metric} gave {score} for item {item.item_id}; "
                "a gate needs scores in [0, 1]: choose another with --metric"
            )
        return score

    def _ungradable(self, item: Item, error: Exception) -> DataError:
        said = f"{type(error).__name__}: {error}"
        return DataError(f"{self._source.name}: lm-eval cannot grade the answer to item {item.item_id} ({said})")

    def _refuse_unservable(self) -> None:
        name = self._source.name
        if getattr(self._task, "UNSAFE_CODE", False):
            raise UsageError(f"{name} executes what the model writes; quantgate does not")
        if getattr(self._task, "MULTIMODAL", False):
            raise UsageError(f"{name} asks with images or sound, which is not supported")

    def _provenance(self) -> dict[str, str]:
        if self._source.files is not None:
            names = {f"file_{split}": file.name for split, file in self.files().items()}
            return names | dict(self._source.origin or {})
        dataset = str(self._task.config.dataset_path)
        return {"dataset": dataset, "revision": self._source.revision or "the hub's newest"}

    def _data_hash(self) -> str:
        with quietly():
            documents = list(self._task.eval_docs)
            examples = list(self._task.fewshot_docs() or []) if self._task.config.num_fewshot else []
        return canonical_hash([documents, examples])


def _chosen(target: object, choices: Sequence[object] | None) -> str:
    """The text of a target, which may be the place of a choice."""
    if choices is not None and isinstance(target, int | np.integer) and 0 <= target < len(choices):
        return str(choices[int(target)]).strip()
    return str(target).strip()


def choose_metric(task: str, choices: Sequence[str], wanted: str | None) -> str:
    """The metric that becomes the score: the first, or the one that `wanted` names in full, by metric or by filter.

    Raises
    ------
    DataError
        When there is none to choose from.
    UsageError
        When there is none of the wanted name, with those that there are.
    """
    if not choices:
        raise DataError(f"{task} has no metric that is a mean over answers and better when higher")
    if wanted is None:
        return choices[0]
    found = [choice for choice in choices if wanted in (choice, *choice.split(",", 1))]
    if not found:
        raise UsageError(f"{task} has no metric {wanted!r}; it has {'; '.join(choices)}")
    return found[0]
