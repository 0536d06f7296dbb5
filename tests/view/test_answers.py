"""One item's page: the question with its long beginning folded, the thoughts, the answer, what is known of it."""

from __future__ import annotations

from dataclasses import replace

from quantgate.evals.contract.records import Sample
from quantgate.view.answers import answer_cards, asked_parts
from quantgate.view.types import Filter
from tests.view import made


def texts(parts) -> str:
    return "".join(part.text for part in parts)


def cards(left: Sample, right: Sample):
    shown = made.pair(1)
    shown.samples = {"fp8": [left], "mxfp4": [right]}
    return answer_cards(shown.item(("fp8", "mxfp4"), Filter(), left.key))


def test_of_many_messages_the_last_that_the_user_says_is_the_question():
    said = [("system", "s"), ("user", "1?"), ("assistant", "1."), ("user", "2?"), ("assistant", "Let me")]
    before, last = asked_parts(made.asked(messages=tuple({"role": role, "content": text} for role, text in said)))
    assert [one.text for one in before] == ["s", "1?", "1."]
    assert [one.text for one in last] == ["2?", "Let me"]


def test_of_a_long_question_the_end_is_in_sight_from_the_beginning_of_a_paragraph():
    example = "Question: how many?\nAnswer: five\n\n"
    _, (one,) = asked_parts(made.asked(text=example * 200 + "Question: and now?"))
    assert one.folded + one.text == example * 200 + "Question: and now?"
    assert one.folded.endswith("\n\n")
    assert one.text.startswith("Question:")
    assert len(one.text) < 1_500


def test_thoughts_that_the_server_took_out_and_those_that_were_left_in_are_folded():
    taken, left = cards(
        made.sample(reasoning="2 and 3"), made.sample(response="<think>2 and 3</think>\nThe answer is 72.")
    )
    assert texts(taken.thoughts) == "2 and 3"
    assert texts(left.thoughts) == "<think>2 and 3</think>\n"
    assert texts(left.parts) == "The answer is 72."


def test_a_long_beginning_that_both_have_in_common_is_folded_but_for_its_end():
    same = "We count on. " * 400
    left, right = cards(made.sample(response=f"{same}72"), made.sample(response=f"{same}73"))
    assert texts(left.folded) + texts(left.parts) == f"{same}72"
    assert texts(left.folded) == texts(right.folded)
    assert len(texts(left.parts)) < 700


def test_a_long_answer_that_parts_from_nothing_is_whole():
    (left, right) = cards(made.sample(response="A" * 98_000), made.sample(response="A" * 98_000))
    assert texts(left.parts) == texts(right.parts) == "A" * 98_000


def test_what_nobody_tells_is_left_out_and_what_makes_no_sense_does_no_harm():
    bare = made.sample(
        usage={"completion_tokens": "many", "completion_tokens_details": 5}, latency_s=None, finish_reason=None
    )
    facts = cards(bare, bare)[0].facts
    assert not {"latency", "tokens of the answer", "of these thoughts", "ended by"} & facts.keys()
    assert facts["status"] == "ok"


def test_no_answer_is_a_card_without_one():
    shown = made.pair(1)
    view = replace(shown.item(("fp8", "mxfp4"), Filter(), ("gsm8k", "0", 0)), answers=(None, None))
    assert [card.sample for card in answer_cards(view)] == [None, None]
