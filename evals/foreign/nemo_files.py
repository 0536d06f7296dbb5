"""Where NeMo Evaluator's files lie: the results of a benchmark, or those of its shards, and what they were run with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantgate.evals.errors import DataError
from quantgate.evals.foreign.folders import begins_with, files_below
from quantgate.evals.foreign.models import listed
from quantgate.evals.foreign.sources import document_of
from quantgate.evals.text import one_line

RESULTS, VERIFIED = "results.jsonl", "verified_log.jsonl"
REPLIES, INFERENCES = "model_traffic.jsonl", "inference_log.jsonl"
_BEGINS = (b"problem_idx", b"reward")
_DEEPEST = 5
_SHARD = re.compile(r"shard_\d{1,6}")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The files of one benchmark: each has results, or what was scored before the run broke off.

    `bundle` tells how it was run; there are several files where it was run in `shards`.
    """

    files: Sequence[Path]
    bundle: Mapping[str, Any]
    shards: int = 1

    @property
    def file(self) -> Path:
        return self.files[0]

    @property
    def finished(self) -> bool:
        return all(map(is_finished, self.files))

    @property
    def config(self) -> Mapping[str, Any]:
        return object_in(self.bundle, "config")

    @property
    def name(self) -> str:
        return text_in(object_in(self.bundle, "benchmark"), "name") or self.file.absolute().parent.name


def is_finished(file: Path) -> bool:
    """Whether a file has the results of a run, and not what one had logged when it broke off."""
    return file.name != VERIFIED


def benchmarks_at(path: Path) -> list[Benchmark]:
    """The benchmarks whose results a path is or holds, the shards of one as one.

    Raises DataError, in one line, for a broken bundle, and for results of one benchmark in several folders that are
    no shards.
    """
    by_name: dict[str, list[Benchmark]] = {}
    for file in _files(path):
        found = _benchmark(file)
        by_name.setdefault(found.name, []).append(found)
    return [_one_of(path, several) for several in by_name.values()]


def recognised(path: Path) -> bool:
    """Whether there are results of NeMo Evaluator at a path."""
    try:
        return next(iter(_files(path)), None) is not None
    except DataError:
        return any(path.glob(f"*/{RESULTS}"))


def object_in(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of a name; an empty one where there is none."""
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def text_in(document: Mapping[str, Any], name: str) -> str:
    """The text of a name; empty where there is none."""
    found = document.get(name)
    return found if isinstance(found, str) else ""


def count_of(value: Any) -> int | None:
    """A number of things; `None` where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _files(path: Path) -> Iterator[Path]:
    """The file of each folder of a benchmark: its results, and where there are none what was scored."""
    if not path.is_dir():
        if begins_with(path, *_BEGINS):
            yield path
        return
    by_folder: dict[Path, list[Path]] = {}
    for file in files_below(path, _DEEPEST):
        if file.name in (RESULTS, VERIFIED) and begins_with(file, *_BEGINS):
            by_folder.setdefault(file.parent, []).append(file)
    for files in by_folder.values():
        yield min(files, key=lambda file: file.name != RESULTS)


def _benchmark(file: Path) -> Benchmark:
    """Of several bundles the newest: a run that is repeated writes another, and the results anew."""
    bundles = [document_of(each) for each in sorted(file.parent.glob("eval-*.json"))] if is_finished(file) else []
    bundle = max(bundles, key=lambda bundle: text_in(bundle, "timestamp"), default={})
    return Benchmark([file], bundle, _shards(bundle))


def _shards(bundle: Mapping[str, Any]) -> int:
    """Of how many shards a bundle tells one, or all of them merged."""
    config = object_in(bundle, "config")
    return count_of(object_in(config, "shard").get("total")) or 1


def _is_merged(found: Benchmark) -> bool:
    return "n_shards" in found.config


def _one_of(path: Path, several: Sequence[Benchmark]) -> Benchmark:
    """The one benchmark that the results are of: the only one, or the shards of one run.

    Merged results have lost the logs, so that the shards are read where they are there; the merged bundle has the
    figure of all of them.
    """
    if len(several) == 1:
        (only,) = several
        return Benchmark(only.files, only.bundle) if _is_merged(only) else only
    merged, shards = list[Benchmark](), list[Benchmark]()
    for each in several:
        (merged if _is_merged(each) else shards).append(each)
    told = [each for each in shards if each.bundle]
    counts = {each.shards for each in told}
    numbers = [object_in(each.config, "shard").get("idx") for each in told]
    silent = [each for each in shards if not each.bundle and not any(map(_SHARD.fullmatch, each.file.parts))]
    whole = counts.pop() if len(counts) == 1 else 1
    if len(merged) > 1 or whole < 2 or silent or len(set(map(str, numbers))) < len(numbers) or len(shards) > whole:
        folders = [str(each.file.parent) for each in several]
        raise DataError(
            f"{path} holds results of {one_line(several[0].name, 60)} in {len(folders):,} folders, {listed(folders)}: "
            "name one of them, or the folder of the shards of one run"
        )
    newest = max(told, key=lambda each: text_in(each.bundle, "timestamp")).bundle
    # What one shard scored is no figure of the whole.
    own = {**newest, "benchmark": {"name": told[0].name}}
    return Benchmark([each.file for each in shards], merged[0].bundle if merged else own, whole)
