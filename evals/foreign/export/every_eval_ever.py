"""A run as records of Every Eval Ever: of each task a `.json` of totals, and its answers in `*_samples.jsonl`."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import fsum
from pathlib import Path
from typing import Any

from quantgate.evals.contract.question import question
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.export.types import Target, answers
from quantgate.evals.foreign.own import OWN, kept_of
from quantgate.evals.foreign.sources import digest_of
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.inspection.seen import Seen
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.text import one_line

_SCHEMA = "0.3.0"
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(?i)(data|con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")
_TOLD = ("temperature", "top_p", "max_tokens")
_NO_MODEL = "model"
_NO_DEVELOPER = "unknown"


def _write(run: OpenedRun, out: Path) -> Sequence[str]:
    """Write a folder laid as the project's own store: `data/TASK/DEVELOPER/MODEL/UUID.json`."""
    lost: list[str] = []
    for task in run.record.tasks:
        place = Path("data", _part(task.name), *_model(run))
        folder = out / place
        folder.mkdir(parents=True, exist_ok=True)
        # The name of a record there is a UUID of version 4; of one task of one run it is always the same.
        name = str(uuid.UUID(digest_of([run.record.to_json(), task.name])[:32], version=4))
        _write_task(run, task, place / f"{name}.json", out)
        lost += _lost(run, task)
    return lost


def _part(name: str) -> str:
    """A name as a part of a path that every system takes."""
    plain = _UNFIT.sub("_", name)[:80].strip(".") or _NO_MODEL
    return f"_{plain}" if _RESERVED.match(plain) else plain


def _model(run: OpenedRun) -> tuple[str, str]:
    developer, _, model = run.record.model.rpartition("/")
    return _part(developer or _NO_DEVELOPER), _part(model or _NO_MODEL)


def _write_task(run: OpenedRun, task: TaskRecord, place: Path, out: Path) -> None:
    """Write the answers, then the totals over them. Raises DataError where there is nothing to tell."""
    created = _epoch(run.record.created)
    record = f"{task.name}/{run.record.model or _NO_MODEL}/{created}"
    file = place.with_name(f"{place.stem}_samples.jsonl")
    digest, rows, scores = hashlib.sha256(), 0, dict[str, list[float]]()
    with open(out / file, "xb") as stream:
        for seen in answers(run, task.name):
            # Escaped, as some readers take U+2028 for the end of a line.
            data = (json.dumps(_row(seen, task, record, run.record.model or _NO_MODEL)) + "\n").encode()
            stream.write(data)
            digest.update(data)
            rows += 1
            if seen.sample.score is not None:
                scores.setdefault(seen.sample.item_id, []).append(seen.sample.score)
    if not scores:
        raise DataError(
            f"{one_line(task.name, 60)} has no answer with a score, and a record of Every Eval Ever has one"
        )
    result = _result(task, record, [fsum(each) / len(each) for each in scores.values()])
    totals = {
        "schema_version": _SCHEMA,
        "evaluation_id": record,
        "evaluation_timestamp": created,
        "retrieved_timestamp": created,
        "source_metadata": {
            "source_name": "quantgate",
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
            "additional_details": {OWN: replace(run.record, tasks=(task,)).to_json()},
        },
        "eval_library": {"name": "quantgate", "version": str(run.record.software.get("quantgate", "unknown"))},
        "model_info": {
            "name": run.record.model or _NO_MODEL,
            "id": run.record.model or _NO_MODEL,
            "additional_details": {
                "deployment_type": "unknown",
                "model_availability": "unknown",
                "label": run.record.label,
            },
        },
        "evaluation_results": [result],
        "detailed_evaluation_results": {
            "format": "jsonl",
            "file_path": file.as_posix(),
            "hash_algorithm": "sha256",
            "checksum": digest.hexdigest(),
            "total_rows": rows,
        },
    }
    with open(out / place, "x", encoding="utf-8", errors="backslashreplace") as written:
        json.dump(totals, written, indent=2, ensure_ascii=False, allow_nan=False)


def _epoch(created: str) -> str:
    try:
        told = datetime.fromisoformat(created)
        return str(int(told.replace(tzinfo=told.tzinfo or UTC).timestamp()))
    except (ValueError, OverflowError):
        return "0"


def _result(task: TaskRecord, record: str, means: Sequence[float]) -> dict[str, Any]:
    origin = task.provenance.get("dataset")
    source = {"source_type": "hf_dataset", "hf_repo": origin} if origin and "/" in origin else {"source_type": "other"}
    told = {name: task.sampling[name] for name in _TOLD if task.sampling.get(name) is not None}
    return {
        "evaluation_result_id": f"{record}#{task.metric}",
        "evaluation_name": task.name,
        "source_data": {"dataset_name": origin or task.name, **source},
        "metric_config": {
            "metric_name": task.metric,
            "metric_unit": "proportion",
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0.0,
            "max_score": 1.0,
        },
        "score_details": {"score": fsum(means) / len(means), "uncertainty": {"num_samples": len(means)}},
        "generation_config": {
            "generation_args": told,
            "additional_details": {"grader": task.grader, "task_version": task.version},
        },
    }


def _row(seen: Seen, task: TaskRecord, record: str, model: str) -> dict[str, Any]:
    sample, asked = seen.sample, seen.asked
    raw = (question(asked) if asked is not None else None) or ""
    reference = [] if seen.reference is None else [seen.reference]
    messages = [dict(each) for each in asked.messages] if asked is not None else []
    extracted = {
        "turn_idx": max(len(seen.turns) - 1, 0),
        "source": "messages[turn_idx].content" if seen.turns else "output.raw",
        "extracted_value": sample.extracted,
        "extraction_method": task.grader or "custom",
        "is_terminal": True,
    }
    row = {
        "schema_version": _SCHEMA,
        "evaluation_id": record,
        "model_id": model,
        "evaluation_name": task.name,
        "evaluation_result_id": f"{record}#{task.metric}",
        "sample_id": sample.item_id,
        "sample_hash": hashlib.sha256((raw + "".join(reference)).encode("utf-8", "surrogatepass")).hexdigest(),
        "input": {
            "raw": raw,
            "formatted": json.dumps(messages, ensure_ascii=False) if messages else None,
            "reference": reference,
            "choices": [each.text for each in asked.continuations] or None if asked is not None else None,
        },
        "answer_attribution": [] if sample.extracted is None else [extracted],
        # The schema wants a number of what has no score, too: what it was is in the metadata, and `error` says why.
        "evaluation": {"score": sample.score or 0.0, "is_correct": sample.score == 1},
        "token_usage": _usage(sample),
        "performance": _performance(sample),
        "error": _error(sample),
        "metadata": {
            "repeat": str(sample.repeat),
            "status": sample.status.value,
            OWN: json.dumps(_kept(seen), ensure_ascii=False, default=dict),
        },
    }
    return row | (_said_in_turns(seen) if seen.turns else _said(sample))


def _said(sample: Sample) -> dict[str, Any]:
    thoughts = None if sample.reasoning is None else [sample.reasoning]
    raw = [] if sample.response is None else [sample.response]
    return {"interaction_type": "single_turn", "output": {"raw": raw, "reasoning_trace": thoughts}, "messages": None}


def _said_in_turns(seen: Seen) -> dict[str, Any]:
    turns = [{"turn_idx": place, "role": turn.role, "content": turn.text} for place, turn in enumerate(seen.turns)]
    return {"interaction_type": "multi_turn", "output": None, "messages": turns}


def _kept(seen: Seen) -> dict[str, Any]:
    """What a record has no place for; the answer itself stands in it."""
    kept = kept_of(seen) | {"repeat": seen.sample.repeat, "scored": seen.sample.score is not None}
    return kept if seen.turns else {name: told for name, told in kept.items() if name not in ("response", "reasoning")}


def _error(sample: Sample) -> str | None:
    if sample.status is Status.UNGRADED:
        return f"not graded: {sample.error}" if sample.error else "not graded"
    return sample.error or {Status.ERROR: "an error", Status.REFUSED: "refusal"}.get(sample.status)


def _usage(sample: Sample) -> dict[str, int] | None:
    counts = [(sample.usage or {}).get(f"{kind}_tokens") for kind in ("prompt", "completion", "total")]
    inputs, outputs, total = (count if isinstance(count, int) and count >= 0 else 0 for count in counts)
    told = {"input_tokens": inputs, "output_tokens": outputs, "total_tokens": total or inputs + outputs}
    return told if sample.usage else None


def _performance(sample: Sample) -> Mapping[str, float] | None:
    seconds = {"latency_ms": sample.latency_s, "time_to_first_token_ms": sample.first_token_s}
    return {name: 1000 * value for name, value in seconds.items() if value is not None} or None


def _lost(run: OpenedRun, task: TaskRecord) -> list[str]:
    if run.hidden(task.name):
        return [f"{task.name}: texts are left out, as its authors ask: --reveal writes them"]
    missing = int((~run.task(task.name).columns.scored).sum())
    told = f"{task.name}: {missing:,} answers without a score have 0 and an `error`: other readers may count them"
    return [told] if missing else []


EVERY_EVAL_EVER = Target(
    "every-eval-ever",
    "a folder of records as the store of Every Eval Ever has them, with every answer",
    "-every-eval-ever",
    _write,
)
