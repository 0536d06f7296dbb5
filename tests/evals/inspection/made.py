"""Run directories as `show` and `diff` find them, written by the very functions that runs are written with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.runs.planned import written
from quantgate.evals.runs.record import RunRecord, TaskRecord
from quantgate.evals.samples.lines import line_of
from quantgate.evals.samples.prompts import line_of_prompt


def task(items: Sequence[str], name: str = "gsm8k", *, repeats: int = 1, **changed: Any) -> TaskRecord:
    """The record of a task that was to be asked these items."""
    sampling, ids = {"temperature": 0.0}, written(items)
    return TaskRecord(
        name, "3.0", "lm-eval", "exact_match", "d" * 64, len(items), repeats, sampling, {}, item_ids=ids, **changed
    )


def sample(item: str, score: float | None = 1.0, extracted: str | None = "18", **changed: Any) -> Sample:
    """One answer to `gsm8k`, right unless it is said otherwise."""
    told: dict[str, Any] = {
        "task": "gsm8k",
        "repeat": 0,
        "prompt_hash": f"hash {item}",
        "status": Status.OK,
        "response": f"So the answer is {extracted}.",
    }
    return Sample(item_id=item, score=score, extracted=extracted, **{**told, **changed})


def asked(item: str, text: str = "", reference: str | None = "18", **changed: Any) -> Asked:
    """What `sample` answers."""
    told: dict[str, Any] = {
        "task": "gsm8k",
        "prompt_hash": f"hash {item}",
        "messages": ({"role": "user", "content": text or f"What is item {item}?"},),
    }
    return Asked(item_id=item, reference=reference, **{**told, **changed})


def made_run(
    folder: Path,
    samples: Iterable[Sample],
    tasks: Sequence[TaskRecord] = (),
    prompts: Iterable[Asked] = (),
) -> Path:
    """A run directory; its one task is made of the items of its samples unless tasks are given."""
    samples = list(samples)
    tasks = tasks or [task(list(dict.fromkeys(one.item_id for one in samples)))]
    folder.mkdir(parents=True)
    record = RunRecord(folder.name, f"glm-{folder.name}", {}, tuple(tasks), {}, "2026-11-27T10:00:00+00:00")
    (folder / "run.json").write_text(record.to_json())
    (folder / "samples.jsonl").write_bytes(b"".join(map(line_of, samples)))
    if lines := [line_of_prompt(each) for each in prompts]:
        (folder / "prompts.jsonl").write_bytes(b"".join(lines))
    return folder
