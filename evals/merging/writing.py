"""Writes the answers of a run's shards, with their prompts and conversations, in the order of the plan."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.files import open_to_read, sync_folder
from quantgate.evals.merging.placing import Placed
from quantgate.evals.merging.types import Places, ShardRun
from quantgate.evals.runs.appending import GatheredLines, gathered_lines
from quantgate.evals.samples.columns import NONE
from quantgate.evals.samples.lines import SAMPLES_FILE, line_of, parse_line
from quantgate.evals.samples.prompts import PROMPTS_FILE, Prompts

CONVERSATIONS = "simulations"


def write_samples(folder: Path, runs: Sequence[ShardRun], tasks: Sequence[Placed], places: Sequence[Places]) -> None:
    """Write `samples.jsonl` and `prompts.jsonl`; a line at a time is in memory.

    Raises OSError, and RunDirectoryError when a shard has changed meanwhile.
    """
    prompts = [Prompts.open(run.folder) for run in runs]
    with gathered_lines(folder / SAMPLES_FILE) as samples, gathered_lines(folder / PROMPTS_FILE) as asked:
        for task in tasks:
            new = task.new_prompts
            for repeat in range(task.shard.shape[1]):
                owners = task.shard[:, repeat]
                for shard in np.unique(owners[owners != NONE]).tolist():
                    items = np.flatnonzero(owners == shard)
                    lines = _lines(runs[shard], task.start[items, repeat].tolist(), task.length[items, repeat].tolist())
                    for line, is_new in zip(lines, new[items, repeat].tolist(), strict=True):
                        if is_new:
                            _write_prompt(asked, prompts[shard], line)
                        samples.append(_renumbered(line, places[shard]))
    if not (folder / PROMPTS_FILE).stat().st_size:
        (folder / PROMPTS_FILE).unlink()


def _lines(run: ShardRun, starts: Sequence[int], lengths: Sequence[int]) -> Iterator[bytes]:
    file = run.folder / SAMPLES_FILE
    with open_to_read(file) as stream:
        for start, length in zip(starts, lengths, strict=True):
            stream.seek(start)
            line = stream.read(length)
            if len(line) != length or not line.endswith(b"\n"):
                raise RunDirectoryError(f"{file} has changed while it was read: give the command again")
            yield line


def _write_prompt(asked: GatheredLines, prompts: Prompts, line: bytes) -> None:
    """Write what a sample was asked, where its shard has kept that."""
    if prompts.kept:
        _, sample = parse_line(line)
        if (prompt := prompts.line(sample.task, sample.item_id, sample.prompt_hash)) is not None:
            asked.append(prompt)


def _renumbered(line: bytes, places: Places) -> bytes:
    """A sample's line, its models as they are numbered in the run; a line that names none is of the shard's first."""
    if all(old == new for old, new in places.items()):
        return line
    regrade, sample = parse_line(line)
    if sample.status is Status.ERROR and sample.replied_by is None:
        return line
    before = (0,) if sample.replied_by is None else sample.replied_by
    after = tuple(sorted({places.get(place, place) for place in before}))
    return line_of(replace(sample, replied_by=None if after == (0,) else after), regrade)


def copy_conversations(folder: Path, runs: Sequence[ShardRun]) -> None:
    """Copy tau2's conversations, a file each. Raises OSError, and RunDirectoryError for one that two shards have."""
    made: dict[Path, ShardRun] = {}
    for run in runs:
        for file in sorted((run.folder / CONVERSATIONS).rglob("*.json")):
            place = file.relative_to(run.folder)
            if place in made:
                raise RunDirectoryError(
                    f"{made[place]} and {run} both have {place}: take it away from the one that was not to ask it"
                )
            made[place] = run
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            with open_to_read(file) as source, (folder / place).open("xb") as copy:
                shutil.copyfileobj(source, copy)
                copy.flush()
                os.fsync(copy.fileno())
    for parent in {(folder / place).parent for place in made}:
        sync_folder(parent)
