"""Answers to made problems are judged as EvalPlus 0.3.1 has judged them: `answers.jsonl` has its verdicts."""

import json
from pathlib import Path

import pytest

from quantgate.evals.contract.records import Item
from quantgate.evals.contract.task import TaskOptions
from quantgate.tasks.evalplus.task import BASE, PLUS
from quantgate.tasks.registry import load_task
from tests.evals.sandbox.needed import needs_sandbox

HERE = Path(__file__).parent


@pytest.mark.slow
@needs_sandbox
def test_answers_are_judged_as_evalplus_judges_them():
    task = load_task("humaneval_plus", TaskOptions(data={"test": HERE / "problems.jsonl"}))
    differing = []
    for line in (HERE / "answers.jsonl").read_text().splitlines():
        theirs = json.loads(line)
        metrics = task.grade(Item(theirs["id"]), 0, theirs["answer"]).metrics
        if (metrics[BASE], metrics[PLUS]) != (theirs["base"], theirs["plus"]):
            differing.append(theirs)
    assert differing == []
