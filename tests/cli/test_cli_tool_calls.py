"""`quantgate run --task tool_calls` against a server that malforms a known number of calls, by class."""

import json
from functools import cache

import pytest

from quantgate.evals.runs.draw import chosen
from quantgate.evals.runs.record import Draw
from quantgate.tasks.tool_calls.case import Case
from quantgate.tasks.tool_calls.generated import generated
from quantgate.tasks.tool_calls.task import ToolCalls
from tests.server.malforming import chosen_faults, malforming
from tests.server.served import Reply, served_model

COUNTS = {"InvalidJson": 5, "UnknownName": 4, "SchemaMismatch": 3, "lost": 2, "leaked": 2, "reasoning": 1, "wrong": 3}


@cache
def cases() -> list[Case]:
    """The first requests of a run."""
    every = generated()
    drawn = {item.item_id for item in chosen(ToolCalls(every).items(), 48, Draw.RANDOM)}
    return [case for case in every if case.item_id in drawn]


@pytest.fixture
def asked(quantgate, tmp_path):
    """Runs the first requests against a server with such faults; the run's directory and what was printed."""

    def run(name: str, faults: dict[str, int], *more: str, unsteady: bool = False) -> tuple[str, str]:
        rule = malforming(cases(), chosen_faults(cases(), faults), unsteady)
        out = str(tmp_path / name)
        with served_model(rule) as server:
            where = ("--base-url", server.base_url, "--model", "test-model", "--out", out, "--concurrency", "8")
            code, told, _ = quantgate(["run", "--task", "tool_calls", "--limit", str(len(cases())), *where, *more])
        assert code == 0, told
        return out, told

    return run


@pytest.mark.slow
@pytest.mark.parametrize("form", ["--stream", "--no-stream"])
def test_every_class_is_counted_exactly_streamed_or_not(quantgate, asked, tmp_path, form):
    sound, _ = asked("sound", {}, form)
    faulty, told = asked("faulty", {**COUNTS, "needless": 6, "streamed": 7}, form, "--option", "form_share=1")
    code, _, _ = quantgate(["gate", sound, faulty, "--margin", "0.02", "--json", str(tmp_path / "gate.json")])
    (task,) = json.loads((tmp_path / "gate.json").read_text())["tasks"]
    calls = task["description"]["calls"]["candidate"]
    # A needless call is made without arguments, which its schema does not allow.
    classes = {"InvalidJson": 5 + 7 * (form == "--stream"), "UnknownName": 4, "SchemaMismatch": 3 + 6}
    assert calls["mismatches"] == classes
    due, lost = sum(bool(case.due) for case in cases()), 2 + 2 + 1
    others = len(cases()) - due
    assert (calls["called"], calls["only_reasoning"], calls["leaked"]) == (due - lost + 6, 1, 2)
    counted = {"true_positive": due - lost, "false_positive": 6, "false_negative": lost, "true_negative": others - 6}
    assert {name: calls["trigger"][name] for name in counted} == counted
    assert (calls["streams_unlike"], calls["streams_compared"]) == (7, 48)
    assert (code, task["losses"], task["gains"]) == (1, sum(classes.values()) + lost, 0)
    assert "Trigger F1" in told


@pytest.mark.slow
def test_a_server_that_answers_anew_each_time_has_no_fault_of_its_streams(asked):
    _, told = asked("unsteady", {}, "--option", "form_share=1", unsteady=True)
    assert "streamed unlike not streamed            0 of 48" in told


@pytest.mark.slow
def test_a_call_is_shown_as_a_call_with_the_tools_that_were_offered(quantgate, asked):
    out, _ = asked("sound", {}, "--option", "form_share=0")
    case = next(case for case in cases() if len(case.tools) == 8 and case.due)
    code, told, _ = quantgate(["show", out, case.item_id])
    assert code == 0
    assert "tools  8: --prompt" in told
    assert case.expected is not None
    assert f"{case.expected[0].name}(" in told
    assert '"tool_calls"' not in told


@pytest.mark.slow
def test_doctor_names_the_flag_of_a_server_that_leaves_calls_in_the_text(quantgate):
    leaking = malforming(cases(), {case.item_id: "leaked" for case in cases() if case.due})

    def rule(body):
        if "tools" in body and len(body["messages"]) == 1:
            return Reply('<tool_call>{"name": "get_weather"}</tool_call>')
        return leaking(body)

    with served_model(rule) as server:
        code, told, _ = quantgate(["doctor", "--base-url", server.base_url, "--task", "tool_calls"])
    assert code == 5
    assert "--enable-auto-tool-choice --tool-call-parser" in " ".join(told.split())


def test_a_metric_that_not_all_requests_can_have_is_refused_before_anything_is_asked(quantgate, tmp_path):
    file = tmp_path / "requests.jsonl"
    request = {"messages": [{"role": "user", "content": "Go"}], "tools": [{"function": {"name": "get"}}]}
    file.write_text(json.dumps(request) + "\n")
    where = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--out", str(tmp_path / "run"))
    data = ("--data", f"tool_calls={file}")
    code, _, said = quantgate(["run", "--task", "tool_calls", *data, "--metric", "tool_calls=trigger", *where])
    assert code == 2
    assert "of 1 of 1 requests it is not known what should come" in " ".join(said.split())
