"""What is exported and imported again is the run that it was: every answer, every prompt, and what `gate` says."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace

import pytest

from quantgate.evals.decision.gate import decide
from quantgate.evals.foreign.export.targets import NAMES, target_of
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import load_policy
from tests.evals.foreign.export.whole_run import prompts, write_whole_run

SLOW = pytest.mark.skipif(importlib.util.find_spec("inspect_ai") is None, reason="needs inspect-ai"), pytest.mark.slow
WHOLE = [pytest.param(name, marks=SLOW if name == "inspect" else ()) for name in NAMES if name != "lm-eval"]
"""What holds all of a run."""


def there_and_back(folder, target: str, *, ungraded: bool = False):
    out = folder.with_name(f"{folder.name}{target_of(target).ending}")
    lost = list(target_of(target).write(OpenedRun.open(folder), out))
    back = folder.with_name(f"{folder.name}-back")
    write_run(read_source("auto", out), back)
    return Run.load(back), lost


@pytest.mark.parametrize("target", WHOLE)
def test_every_answer_and_every_prompt_comes_back(tmp_path, target):
    folder = write_whole_run(tmp_path / "run")
    before, (after, _) = Run.load(folder), there_and_back(folder, target)
    assert dict(after.samples) == dict(before.samples)
    assert replace(after.record, tasks=()) == replace(before.record, tasks=())
    assert [replace(task, imported=None) for task in after.record.tasks] == list(before.record.tasks)
    for asked in prompts():
        key = asked.task, asked.item_id, asked.prompt_hash
        assert after.prompts.of(*key) == before.prompts.of(*key) is not None


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("target", WHOLE)
def test_it_gates_as_the_run_itself(tmp_path, target, complete):
    baseline = Run.load(write_whole_run(tmp_path / "baseline", complete=complete))
    folder = write_whole_run(tmp_path / "candidate", worse=3, complete=complete)
    policy = load_policy(None, ["0.4"], None)
    wanted = told(pair_runs(baseline, Run.load(folder)), policy)
    found = told(pair_runs(baseline, there_and_back(folder, target)[0]), policy)
    assert found == wanted
    assert ("invalid" in {task["verdict"] for task in wanted["tasks"]}) is not complete


def told(pairs, policy):
    """A decision but for its records, and for what is said of a run that was imported."""
    document = json.loads(decide(pairs, policy).to_json())
    tasks = [
        {name: value for name, value in task.items() if name not in ("findings", "paired_by")}
        | ({} if task["lower"] is not None else {"reason": ""})
        for task in document["tasks"]
    ]
    return {"verdict": document["verdict"], "tasks": tasks}


@pytest.mark.parametrize("target", [each for each in WHOLE if each.values[0] in ("inspect", "every-eval-ever")])
def test_what_is_not_graded_stays_so_where_the_target_holds_that(tmp_path, target):
    folder = write_whole_run(tmp_path / "run", ungraded=True)
    after, _ = there_and_back(folder, target)
    assert after.samples["gsm8k", "5", 0] == Run.load(folder).samples["gsm8k", "5", 0]
