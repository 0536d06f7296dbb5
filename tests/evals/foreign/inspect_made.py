"""Logs as Inspect writes them, made by hand: what a test says of a sample or a header, and the usual else."""

from __future__ import annotations

import importlib.util
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

# Imported by the tests alone: it takes more than a second.
INSPECT = [
    pytest.mark.skipif(importlib.util.find_spec("inspect_ai") is None, reason="needs inspect-ai"),
    pytest.mark.slow,
]
MODEL = "openai-api/local/fp8"
Json = dict[str, Any]


def sample(
    id: int | str, value: Any = "C", *, epoch: int = 1, input: Any = None, says: Any = "#### 5", **more: Any
) -> Json:
    """A sample; `value` is its score by `match`, without one where it is `None`; `says` what the model said."""
    asked = input if input is not None else f"Question {id}?"
    prompt = asked if isinstance(asked, list) else [{"role": "user", "content": asked, "source": "input"}]
    said = {"role": "assistant", "content": says, "source": "generate"}
    reason = more.pop("stop_reason", "stop")
    made = {
        "id": id,
        "epoch": epoch,
        "input": asked,
        "target": "5",
        "messages": [*prompt, said],
        "output": {
            "model": "fp8",
            "choices": [{"message": said, "stop_reason": reason}],
            "usage": {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10},
        },
        "scores": {} if value is None else {"match": {"value": value, "answer": "5"}},
        "model_usage": {MODEL: {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}},
    }
    return {**made, **more}


def log(samples: list[Json], **spec: Any) -> Json:
    """A log of some samples; `spec` goes into its `eval`, and what stands beside that over the usual."""
    beside = {name: spec.pop(name) for name in ("status", "results", "error", "version", "plan") if name in spec}
    ids = list(dict.fromkeys(each["id"] for each in samples))
    config = {"epochs": 1, "limit": None} | spec.pop("config", {})
    made = {
        "version": 2,
        "status": "success",
        "eval": {
            "created": "2026-11-26T23:17:28+00:00",
            "task": "gsm8k",
            "task_version": 0,
            "dataset": {"name": "test", "samples": len(samples), "sample_ids": ids},
            "model": MODEL,
            "model_generate_config": {"temperature": 0.0, "max_tokens": 512},
            "config": config,
            "packages": {"inspect_ai": "0.3.285"},
            **spec,
        },
        "plan": {"name": "plan", "steps": [{"solver": "generate", "params": {}}], "config": {}},
        "samples": samples,
    }
    return {**made, **beside}


def write_json(file: Path, document: Json) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))
    return file


def write_eval(file: Path, document: Json, *, header: str = "header.json") -> Path:
    """The same as an archive; with `_journal/start.json` as its header it is one that was never finished."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in document["samples"]:
            archive.writestr(f"samples/{each['id']}_epoch_{each['epoch']}.json", json.dumps(each))
        archive.writestr(header, json.dumps({name: part for name, part in document.items() if name != "samples"}))
    return file
