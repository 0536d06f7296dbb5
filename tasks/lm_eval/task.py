"""Any `generate_until` task of lm-eval through a chat endpoint, with lm-eval's own prompts, hashes and scores."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import yaml

from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import Fetched, TaskIdentity
from quantgate.evals.errors import DataError, QuantgateError, UsageError
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.versions import software_versions
from quantgate.tasks.data.hub import newest_revision
from quantgate.tasks.lm_eval.index import find_task_file

_NO_MATCH = "[invalid]"
_DEFAULT_MAX_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class LmEvalSource:
    """Which lm-eval task, on which data.

    `revision` pins the hub's dataset; `files` (split to path) replaces the hub. `metric` is `METRIC,FILTER` as lm-eval
    prints it; by default the first filter's first metric. `stop` false leaves the task's stop strings out.
    `origin` is what is known of where the files came from, for the record.
    """

    name: str
    lm_eval_name: str
    revision: str | None = None
    files: Mapping[str, Path] | None = None
    metric: str | None = None
    stop: bool = True
    origin: Mapping[str, str] | None = None


class LmEvalTask:
    """Builds lm-eval's own prompts once, then grades single answers with lm-eval's own filters and metrics.

    The prompts are those of `lm_eval run --model local-chat-completions --apply_chat_template --fewshot_as_multiturn`,
    with its default seeds. `limit` takes the first documents, as lm-eval's does.

    Raises
    ------
    UsageError
        When the task does not exist, or cannot be asked of a chat endpoint.
    DataError
        When its data cannot be loaded, or it has no metric that scores single answers in [0, 1].
    """

    def __init__(self, source: LmEvalSource, limit: int | None = None) -> None:
        self._source = source
        self._task = _load(source)
        self._refuse_unservable()
        self._metric = self._choose_metric(source.metric)
        self._limit = limit

    @cached_property
    def identity(self) -> TaskIdentity:
        config = self._task.config
        return TaskIdentity(
            name=self._source.name,
            version=str(self._task.VERSION),
            grader=f"lm-eval {software_versions()['lm-eval']}",
            metric=self._metric,
            data_hash=self._data_hash(),
            provenance={
                "lm_eval_task": self._source.lm_eval_name,
                "num_fewshot": str(config.num_fewshot),
                **_origin(self._source, config),
            },
        )

    @property
    def sampling(self) -> Sampling:
        wanted = dict(self._task.config.generation_kwargs or {})
        until = wanted.pop("until", None) or []
        wanted.pop("do_sample", None)
        return Sampling(
            temperature=wanted.pop("temperature", 0.0),
            top_p=wanted.pop("top_p", None),
            max_tokens=wanted.pop("max_tokens", None) or wanted.pop("max_gen_toks", _DEFAULT_MAX_TOKENS),
            stop=tuple([until] if isinstance(until, str) else until) if self._source.stop else (),
            extra_body=wanted,
        )

    @property
    def repeats(self) -> int:
        return int(self._task.config.repeats or 1)

    def items(self) -> Sequence[Item]:
        return [Item(item_id) for item_id in self._instances]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        context = self._instances[item.item_id].args[0]
        return Prompt(tuple(json.loads(context)), canonical_prompt_hash(context))

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        try:
            return self._graded(item, response)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
            said = f"{type(error).__name__}: {error}"
            raise DataError(
                f"{self._source.name}: lm-eval cannot grade the answer to item {item.item_id} ({said})"
            ) from error

    def _graded(self, item: Item, response: str) -> Grade:
        instance = self._instances[item.item_id]
        instance.resps, instance.filtered_resps = [response], {}
        metrics: dict[str, float] = {}
        extracted: dict[str, object] = {}
        for ensemble in self._task._filters:
            ensemble.apply([instance])
            result = instance.filtered_resps[ensemble.name]
            extracted[ensemble.name] = result
            for metric, value in self._task.process_results(instance.doc, [result]).items():
                if isinstance(value, bool | int | float | np.number):
                    metrics[f"{metric},{ensemble.name}"] = float(value)
        score = metrics.get(self._metric)
        if score is None or not 0 <= score <= 1:
            raise DataError(
                f"{self._source.name}: metric {self._metric} gave {score} for item {item.item_id}; "
                "a gate needs scores in [0, 1]: choose another with --metric"
            )
        found = extracted[self._metric.partition(",")[2]]
        text = str(found[0]) if isinstance(found, list | tuple) and found else str(found)
        return Grade(score, None if text in (_NO_MATCH, "") else text, metrics)

    @cached_property
    def _instances(self) -> dict[str, Any]:
        try:
            with _quietly():
                self._task.build_all_requests(
                    limit=self._limit,
                    apply_chat_template=True,
                    fewshot_as_multiturn=True,
                    chat_template=_as_json,
                )
        except (ValueError, KeyError, TypeError, AssertionError, jinja2.TemplateError) as error:
            raise DataError(
                f"{self._source.name}: the prompts cannot be built of these documents ({error}); the task draws "
                f"{self._task.config.num_fewshot} worked examples: are there that many?"
            ) from None
        return {str(instance.doc_id): instance for instance in self._task.instances}

    def splits(self) -> dict[str, Any]:
        """The dataset's splits that the task draws its questions and examples from, as `datasets.Dataset`."""
        config = self._task.config
        used = (config.training_split, config.validation_split, config.test_split, config.fewshot_split)
        return {split: documents for split, documents in self._task.dataset.items() if split in used}

    def source(self) -> dict[str, str]:
        """Dataset, configuration and commit on the hub; the newest commit where none is pinned."""
        config = self._task.config
        known = {"dataset": str(config.dataset_path), "config": str(config.dataset_name or "default")}
        revision = self._source.revision or newest_revision(known["dataset"])
        return known | ({"revision": revision} if revision else {})

    def _refuse_unservable(self) -> None:
        name = self._source.name
        if self._task.OUTPUT_TYPE != "generate_until":
            raise UsageError(
                f"{name} is a {self._task.OUTPUT_TYPE} task: it needs log-likelihoods of given texts, which chat "
                "endpoints do not give. Choose a generate_until task"
            )
        if getattr(self._task, "UNSAFE_CODE", False):
            raise UsageError(f"{name} executes what the model writes; quantgate does not")
        if getattr(self._task, "MULTIMODAL", False):
            raise UsageError(f"{name} asks with images or sound, which is not supported")

    def _choose_metric(self, wanted: str | None) -> str:
        """Those metrics can be the score that are means over the items, and better when higher."""
        better_up = self._task.higher_is_better()
        means = [
            name
            for name, how in self._task.aggregation().items()
            if getattr(how, "__name__", "") == "mean" and better_up.get(name, True)
        ]
        choices = [f"{metric},{ensemble.name}" for metric in means for ensemble in self._task._filters]
        if not choices:
            raise DataError(f"{self._source.name} has no metric that is a mean over answers and better when higher")
        if wanted is None:
            return choices[0]
        exact = [choice for choice in choices if wanted in (choice, choice.partition(",")[2])]
        if not exact:
            raise UsageError(f"{self._source.name} has no metric {wanted!r}; it has {'; '.join(choices)}")
        return exact[0]

    def _data_hash(self) -> str:
        documents = list(self._task.eval_docs)
        examples = list(self._task.fewshot_docs() or []) if self._task.config.num_fewshot else []
        return canonical_hash([documents, examples])


def exported(task: LmEvalTask, folder: Path) -> Fetched:
    """The splits that a task uses as Parquet files in `folder`, and where they came from."""
    files = {}
    for split, documents in task.splits().items():
        files[split] = folder / f"{split}.parquet"
        documents.to_parquet(str(files[split]))
    return Fetched(files, task.source())


def canonical_prompt_hash(context: str) -> str:
    """lm-eval's `prompt_hash`: SHA-256 of the conversation as lm-eval writes it to JSON."""
    from lm_eval.utils import hash_string

    return str(hash_string(context))


def _as_json(history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
    """The chat template of lm-eval's chat-completions client: the conversation itself, as JSON."""
    return json.dumps(history, ensure_ascii=False)


def _load(source: LmEvalSource) -> Any:
    with _quietly():
        from lm_eval import defaults
        from lm_eval.tasks import TaskManager

        _compile_each_template_once()
        # Some tasks shuffle with the global generators while they load; lm-eval seeds them so.
        random.seed(defaults.DEFAULT_RANDOM_SEED)
        np.random.seed(defaults.DEFAULT_OTHER_SEED)
        with _task_file(source) as file:
            task = _constructed(TaskManager(include_defaults=False), file, source)
        if task.config.num_fewshot is None:
            task.set_config("num_fewshot", 0)
        task.set_fewshot_seed(defaults.DEFAULT_OTHER_SEED)
    return task


def _compile_each_template_once() -> None:
    """lm-eval compiles a task's templates anew for every document and score: nine tenths of the time of both."""
    from lm_eval import utils

    if not hasattr(utils.env.from_string, "cache_info"):
        utils.env.from_string = lru_cache(maxsize=1024)(utils.env.from_string)


def _constructed(manager: Any, file: Path, source: LmEvalSource) -> Any:
    try:
        (task,) = manager.load(str(file))["tasks"].values()
    except QuantgateError:
        raise
    except (OSError, ValueError, KeyError, ImportError, TypeError, AssertionError, jinja2.TemplateError) as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        local = f"give --data {source.name}=FILE.jsonl, or --data-dir with a bundle of `quantgate data fetch`"
        hint = (
            f"pip install {cause.name}"
            if isinstance(cause, ModuleNotFoundError)
            else "look at the file's fields"
            if source.files
            else f"ask for access on the dataset's page and set HF_TOKEN, {local}"
            if "gated dataset" in str(cause)
            else f"is the Hugging Face hub reachable from here? If not, {local}"
        )
        said = f"{type(cause).__name__}: {' '.join(str(cause).split())}"
        raise DataError(f"{source.name}: the data could not be loaded ({said}); {hint}") from None
    return task


@contextlib.contextmanager
def _task_file(source: LmEvalSource) -> Iterator[Path]:
    """The task's YAML, or one that includes it and says where else its data come from."""
    packaged = find_task_file(source.lm_eval_name)
    if source.files is None and source.revision is None:
        yield packaged
        return
    lines: dict[str, object] = {"include": str(packaged)}
    if source.files is not None:
        lines["dataset_kwargs"] = {"files": {split: str(path) for split, path in source.files.items()}}
    else:
        lines["dataset_kwargs"] = {"revision": source.revision}
    text = yaml.safe_dump(lines)
    if source.files is not None:
        text += "custom_dataset: !function quantgate.tasks.data.rows.load_splits\n"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{source.lm_eval_name}.yaml"
        file.write_text(text, encoding="utf-8")
        yield file


def _origin(source: LmEvalSource, config: Any) -> dict[str, str]:
    if source.files is not None:
        return {f"file_{split}": path.name for split, path in source.files.items()} | dict(source.origin or {})
    return {"dataset": str(config.dataset_path), "revision": source.revision or "the hub's newest"}


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep lm-eval's progress bars and notices off the user's terminal; errors still come as exceptions."""
    logger = logging.getLogger("lm_eval")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
