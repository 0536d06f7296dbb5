"""Prompts that lm-eval has built before, from the user's cache: a run asks at once, and loads lm-eval to grade.

Loading lm-eval and its datasets takes seconds of CPU, in which nothing is asked. What lm-eval built of the same data
and the same code is kept, under a name made of all that went into it. A grader builds it again before it grades
anything, and holds the two against each other, so that no answer to a stale prompt ever gets a grade.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskIdentity
from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read, read_text, write_atomically
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.versions import software_versions
from quantgate.tasks.data.rows import MOST_DATA
from quantgate.tasks.lm_eval.source import LmEvalSource

if TYPE_CHECKING:
    from quantgate.tasks.lm_eval.task import LmEvalTask

_KEPT = 8
"""So many builds stay in the cache, the newest; GSM8K's takes 7 MB."""

_MOST_DOCUMENTS = 2000
"""The prompts of a longer task are written as they are asked: to build all of them takes longer than to load lm-eval,
and more memory than the run."""

_BUILDERS = ("datasets", "jinja2", "numpy")
"""Packages beside lm-eval whose code takes part in the building of a prompt."""


@dataclass(frozen=True, slots=True)
class Built:
    """What lm-eval made of a task, which is all that asking takes: `prompts` has context and hash by item id.

    `references` has the right answers, for whoever reads the answers.
    """

    identity: TaskIdentity
    sampling: Sampling
    repeats: int
    prompts: Mapping[str, tuple[str, str]]
    references: Mapping[str, str | None]

    @classmethod
    def of(cls, task: LmEvalTask) -> Built:
        prompts = {}
        for item in task.items():
            prompt = task.prompt(item, 0)
            prompts[item.item_id] = (json.dumps(list(prompt.messages), ensure_ascii=False), prompt.prompt_hash)
        references = {item.item_id: task.reference(item, 0) for item in task.items()}
        return cls(task.identity, task.sampling, task.repeats, prompts, references)


class PrebuiltTask:
    """A task of lm-eval that is asked from what was built before, and kept in `file`.

    `build` makes the task itself, which grades.
    """

    def __init__(self, built: Built, file: Path, build: Callable[[], LmEvalTask]) -> None:
        self._built = built
        self._file = file
        self._build = build

    @property
    def identity(self) -> TaskIdentity:
        return self._built.identity

    @property
    def sampling(self) -> Sampling:
        return self._built.sampling

    @property
    def repeats(self) -> int:
        return self._built.repeats

    def items(self) -> Sequence[Item]:
        return [Item(item_id) for item_id in self._built.prompts]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        context, prompt_hash = self._built.prompts[item.item_id]
        return Prompt(tuple(json.loads(context)), prompt_hash)

    def reference(self, item: Item, repeat: int) -> str | None:
        return self._built.references[item.item_id]

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        return self._task.grade(item, repeat, response)

    def load(self) -> None:
        """Have lm-eval build the task, as `evals.contract.task.LoadedLater`.

        Raises
        ------
        DataError
            When it builds anything else than what was asked.
        """
        _ = self._task

    @cached_property
    def _task(self) -> LmEvalTask:
        task = self._build()
        if Built.of(task) != self._built:
            self._file.unlink(missing_ok=True)
            raise DataError(
                f"{self.identity.name}: lm-eval builds other prompts now than those that were asked; "
                "run it again, with another --out"
            )
        return task


def prebuilt_or(
    source: LmEvalSource, limit: int | None, build: Callable[[LmEvalSource, int | None], LmEvalTask]
) -> LmEvalTask | PrebuiltTask:
    """The task from the cache where it is there, else built, and kept for the next time.

    Without local files or a pinned commit nothing is kept, since the hub may have other data by then; nor is what
    `limit` has cut. Raises as `build`.
    """
    key = _key(source) if limit is None else None
    if key is None:
        return build(source, limit)
    file = user_cache_path("quantgate", appauthor=False) / "prompts" / f"{key}.json"
    if (built := _read(file)) is not None:
        return PrebuiltTask(built, file, partial(build, source, None))
    task = build(source, None)
    if len(task.items()) <= _MOST_DOCUMENTS:
        _keep(Built.of(task), file)
    return task


def _key(source: LmEvalSource) -> str | None:
    """A hash of all that the prompts are made of; `None` where that cannot be told."""
    if source.file is None or (source.files is None and source.revision is None):
        return None
    try:
        data = {split: _sha256(file) for split, file in (source.files or {}).items()}
        code = [_told(file) for file in sorted(_code(source.file))]
    except OSError:
        return None
    names = {split: file.name for split, file in (source.files or {}).items()}
    versions = software_versions() | {package: metadata.version(package) for package in _BUILDERS}
    return canonical_hash([asdict(replace(source, files=None)), data, names, versions, code])


def _sha256(file: Path) -> str:
    with open_to_read(file, MOST_DATA) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _code(task_file: str) -> Iterator[Path]:
    """The files of lm-eval that load a task and build its prompts, and those of this package; importing neither."""
    spec = find_spec("lm_eval")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        yield from package.glob("*.py")
        yield from (package / "api").rglob("*.py")
        yield from (package / "tasks").glob("*.py")
        yield from (file for file in (package / "tasks" / task_file).parent.iterdir() if file.is_file())
    yield from Path(__file__).parents[1].rglob("*.py")


def _told(file: Path) -> tuple[str, int, int]:
    status = file.stat()
    return str(file), status.st_size, status.st_mtime_ns


def _read(file: Path) -> Built | None:
    """What is kept in a file; `None` where there is none, or it is not whole, or another version has written it."""
    try:
        digest, _, text = read_text(file).partition("\n")
        if digest != hashlib.sha256(text.encode()).hexdigest():
            return None
        document: dict[str, Any] = json.loads(text)
        identity, sampling = document["identity"], document["sampling"]
        return Built(
            TaskIdentity(**{**identity, "notes": tuple(identity["notes"])}),
            Sampling(**{**sampling, "stop": tuple(sampling["stop"])}),
            document["repeats"],
            {item: (context, prompt_hash) for item, (context, prompt_hash) in document["prompts"].items()},
            {item: document["references"][item] for item in document["prompts"]},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _keep(built: Built, file: Path) -> None:
    """Keep a build, and let go of the oldest; a cache that cannot be written is done without."""
    text = json.dumps(asdict(built), ensure_ascii=False)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
        newest_first = sorted(file.parent.glob("*.json"), key=os.path.getmtime, reverse=True)
        for old in newest_first[_KEPT:]:
            old.unlink()
    except (OSError, UnicodeEncodeError):
        return
