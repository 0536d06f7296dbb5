"""Conversations that shards have asked make the run that one machine would have had."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from quantgate.evals.contract.shard import Shard
from quantgate.evals.merging.merge import merge
from quantgate.evals.runs.directory import RunDirectory
from tests.server.agent import AgentServer, served_agent
from tests.tasks.tau2.conftest import needs_tau2

pytestmark = [needs_tau2, pytest.mark.slow]


def test_merged_shards_have_the_conversations_of_the_whole(gold_tasks, run_tau2, tmp_path):
    with served_agent(AgentServer(gold_tasks)) as server:
        whole = run_tau2(server.base_url, limit=3, repeats=2)
        shards = [
            run_tau2(server.base_url, tmp_path / f"{number}", limit=3, repeats=2, shard=Shard(number, 4)).out
            for number in range(1, 5)
        ]
    merge(shards, tmp_path / "run")
    merged = RunDirectory(tmp_path / "run").samples()
    assert list(merged) == sorted(whole.samples, key=list(merged).index)
    assert [replace(sample, time="", latency_s=None, usage=None) for sample in merged.values()] == [
        replace(whole.samples[key], time="", latency_s=None, usage=None) for key in merged
    ]
    for sample in merged.values():
        stored, own = (json.loads((out / sample.response).read_text()) for out in (tmp_path / "run", whole.out))
        assert stored["evaluation"]["reward"] == own["evaluation"]["reward"]
