"""Answers and flips for scripts: a JSON object a line, safe to print."""

from __future__ import annotations

import json

from quantgate.evals.contract.tool_calls import ToolCall, ToolReply, write_tool_reply
from quantgate.evals.inspection.seen import Seen
from quantgate.evals.inspection.told import line_of_answer, line_of_change
from quantgate.evals.samples.lines import line_of
from tests.evals.inspection.made import asked, sample

HOSTILE = "\x1b[2J\u202e ##vso[task.complete]\n::error::no 日本"


def test_a_line_has_every_field_of_the_sample_and_what_was_asked():
    answer = sample("1", reasoning="Hm.")
    told = json.loads(line_of_answer(Seen(answer, asked("1", "How many?", "18"))))
    assert json.loads(line_of(answer)).items() <= told.items()
    assert told["asked"] == {"messages": [{"role": "user", "content": "How many?"}], "continuations": []}
    assert (told["reference"], told["hidden"]) == ("18", False)


def test_a_line_is_ascii_no_command_and_loses_nothing():
    line = line_of_answer(Seen(sample("1", response=HOSTILE)))
    assert line.isascii()
    assert line.isprintable()
    assert "##vso[" not in line
    assert json.loads(line)["response"] == HOSTILE


def test_a_change_says_where_the_texts_part():
    left, right = sample("1", response="It is 18."), sample("1", 0.0, "17", response="It is 17.")
    told = json.loads(line_of_change("loss", Seen(left), Seen(right)))
    assert (told["turn"], told["parting"], told["same_prompt"]) == ("loss", 6, True)
    assert (told["left"]["extracted"], told["right"]["extracted"]) == ("18", "17")


def test_a_tool_call_is_read_and_searched_as_a_call_with_the_tools_beside_it():
    response = write_tool_reply(ToolReply("", (ToolCall("get", '{"x": 1}'),)))
    seen = Seen(sample("1", response=response), asked("1", body={"tools": [{"name": "get"}]}))
    assert seen.answer == 'get({"x": 1})'
    assert 'get({"x": 1})' in list(seen.texts())
    assert json.loads(line_of_answer(seen))["asked"]["body"] == {"tools": [{"name": "get"}]}
