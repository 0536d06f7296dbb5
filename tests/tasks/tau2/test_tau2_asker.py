"""How a unit is answered: simulated, stored, evaluated, and only what is missing of these."""

from __future__ import annotations

import asyncio
import json

import pytest

from quantgate.evals.contract.records import Item, Prompt, Request, Sampling, Status
from quantgate.evals.errors import RequestRefused
from quantgate.tasks.tau2.asker import Conversations, Models
from quantgate.tasks.tau2.simulations import relative_path
from quantgate.tasks.tau2.wire import Ending, Outcome, Retry, Served, Unit

SIMULATED = Outcome(Ending.DONE, {"messages": ["hi"]}, "user_stop", usage={"agent": {"completion_tokens": 7}})
REWARDED = Outcome(Ending.DONE, {"reward": 1.0, "reward_breakdown": {"DB": 1.0}}, usage={"judge": {"calls": 1}})


class Workers:
    """A pool that gives outcomes in their order, and remembers the commands."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.commands = []

    async def obey(self, command, on_fault):
        self.commands.append(command["command"])
        return self.outcomes.pop(0)


def request(item_id="airline/0", repeat=1, prompt_hash="h"):
    return Request("tau2", Item(item_id, "airline"), repeat, Prompt((), prompt_hash), Sampling(seed=300))


@pytest.fixture
def ask(tmp_path):
    def asking(workers, asked=None, model="m"):
        asked = asked or request()
        served = Served("m", "http://host/v1", 1.0, api_key="secret")
        asker = Conversations(
            workers,
            tmp_path,
            Models(served, served, None),
            Retry(1, 0.0, 0.0, 0.0),
            lambda it: Unit("airline", "0", it.repeat, 5, 200, 10),
            lambda it: {"prompt_hash": it.prompt.prompt_hash, "seed": 5, "model": model},
        )
        return asyncio.run(asker.ask(asked, lambda fault: None))

    return asking


def test_a_conversation_is_simulated_stored_evaluated_and_told(ask, tmp_path):
    answer = ask(Workers(SIMULATED, REWARDED))
    assert (answer.status, answer.finish_reason, answer.seed) == (Status.OK, "user_stop", 5)
    assert (answer.grade.score, answer.grade.extracted) == (1.0, "1")
    assert answer.grade.metrics == {"reward": 1.0, "db": 1.0}
    assert answer.usage["completion_tokens"] == 7
    assert answer.usage["roles"] == {"agent": {"completion_tokens": 7}, "judge": {"calls": 1}}
    assert answer.response == "simulations/airline/0.trial-1.json"
    assert json.loads((tmp_path / answer.response).read_text())["evaluation"]["reward"] == 1.0


def test_a_judge_outage_loses_no_conversation(ask):
    outage = Outcome(Ending.FAULT, role="judge", message="HTTP 500: down")
    answer = ask(Workers(SIMULATED, outage))
    assert (answer.status, answer.error, answer.grade) == (Status.ERROR, "judge: HTTP 500: down", None)
    again = Workers(REWARDED)
    assert ask(again).grade.score == 1.0
    assert again.commands == ["evaluate"]


def test_what_is_stored_whole_is_not_asked_for_again(ask):
    ask(Workers(SIMULATED, REWARDED))
    nobody = Workers()
    assert ask(nobody).grade.score == 1.0
    assert nobody.commands == []


@pytest.mark.parametrize("change", [{"asked": request(prompt_hash="other")}, {"model": "another"}])
def test_a_stored_conversation_of_another_identity_is_not_used(ask, change):
    ask(Workers(SIMULATED, REWARDED))
    workers = Workers(SIMULATED, REWARDED)
    ask(workers, **change)
    assert workers.commands == ["simulate", "evaluate"]


def test_a_torn_file_is_simulated_again(ask, tmp_path):
    ask(Workers(SIMULATED, REWARDED))
    (tmp_path / "simulations/airline/0.trial-1.json").write_text('{"identity": {')
    assert ask(Workers(SIMULATED, REWARDED)).grade.score == 1.0


def test_the_agents_own_failure_scores_0_with_its_reason_and_is_not_evaluated(ask):
    kept = {"messages": [], "detail": "no JSON: f({broken"}
    failed = Outcome(Ending.OWN_FAILURE, kept, "agent_broken_tool_call")
    workers = Workers(failed)
    answer = ask(workers)
    assert (answer.status, answer.finish_reason, answer.grade.score) == (Status.OK, "agent_broken_tool_call", 0.0)
    assert answer.error == "no JSON: f({broken"
    assert workers.commands == ["simulate"]
    assert ask(Workers()).grade.score == 0.0


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Ending.FAULT, role="user", message="HTTP 503: busy"),
        Outcome(Ending.FAULT, message="tau2 failed with KeyError: 'x'"),
        Outcome(Ending.DONE, {"messages": []}, "user_error"),
        Outcome(Ending.DONE, {"messages": []}, "infrastructure_error"),
    ],
)
def test_what_is_not_the_agents_doing_is_never_scored_or_stored(ask, tmp_path, outcome):
    answer = ask(Workers(outcome))
    assert (answer.status, answer.grade) == (Status.ERROR, None)
    assert not (tmp_path / "simulations").exists()


@pytest.mark.parametrize(
    ("role", "option"), [("agent", "--base-url"), ("user", "--user-base-url"), ("judge", "--judge-base-url")]
)
def test_an_endpoint_that_refuses_everything_ends_the_run_and_is_named(ask, role, option):
    with pytest.raises(RequestRefused, match=rf"the {role}'s endpoint refuses: HTTP 401: no; check {option}"):
        ask(Workers(Outcome(Ending.REFUSED, role=role, message="HTTP 401: no")))


def test_no_key_is_written(ask, tmp_path):
    ask(Workers(SIMULATED, REWARDED))
    assert not any("secret" in file.read_text() for file in tmp_path.rglob("*.json"))


def test_a_task_name_that_is_no_file_name_gets_one_of_its_own():
    long = [request(f"telecom/[mms]a|b{'x' * 300}[PERSONA:{who}]") for who in ("None", "Hard")]
    first, second = (relative_path(it) for it in long)
    assert first != second
    assert first.startswith("simulations/telecom/_mms_a_bxxx")
    assert first.endswith(".trial-1.json")
    assert len(first) < 150
    assert relative_path(request("retail/../../etc", 0)).startswith("simulations/retail/.._.._etc-")


def test_a_conversation_that_outgrew_its_context_is_simulated_again_when_it_is_asked_again(ask):
    outgrown = Outcome(Ending.OWN_FAILURE, {"detail": "full"}, "agent_context_exceeded")
    assert ask(Workers(outgrown)).finish_reason == "agent_context_exceeded"
    workers = Workers(SIMULATED, REWARDED)
    answer = ask(workers)
    assert (workers.commands, answer.grade.score) == (["simulate", "evaluate"], 1.0)
