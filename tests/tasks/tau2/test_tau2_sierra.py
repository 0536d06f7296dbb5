"""The adapter of Sierra's tau2 1.0, in real worker processes, with a stand-in of the package (`stand_in/`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.client import RetryPolicy
from quantgate.evals.errors import ModelChanged, UsageError
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.side_by_side import ask_side_by_side
from tests.server.agent import AgentServer, Tasks, Turn, call, completion_of, lazy, served_agent, text
from tests.server.served import Reply, error_body
from tests.tasks.tau2.conftest import NOBODY, Told, tau2_config, tau2_data, tau2_session

STAND_IN = Path(__file__).with_name("stand_in")

pytestmark = pytest.mark.skipif(tau2_data() is not None, reason="a real tau2 is installed beside the stand-in")


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))
    monkeypatch.setenv("TAU2_DATA_DIR", str(STAND_IN / "data"))
    monkeypatch.setattr("quantgate.tasks.tau2.task.RetryPolicy", lambda: RetryPolicy(tries=2, first_wait_s=0.0))


def run(url, out, **options):
    given = {"judge_base_url": url, "judge_model": "judge-model", "domains": "retail", **options}
    session = tau2_session(tau2_config(url, out, **given))
    ask_side_by_side([(session, Told())])
    return session, {item: sample for (_, item, _), sample in RunDirectory(out).samples().items()}


def serve(**options):
    return served_agent(AgentServer(Tasks(STAND_IN / "data"), lazy, keep_bodies=True, **options))


def test_it_is_told_apart_and_graded_with_the_named_judge(tmp_path, monkeypatch):
    monkeypatch.setenv("JUDGE_KEY", "sk-judge")
    with serve() as server:
        session, samples = run(server.base_url, tmp_path / "run", judge_api_key_env="JUDGE_KEY")
    record = session.record.tasks[0]
    assert record.version == "tau2 1.0.1"
    assert record.settings["judge_model"] == "judge-model"
    assert {item: sample.score for item, sample in samples.items()} == {"retail/0": 1.0, "retail/1": 1.0}
    assert samples["retail/0"].usage["roles"]["judge"]["calls"] == 1
    assert [body["model"] for body in server.seen.bodies].count("judge-model") == 1
    assert "Bearer sk-judge" in server.seen.authorizations


@pytest.mark.slow
def test_a_judge_outage_loses_no_conversation(tmp_path):
    def no_judge(turn: Turn) -> Reply | None:
        return Reply(status=503, body=error_body("down")) if turn.role == "judge" else None

    with serve(broken=no_judge) as server:
        _, samples = run(server.base_url, tmp_path / "run")
        assert samples["retail/0"].status is Status.ERROR
        assert samples["retail/0"].error.startswith("judge: HTTP 503")
        server.broken = lambda turn: None
        asked = server.seen.requests["agent"]
        _, samples = run(server.base_url, tmp_path / "run")
    assert samples["retail/0"].score == 1.0
    assert server.seen.requests["agent"] == asked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("message", "reason"), [(call("f", "{broken"), "agent_broken_tool_call"), (text(" "), "agent_empty_reply")]
)
def test_the_agents_own_failure_scores_0_and_keeps_the_conversation(tmp_path, message, reason):
    def broken(turn: Turn) -> Reply | None:
        return Reply(body=completion_of(message)) if turn.role == "agent" else None

    with serve(broken=broken) as server:
        _, samples = run(server.base_url, tmp_path / "run", limit=1)
    sample = samples["retail/0"]
    assert (sample.status, sample.score, sample.finish_reason) == (Status.OK, 0.0, reason)
    assert "Help me, please." in (tmp_path / "run" / sample.response).read_text(encoding="utf-8")


def test_without_a_judge_it_does_not_start(tmp_path):
    with pytest.raises(
        UsageError, match=r"1 of the tasks of tau2 1\.0\.1 are graded by a judge: name it with --judge-base"
    ):
        run(NOBODY, tmp_path / "run", judge_base_url=None, judge_model=None)


def test_missing_data_is_told_with_the_variable_that_names_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TAU2_DATA_DIR", str(tmp_path))
    with pytest.raises(
        UsageError, match=r"TAU2_DATA_DIR is .*: it must name the folder `data` of a checkout of sierra"
    ):
        run(NOBODY, tmp_path / "run")


def of_model(name: str, fingerprint: str):
    """The user's replies under another model's name."""

    def reply(turn: Turn) -> Reply | None:
        if turn.role != "user":
            return None
        document = json.loads(completion_of(lazy(turn)))
        return Reply(body=json.dumps(document | {"model": name, "system_fingerprint": fingerprint}))

    return reply


def test_which_model_plays_the_user_is_recorded_and_another_ends_the_run(tmp_path):
    def version():
        return RunDirectory(tmp_path / "run").record().tasks[0].settings["user_version"]

    with serve(broken=of_model("user-2026-01", "fp")) as server:
        run(server.base_url, tmp_path / "run", limit=1)
        assert version() == {"model": "user-2026-01", "fingerprint": "fp"}
        server.broken = of_model("user-2026-02", "fp")
        with pytest.raises(ModelChanged, match="its replies name 'user-2026-02', those before 'user-2026-01'"):
            run(server.base_url, tmp_path / "run")
        assert version() == {"model": "user-2026-01", "fingerprint": "fp"}
        assert len(RunDirectory(tmp_path / "run").samples()) == 1
        server.broken = of_model("user-2026-01", "another")
        _, samples = run(server.base_url, tmp_path / "run")
    assert {sample.score for sample in samples.values()} == {1.0}
    assert version() == {"model": "user-2026-01", "fingerprint": "several"}
