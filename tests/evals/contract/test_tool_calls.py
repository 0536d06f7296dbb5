"""Specification of `quantgate.evals.contract.tool_calls`."""

import pytest

from quantgate.evals.contract.tool_calls import ToolCall, ToolReply, parse_tool_reply, shown_reply, write_tool_reply
from quantgate.evals.errors import DataError


def test_a_reply_is_read_as_it_was_written_malformed_arguments_included() -> None:
    reply = ToolReply("é", (ToolCall("now", '{"zone": '), ToolCall("", "{}")))
    assert parse_tool_reply(write_tool_reply(reply)) == reply


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"content": null, "tool_calls": []}', '{"content": "", "tool_calls": [1]}', "[" * 100_000],
)
def test_what_is_no_stored_reply_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="no reply to a request with tools"):
        parse_tool_reply(text)


def test_a_reply_is_shown_as_its_text_and_its_calls() -> None:
    reply = ToolReply("Wait.", (ToolCall("now", '{"zone": '), ToolCall("put", "{}")))
    assert shown_reply(write_tool_reply(reply)) == 'Wait.\nnow({"zone": )\nput({})'


@pytest.mark.parametrize("text", ["", "It is 5.", '{"content": "a"}', '{"content": "a", "tool_calls": [ ]}'])
def test_what_is_no_stored_reply_is_shown_as_it_is(text: str) -> None:
    assert shown_reply(text) == text
