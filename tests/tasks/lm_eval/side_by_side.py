"""Invented documents in the shapes of published tasks, and lm-eval itself, run on them against a loopback server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from quantgate.tasks.lm_eval.index import find_entry, reached

Documents = list[dict[str, Any]]


def write_documents(file: Path, documents: Documents) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")
    return file


def mmlu_documents(count: int, subject: str = "things", start: int = 0) -> Documents:
    return [
        {
            "question": f"In {subject}, what is {number} plus {number % 3}?  ",
            "subject": subject,
            "choices": [str(2 * number), str(number + number % 3), f"{number} and é", "none of these"],
            "answer": (number * 7 + 1) % 4,
        }
        for number in range(start, start + count)
    ]


def hellaswag_documents(count: int) -> Documents:
    return [
        {
            "ind": number,
            "activity_label": "Baking bread",
            "ctx_a": f"A baker takes {number} loaves out.",
            "ctx_b": "she",
            "ctx": f"A baker takes {number} loaves out. she",
            "endings": [
                f"puts them on a table of {number} boards.",
                "eats.",
                "sings [title] a song about the rain",
                "throws them away one by one and goes home",
            ],
            "label": str((number * 5) % 4),
            "split": "val",
        }
        for number in range(count)
    ]


def winogrande_documents(count: int) -> Documents:
    return [
        {
            "sentence": f"Ana lent Bea {number} books because _ had asked for them.",
            "option1": "Ana",
            "option2": "Bea",
            "answer": str(number % 2 + 1),
        }
        for number in range(count)
    ]


def arc_documents(count: int) -> Documents:
    return [
        {
            "id": f"Q{number}",
            "question": f"What do {number} stones do in water?",
            "choices": {
                "text": ["sink", "float", "fly", "melt"][: 3 + number % 2],
                "label": list("ABCD")[: 3 + number % 2],
            },
            "answerKey": "ABC"[number % 3],
        }
        for number in range(count)
    ]


def truthfulqa_documents(count: int) -> Documents:
    return [
        {
            "question": f"Is {number} a big number?",
            "mc1_targets": {"choices": ["It depends.", "Yes, always", "No"], "labels": [1, 0, 0]},
            "mc2_targets": {"choices": ["It depends.", "On what?", "Yes, always", "No"], "labels": [1, 1, 0, 0]},
        }
        for number in range(count)
    ]


def lambada_documents(count: int) -> Documents:
    return [
        {"text": f"He had {number} dogs, and nobody knew the {word}"} for number in range(count) for word in ("an",)
    ]


def lm_evals_own(
    folder: Path, documents: Mapping[str, Mapping[str, Path]], base_url: str, names: Sequence[str], **options: Any
) -> dict[str, Any]:
    """What lm-eval itself gives for packaged tasks and groups on local files, as `lm_eval run` does it.

    `documents` has the files of each single task by split. By `local-completions`, or, where `chat=True` is among the
    model's further `options`, by `local-chat-completions`.
    """
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.tasks import TaskManager

    folder.mkdir(exist_ok=True)
    reaching = {entry.name: entry for name in names for entry in reached(find_entry(name))}
    for number, entry in enumerate(sorted(reaching.values(), key=lambda entry: str(entry.file))):
        files = documents.get(entry.name)
        local = {
            "dataset_path": "json",
            "dataset_name": None,
            "dataset_kwargs": {"data_files": {split: str(file) for split, file in (files or {}).items()}},
        }
        (folder / f"{number:03}.yaml").write_text(
            yaml.safe_dump({"include": str(entry.file), **(local if files else {})})
        )
    chat = options.pop("chat", False)
    address = f"{base_url}/{'chat/' if chat else ''}completions"
    return simple_evaluate(
        model=f"local-{'chat-' if chat else ''}completions",
        model_args={"base_url": address, "model": "test-model", "num_concurrent": 4, **options},
        tasks=list(names),
        task_manager=TaskManager(include_defaults=False, include_path=str(folder)),
        apply_chat_template=chat,
        fewshot_as_multiturn=chat,
        bootstrap_iters=0,
    )
