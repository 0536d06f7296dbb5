"""Recorded requests: every layout that is told, and a line of error for what cannot be used."""

import json

import pytest

from quantgate.evals.errors import DataError
from quantgate.tasks.tool_calls.case import ExpectedCall
from quantgate.tasks.tool_calls.recorded import line_of_case, read_requests

TOOL = {"type": "function", "function": {"name": "get", "parameters": {"type": "object"}}}
REQUEST = {"messages": [{"role": "user", "content": "Go"}], "tools": [TOOL]}
CALL = {"id": "functions.get:0", "type": "function", "function": {"name": "get", "arguments": '{"x": 1}'}}
COMPLETION = {"choices": [{"finish_reason": "tool_calls", "message": {"content": "", "tool_calls": [CALL]}}]}
MADE = (ExpectedCall("get", {"x": 1}),)


def write(folder, *lines, name: str = "requests.jsonl"):
    file = folder / name
    file.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return file


@pytest.mark.parametrize(
    ("beside", "due", "expected"),
    [
        ({}, None, None),
        ({"expected": [{"name": "get", "arguments": {"x": 1}}]}, True, MADE),
        ({"expected": [CALL]}, True, MADE),
        ({"expected": []}, False, ()),
        ({"expected_tool_call": True}, True, None),
        ({"expected_tool_call": False}, False, ()),
        ({"reference": {"role": "assistant", "tool_calls": [CALL]}}, True, MADE),
        ({"reference": COMPLETION}, True, MADE),
        ({"reference": {"content": "Hello."}}, False, ()),
        ({"reference": {"tool_calls": [{"function": {"name": "get", "arguments": "{"}}]}}, True, None),
    ],
)
def test_what_should_come_is_read_in_each_way_that_it_is_told(tmp_path, beside, due, expected):
    (case,) = read_requests(write(tmp_path, {**REQUEST, **beside})).cases
    assert (case.item_id, case.due, case.expected) == ("1", due, expected)


def test_a_plain_request_of_a_verifier_is_read_without_how_it_was_sampled(tmp_path):
    request = {**REQUEST, "model": "kimi", "temperature": 0.6, "stream": True, "tool_choice": "auto"}
    request["messages"] = [{"role": "_input", "content": "Be good."}, *REQUEST["messages"]]
    told = read_requests(write(tmp_path, request, "", {"messages": REQUEST["messages"]}))
    (case,) = told.cases
    assert [message["role"] for message in case.messages] == ["system", "user"]
    assert case.sent == {"tools": [TOOL], "tool_choice": "auto"}
    assert (told.without_tools, told.not_sent) == (1, ("temperature",))


def test_a_verifiers_results_hold_requests_and_replies(tmp_path):
    result = {"data_index": 7, "request": REQUEST, "response": COMPLETION, "status": "success", "hash": "h"}
    failed = {**result, "data_index": 8, "response": {"error": "timeout"}, "status": "failed"}
    sound, other = read_requests(write(tmp_path, result, failed)).cases
    assert (sound.item_id, sound.due, sound.expected) == ("7", True, MADE)
    assert (other.item_id, other.due) == ("8", None)


def test_replies_may_stand_in_a_file_of_their_own(tmp_path):
    replies = write(tmp_path, {"data_index": 2, "request": REQUEST, "response": COMPLETION}, name="results.jsonl")
    first, second = read_requests(write(tmp_path, REQUEST, REQUEST), replies).cases
    assert (first.due, second.due, second.expected) == (None, True, MADE)


def test_what_is_written_is_read_as_it_was(tmp_path):
    cases = read_requests(write(tmp_path, {**REQUEST, "id": "é", "expected": [CALL], "tool_choice": "auto"})).cases
    assert read_requests(write(tmp_path, line_of_case(cases[0]).strip())).cases == cases


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[]", "is not a JSON object"),
        ('{"messages": [], "messages": []}', "twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"messages": NaN}', "no JSON number"),
        ('{"messages": [{"role": "user", "content": "\\ud800"}]}', "half a surrogate pair"),
        ({"tools": [TOOL]}, "no list of messages"),
        ({**REQUEST, "messages": ["Go"]}, "objects with a role"),
        ({**REQUEST, "tools": {"get": TOOL}}, "tools must be a list"),
        ({**REQUEST, "tools": [{"function": {"parameters": {}}}]}, "a function that has a name"),
        ({**REQUEST, "request": "Go"}, "request must be an object"),
        ({**REQUEST, "expected": "get"}, "list of calls"),
        ({**REQUEST, "expected": [{"name": "get", "arguments": "{"}]}, "no JSON"),
        ({**REQUEST, "expected": [{"name": "get", "arguments": [1]}]}, "an object"),
        ({**REQUEST, "expected": [CALL], "expected_tool_call": False}, "contradict"),
        ({**REQUEST, "expected_tool_call": "yes"}, "true or false"),
        ({**REQUEST, "reference": "Hello"}, "a message or a chat completion"),
        ({**REQUEST, "reference": {"choices": []}}, "holds no reply"),
        ({**REQUEST, "id": 1.5}, "id must be text"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_in_one_line(tmp_path, line, said):
    file = write(tmp_path, {**REQUEST, "id": "first"}, line)
    with pytest.raises(DataError, match=said) as failure:
        read_requests(file)
    assert str(failure.value).startswith(f"{file}, line 2")
    assert "\n" not in str(failure.value)


def test_two_requests_of_one_id_are_refused(tmp_path):
    with pytest.raises(DataError, match="line 2: its id is that of an earlier line"):
        read_requests(write(tmp_path, {**REQUEST, "id": "a"}, {**REQUEST, "id": "a"}))


def test_a_file_without_a_request_that_offers_tools_is_refused(tmp_path):
    with pytest.raises(DataError, match="no request that offers tools"):
        read_requests(write(tmp_path, {"messages": REQUEST["messages"]}))
    with pytest.raises(DataError, match="cannot be read"):
        read_requests(tmp_path / "missing.jsonl")
