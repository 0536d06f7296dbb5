"""Whole runs of the real tau3: QUANTGATE_TAU3_PYTHON names a Python with Sierra's 1.0.1, TAU2_DATA_DIR its data."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import UsageError
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.session import prepare
from quantgate.evals.runs.side_by_side import ask_side_by_side
from quantgate.evals.settings.run import RunConfig, load_config
from quantgate.tasks.options import GivenOption, own_options
from quantgate.tasks.registry import installed
from tests.server.agent import AgentServer, Play, Tasks, Turn, call, gold, lazy, served_agent, text
from tests.tasks.tau2.conftest import FULL, Told

PYTHON, DATA = os.environ.get("QUANTGATE_TAU3_PYTHON"), os.environ.get("TAU2_DATA_DIR")
LIMIT = None if FULL else 6
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (PYTHON and DATA), reason="QUANTGATE_TAU3_PYTHON and TAU2_DATA_DIR are not set"),
]


def run(play: Play, out: Path, task: str = "tau3_banking_knowledge", **own: object) -> dict[str, float | None]:
    """The scores of a run in which agent, user and judge are staged."""
    info = installed().tasks[task]
    with served_agent(AgentServer(Tasks(Path(str(DATA))), play)) as server:
        roles = {f"{role}_base_url": server.base_url for role in ("user", "judge")}
        roles |= {"user_model": "user-model", "judge_model": "judge-model", "tau2_python": PYTHON, "tau2_workers": 1}
        shared = {"task": (task,), "base_url": server.base_url, "model": "test-model", "out": out, "repeats": 1}
        config = load_config(RunConfig, None, {**shared, "limit": LIMIT})
        given = own_options([info], [GivenOption(name, value, name) for name, value in {**roles, **own}.items()])
        loaded = info.load(TaskOptions(config.limit, own=given[task], seed=config.seed))
        ask_side_by_side([(prepare(config, {task: loaded}, {task: info}), Told())])
    return {item: sample.score for (_, item, _), sample in RunDirectory(out).samples().items()}


def written(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The agent's gold actions that leave a trace in the database."""
    traced = ("call_discoverable_agent_tool", "log_verification")
    return [it for it in task["evaluation_criteria"]["actions"] or [] if it["name"] in traced]


def spoilt(turn: Turn) -> dict:
    """The gold actions without the last that is written."""
    message, due = gold(turn), written(turn.task)
    if turn.role == "agent" and due and message.get("tool_calls"):
        left_out = call(due[-1]["name"], due[-1]["arguments"])
        if message["tool_calls"][0]["function"] == left_out["tool_calls"][0]["function"]:
            return text("Done.")
    return message


@pytest.mark.parametrize("task", ["tau3_banking_knowledge", "tau3_airline", "tau3_retail", "tau3_telecom"])
def test_gold_actions_score_1(tmp_path, task):
    scores = run(gold, tmp_path / "run", task)
    assert Counter(scores.values()) == {1.0: LIMIT or installed().tasks[task].items}


def test_an_agent_that_does_nothing_scores_0(tmp_path):
    assert set(run(lazy, tmp_path / "run").values()) == {0.0}


def test_one_action_less_scores_0(tmp_path):
    scores, tasks = run(spoilt, tmp_path / "run"), Tasks(Path(str(DATA))).by_item
    assert scores == {item: 0.0 if written(tasks[item]) else 1.0 for item in scores}
    assert 0.0 in scores.values()


def test_a_retrieval_that_asks_an_api_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"'alltools' needs embeddings that the API of openai makes and a shell"):
        run(gold, tmp_path / "run", retrieval="alltools")
