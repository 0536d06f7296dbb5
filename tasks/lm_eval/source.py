"""Which lm-eval task to load, on which data, and which of a task's splits lm-eval will look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantgate.evals.errors import DataError, UsageError

_DATA_ENDINGS = (".jsonl", ".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class LmEvalSource:
    """Which lm-eval task, on which data.

    `revision` pins the hub's dataset; `files` (split to path, of a group's member `MEMBER.SPLIT` to path) replaces the
    hub. The empty split is the one that the task evaluates on, or a folder with a file for each split. `metric` is
    `METRIC,FILTER` as lm-eval prints it, or either half; by default the first filter's first metric. `stop` false
    leaves the task's stop strings out. `origin` is what is known of where the files came from, for the record. `file`
    is where the installed lm-eval keeps the task, below its folder of tasks, where that is known.
    """

    name: str
    lm_eval_name: str
    revision: str | None = None
    files: Mapping[str, Path] | None = None
    metric: str | None = None
    stop: bool = True
    origin: Mapping[str, str] | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Splits:
    """The splits of a task's dataset that lm-eval looks at.

    `evaluated` has the questions, `examples` what worked examples are drawn from (`None` where they are written in the
    task itself), `shots` how many are drawn; `known` are all that the task names.
    """

    evaluated: str
    examples: str | None
    shots: int
    known: tuple[str, ...]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Splits | None:
        """Those of a task's YAML; `None` where it names none to evaluate on."""
        test, validation, training = (config.get(f"{kind}_split") for kind in ("test", "validation", "training"))
        evaluated = test or validation
        if evaluated is None:
            return None
        fewshot = config.get("fewshot_config") or {}
        own = fewshot.get("split") or config.get("fewshot_split")
        examples = own if own or fewshot.get("samples") else training or validation or test
        known = dict.fromkeys(str(split) for split in (evaluated, test, validation, training, own) if split is not None)
        return cls(str(evaluated), examples and str(examples), int(config.get("num_fewshot") or 0), tuple(known))

    @property
    def needed(self) -> tuple[str, ...]:
        """What has to be there: without examples to draw, only what is evaluated."""
        return tuple(dict.fromkeys(split for split in (self.evaluated, self.shots and self.examples) if split))

    def how_to_give(self, task: str, ending: str = "FILE.jsonl") -> str:
        """The options that give a task's data by hand."""
        options = [f"--data {task}={ending}"]
        options += [f"--data {task}.{split}={ending}" for split in self.needed if split != self.evaluated]
        return " ".join(options)

    def explained(self) -> str:
        """What the task reads, in a few words."""
        drawn = f" and draws its {self.shots} worked examples from {self.examples}" if len(self.needed) > 1 else ""
        return f"it evaluates on the split {self.evaluated}{drawn}"


def files_by_split(task: str, given: Mapping[str, Path], splits: Splits) -> dict[str, Path]:
    """A task's local files by the names of its splits.

    Raises
    ------
    DataError
        When a split is missing that it needs, with the option that gives it.
    """
    files: dict[str, Path] = {}
    for split, path in given.items():
        if path.is_dir():
            files |= {name: file for name in splits.known if (file := _file_in(path, name)) is not None}
        else:
            files[split or splits.evaluated] = path
    missing = [split for split in splits.needed if split not in files]
    if missing:
        options = " ".join(
            f"--data {task}=FILE" if split == splits.evaluated else f"--data {task}.{split}=FILE" for split in missing
        )
        unknown = sorted(files.keys() - set(splits.known))
        strange = f" (it has no split {', '.join(unknown)})" if unknown else ""
        raise DataError(
            f"{task}: the split {' and '.join(missing)} is missing: {splits.explained()}{strange}. Add {options}"
        )
    return files


def files_by_member(task: str, given: Mapping[str, Path], members: Mapping[str, Splits | None]) -> dict[str, Any]:
    """A group's local files by member and split; each key is `MEMBER` or `MEMBER.SPLIT`, or empty for a folder of all.

    Raises
    ------
    UsageError
        When a key names no member.
    DataError
        As `files_by_split`.
    """
    of_members: dict[str, dict[str, Path]] = {}
    for key, path in given.items():
        if not key and path.is_dir():
            of_members |= {name: {"": path / name} for name in members if (path / name).is_dir()}
            continue
        owner = max((name for name in members if key == name or key.startswith(f"{name}.")), key=len, default=None)
        if owner is None:
            raise UsageError(
                f"--data {task}{'.' + key if key else ''}={path}: {task} is a group of {len(members)} tasks; give "
                f"--data {task}.MEMBER.SPLIT=FILE such as --data {task}.{next(iter(members))}=FILE, or a folder that "
                "holds MEMBER/SPLIT.jsonl for each"
            )
        of_members.setdefault(owner, {})[key.removeprefix(owner).removeprefix(".")] = path
    return {
        name: files_by_split(f"{task}.{name}", of_members.get(name, {}), splits)
        for name, splits in members.items()
        if splits is not None
    }


def _file_in(folder: Path, split: str) -> Path | None:
    return next((file for ending in _DATA_ENDINGS if (file := folder / f"{split}{ending}").exists()), None)
