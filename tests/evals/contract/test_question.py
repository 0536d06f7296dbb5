"""What was asked, as one text."""

from __future__ import annotations

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.question import message_text, offered_tools, question
from quantgate.evals.contract.records import Continuation


def asked(*said: tuple[str, str]) -> Asked:
    return Asked("gsm8k", "1", "h", tuple({"role": role, "content": text} for role, text in said))


def test_it_is_the_last_that_the_user_said_with_the_beginning_of_the_answer():
    examples = [("system", "Think."), ("user", "1 + 1?"), ("assistant", "2")]
    assert question(asked(*examples, ("user", "2 + 2?"), ("assistant", "Let's see:"))) == "2 + 2?\nLet's see:"


def test_of_choices_it_is_their_context_and_each_of_them():
    choices = Asked("arc", "1", "h", continuations=(Continuation("Sky?", " blue"), Continuation("Sky?", " red")))
    assert question(choices) == "Sky?\n· blue\n· red"


def test_what_was_not_kept_is_no_question():
    assert question(Asked("gpqa_diamond", "1", "h", private=True)) is None


def test_what_a_message_calls_is_part_of_what_it_says():
    assert message_text({"content": "Wait.", "tool_calls": '[{"name": "get"}]'}) == 'Wait.\n[{"name": "get"}]'


def test_tools_are_told_by_their_names():
    tools = [{"type": "function", "function": {"name": "get"}}, {"name": "put"}, "?", {"function": {"name": 3}}]
    assert offered_tools(Asked("t", "1", "h", body={"tools": tools})) == ("get", "put", "?", "?")
    assert offered_tools(Asked("t", "1", "h", body={"tools": "no list"})) == ()
