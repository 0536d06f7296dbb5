"""tau2 asked by workers of a cluster: the conversations and rewards of one process, in the run directory as ever."""

from __future__ import annotations

import json

import pytest

from quantgate.cluster.executing import OnCluster
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.side_by_side import ask_side_by_side
from tests.cluster.conftest import Here, samples
from tests.server.agent import AgentServer, gold, served_agent
from tests.tasks.tau2.conftest import Told, needs_tau2, tau2_config, tau2_session

pytestmark = [needs_tau2, pytest.mark.slow]


def test_workers_give_the_samples_and_conversations_of_one_process(gold_tasks, described_once, run_tau2, tmp_path):
    with served_agent(AgentServer(gold_tasks, gold)) as server:
        alone = run_tau2(server.base_url, limit=3)
        config = tau2_config(server.base_url, tmp_path / "run", limit=3)
        session = tau2_session(config)
        ask_side_by_side([(session, Told())], elsewhere=OnCluster(Here(2), {"tau2": config.options}, 1))
    assert samples(config.out) == samples(alone.out)
    assert len(RunDirectory(config.out).samples()) == 3
    for name in sorted(file.relative_to(alone.out) for file in (alone.out / "simulations").rglob("*.json")):
        there, here = (json.loads((out / name).read_text()) for out in (config.out, alone.out))
        assert there["identity"] == here["identity"]
        assert there["evaluation"]["reward"] == here["evaluation"]["reward"] == 1.0
    assert RunDirectory(config.out).record().tasks[0].settings == RunDirectory(alone.out).record().tasks[0].settings
