"""A run directory with an answer of every kind, for what is to come back of each target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation, Sample, Status
from quantgate.evals.contract.tool_calls import ToolCall, ToolReply, write_tool_reply
from quantgate.evals.samples.lines import line_of
from quantgate.evals.samples.prompts import line_of_prompt
from tests.evals.made_runs import run_of

HASH = "f" * 64
AWKWARD = (
    "=cmd|' /C calc'!A0",
    "'x",
    "",
    " \t=1",
    "a\r\nb\x00\x1b[31m",
    "ü🙂\u2028\ufeff",
    '{"json": [1, "2"]}',
)
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


def samples() -> list[Sample]:
    plain = Sample("gsm8k", "q/1", 0, HASH, Status.OK, 1.0, extracted="5", response="#### 5", metrics={"score": 1.0})
    more = {
        "stratum": "=a",
        "cluster": "c",
        "vote": "x",
        "margin": -0.125,
        "metrics": {"score": 0.25, "strict,none": 0.0, "loss": -3.5},
        "reasoning": "hm",
        "finish_reason": "length",
        "usage": {"completion_tokens": 7, "prompt_tokens": 3, "other": [1]},
        "latency_s": 0.1,
        "first_token_s": 0.05,
        "tokens_per_s": 3.5,
        "attempts": 2,
        "seed": 11,
        "time": "2026-11-01T00:00:00+00:00",
        "replied_by": [1, 0],
    }
    nothing = {"extracted": None, "metrics": {}, "response": None}
    calls = write_tool_reply(ToolReply(None, (ToolCall("add", '{"a": 1, broken'),)))
    pairs = '{"loglikelihoods": [[-1.5, true], [-2.25, false]]}'
    return [
        plain,
        replace(plain, repeat=1, status=Status.TRUNCATED, score=0.25, **more),
        replace(plain, item_id="2", status=Status.EMPTY, score=0.0, extracted=None, response=None),
        replace(plain, item_id="3", status=Status.REFUSED, score=0.0, response="", reasoning=""),
        replace(plain, item_id="-4", status=Status.ERROR, score=None, error="timeout", **nothing),
        replace(plain, item_id="6", extracted=None, score=0.0),
        replace(plain, item_id="tools", response=calls, extracted='[{"add": {}}]'),
        *(
            replace(
                plain, item_id=f"t{place}", prompt_hash=f"{place:064x}", response=text, extracted=text, reasoning=text
            )
            for place, text in enumerate(AWKWARD)
        ),
        replace(plain, task="lm-eval:arc", item_id="1", response=pairs, extracted="a", metrics={"acc,none": 1.0}),
        replace(
            plain, task="lm-eval:arc", item_id="2", response=pairs, extracted="a", score=0.0, metrics={"acc,none": 0.0}
        ),
    ]


def prompts() -> list[Asked]:
    system, user = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 3?"}
    shown = {"role": "assistant", "content": "", "tool_calls": '[{"id": "1"}]'}
    told = {"role": "tool", "content": "5", "tool_call_id": "1"}
    choices = (Continuation("c", " a"), Continuation("d", " b"))
    return [
        Asked("gsm8k", "q/1", HASH, (system, user), reference="5"),
        Asked("gsm8k", "2", HASH, (user,)),
        Asked("gsm8k", "tools", HASH, (user, shown, told), body={"tools": [TOOL]}, reference=""),
        *(
            Asked("gsm8k", f"t{place}", f"{place:064x}", ({"role": "user", "content": text},), reference=text)
            for place, text in enumerate(AWKWARD)
        ),
        Asked("lm-eval:arc", "1", HASH, continuations=choices, reference="a"),
    ]


def write_whole_run(folder: Path, *, ungraded: bool = False, worse: int = 0, complete: bool = False) -> Path:
    """Write it. With `worse`, so many right answers are wrong; where it is `complete`, none is missing."""
    told = samples()
    if complete:
        twice = [replace(each, repeat=1) for each in told if each.task == "gsm8k" and each.item_id != "q/1"]
        told = [each for each in (*told, *twice) if each.status.scored]
    for place in [at for at, each in enumerate(told) if each.score == 1 and each.task == "gsm8k"][:worse]:
        told[place] = replace(told[place], score=0.0, metrics={"score": 0.0})
    if ungraded:
        lacking = {"score": None, "extracted": None, "metrics": {}}
        told.append(
            replace(told[0], item_id="5", status=Status.UNGRADED, error="no grader", ended=Status.OK, **lacking)
        )
    record = run_of([1]).record
    (first,) = record.tasks
    items = len({each.item_id for each in told if each.task == "gsm8k"})
    tasks = (
        replace(first, metric="score", items=items, repeats=2, strata={"=a": 1}),
        replace(
            first, name="lm-eval:arc", metric="acc,none", items=2 if complete else 3, sampling={"max_length": 2048}
        ),
    )
    folder.mkdir()
    (folder / "run.json").write_text(replace(record, model="org/model-8b", tasks=tasks).to_json())
    (folder / "samples.jsonl").write_bytes(b"".join(map(line_of, told)))
    (folder / "prompts.jsonl").write_bytes(b"".join(map(line_of_prompt, prompts())))
    return folder
