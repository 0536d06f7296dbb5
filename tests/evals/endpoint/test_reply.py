"""What counts as an answer, and what as a fault."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.failures import MalformedReply
from quantgate.evals.endpoint.reply import error_text, is_context_overflow, read_reply
from quantgate.evals.text import excerpt


def body(message: dict, finish_reason: object = "stop", **more: object) -> str:
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": finish_reason}], **more})


@pytest.mark.parametrize("reason", ["timeout", "cancelled", "not_finished", "network_error", "error", "TIMED_OUT"])
def test_a_fault_in_the_finish_reason_is_no_answer(reason):
    with pytest.raises(MalformedReply, match=f"gave up on the answer .finish_reason {reason}"):
        read_reply(body({"content": "The answer is"}, reason))


def test_an_error_inside_the_choice_is_no_answer():
    choice = {
        "message": {"content": "The"},
        "finish_reason": "stop",
        "error": {"code": 502, "message": "provider died"},
    }
    with pytest.raises(MalformedReply, match="provider died"):
        read_reply(json.dumps({"choices": [choice]}))


def test_null_in_place_of_a_reason_is_an_answer_that_was_given_up():
    with pytest.raises(MalformedReply, match="finish_reason null"):
        read_reply(body({"content": "The answer is"}, None))


@pytest.mark.parametrize(
    "beside", [{"stop_reason": 128009}, {"matched_stop": "####"}, {"native_finish_reason": "STOP"}]
)
def test_null_beside_what_ended_the_answer_is_complete(beside):
    choice = {"message": {"content": "5"}, "finish_reason": None, **beside}
    assert read_reply(json.dumps({"choices": [choice]})).status is Status.OK


def test_a_server_that_sends_no_finish_reason_at_all_can_be_used():
    reply = read_reply(json.dumps({"choices": [{"message": {"content": "5"}}]}))
    assert (reply.status, reply.finish_reason) == (Status.OK, None)


def test_a_reason_that_is_not_known_is_complete_and_kept():
    reply = read_reply(body({"content": "5"}, "x"))
    assert (reply.status, reply.finish_reason) == (Status.OK, "x")


def test_the_worse_of_two_reasons_counts():
    choice = {"message": {"content": "5"}, "finish_reason": "stop", "native_finish_reason": "MAX_TOKENS"}
    reply = read_reply(json.dumps({"choices": [choice]}))
    assert (reply.status, reply.finish_reason) == (Status.TRUNCATED, "stop")
    with pytest.raises(MalformedReply, match="finish_reason network_error"):
        read_reply(json.dumps({"choices": [{**choice, "native_finish_reason": "network_error"}]}))


@pytest.mark.parametrize(
    ("message", "reason", "response"),
    [
        ({"content": "As far as"}, "content_filter", "As far as"),
        ({"content": None}, "SAFETY", None),
        ({"content": None, "refusal": "I cannot help."}, "stop", "I cannot help."),
        ({"content": [{"type": "refusal", "refusal": "I cannot help."}]}, "stop", "I cannot help."),
    ],
)
def test_a_refusal_has_a_status_of_its_own(message, reason, response):
    reply = read_reply(body(message, reason))
    assert (reply.status, reply.response) == (Status.REFUSED, response)


def test_a_refusal_field_that_is_empty_says_nothing():
    assert read_reply(body({"content": "5", "refusal": ""})).status is Status.OK


@pytest.mark.parametrize("reason", ["MAX_TOKENS", "model_length", "model_context_window_exceeded", "repetition"])
def test_every_way_of_being_cut_is_truncated(reason):
    assert read_reply(body({"content": "First we"}, reason)).status is Status.TRUNCATED


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"message": "This model's maximum context length is 8 tokens", "code": 400}, Status.TRUNCATED),
        ({"message": "Provider returned error", "metadata": {"raw": "prompt is too long: 9 > 8"}}, Status.TRUNCATED),
        ({"message": "Content Exists Risk"}, Status.REFUSED),
    ],
)
def test_a_refusal_under_http_200_is_what_it_would_be_under_400(error, status):
    reply = read_reply(json.dumps({"error": error}))
    assert (reply.status, reply.refused, reply.response) == (status, True, None)
    assert str(error["message"]) in (reply.error or "")


def test_minimax_says_what_went_wrong_beside_null_choices():
    told = {"choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit"}}
    with pytest.raises(MalformedReply, match="rate limit"):
        read_reply(json.dumps(told))


def test_a_byte_order_mark_is_no_fault():
    assert read_reply("\ufeff" + body({"content": "5"})).response == "5"


def test_magistrals_parts_are_thought_and_answer():
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "2 and 3"}]}
    reply = read_reply(body({"content": [thinking, {"type": "text", "text": "It is 5."}]}))
    assert (reply.status, reply.response, reply.reasoning) == (Status.OK, "It is 5.", "2 and 3")


def test_special_tokens_are_stored_and_are_no_answer():
    assert read_reply(body({"content": "5<|im_end|>"})).response == "5<|im_end|>"
    assert read_reply(body({"content": "<|im_end|>"})).status is Status.EMPTY


def test_a_plain_answer_is_ok():
    reply = read_reply(body({"content": "It is 5."}, usage={"completion_tokens": 4}))
    assert (reply.status, reply.response, reply.usage) == (Status.OK, "It is 5.", {"completion_tokens": 4})


def test_an_answer_that_ran_out_of_tokens_is_truncated_and_keeps_its_text():
    reply = read_reply(body({"content": "First we"}, "length"))
    assert (reply.status, reply.response) == (Status.TRUNCATED, "First we")


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_an_answer_without_visible_text_is_empty(content):
    assert read_reply(body({"content": content})).status is Status.EMPTY


def test_reasoning_without_an_answer_is_empty_and_keeps_the_reasoning():
    reply = read_reply(body({"content": None, "reasoning_content": "hm"}))
    assert (reply.status, reply.response, reply.reasoning) == (Status.EMPTY, None, "hm")


def test_thoughts_that_used_up_the_budget_are_truncated():
    assert read_reply(body({"content": None, "reasoning": "hm"}, "length")).status is Status.TRUNCATED


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_read_from_either_field(field):
    assert read_reply(body({"content": "5", field: "2 and 3"})).reasoning == "2 and 3"


@pytest.mark.parametrize(
    ("content", "response", "reasoning"),
    [
        ("<think>2 and 3</think>It is 5.", "It is 5.", "2 and 3"),
        ("\n<think>\n2 and 3\n</think>\n\nIt is 5.", "It is 5.", "2 and 3"),
        ("2 and 3\n</think>\n\nIt is 5.", "It is 5.", "2 and 3"),
        ("<think>\n\n</think>\n\nIt is 5.", "It is 5.", None),
    ],
)
def test_thoughts_that_the_server_left_in_the_content_are_split_off(content, response, reasoning):
    reply = read_reply(body({"content": content}))
    assert (reply.status, reply.response, reply.reasoning) == (Status.OK, response, reasoning)


@pytest.mark.parametrize("content", ["<think>2 and 3", "<think>2 and 3</think>", "<think>2 and 3</think>\n \n"])
@pytest.mark.parametrize(("finish_reason", "status"), [("stop", Status.EMPTY), ("length", Status.TRUNCATED)])
def test_thoughts_and_nothing_after_them_are_no_answer(content, finish_reason, status):
    reply = read_reply(body({"content": content}, finish_reason))
    assert (reply.status, reply.response, reply.reasoning) == (status, None, "2 and 3")


def test_thoughts_in_a_field_and_in_the_content_are_kept_together():
    reply = read_reply(body({"content": "<think>and 3</think>5", "reasoning_content": "2"}))
    assert (reply.response, reply.reasoning) == ("5", "2\n\nand 3")


MARKS = (
    "think",
    "thought",
    "reasoning",
    "channel",
    "assistantfinal",
    "unused9",
    "inner_",
    "final response",
    "<|start|>",
)


@given(st.text().filter(lambda text: not any(mark in text.lower() for mark in MARKS)))
def test_content_without_tags_stays_as_it_is_to_the_byte(content):
    assert read_reply(body({"content": content})).response == content


@pytest.mark.parametrize(
    "content", ["The tag <think> opens a thought. #### 5", "Use <think>a</think> tags: 5", " see </think> there. 5\n"]
)
def test_an_answer_that_speaks_of_tags_stays_whole(content):
    reply = read_reply(body({"content": content}))
    assert (reply.response, reply.reasoning) == (content, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty body"),
        ("<!doctype html><p>hello", "not JSON: <!doctype html>"),
        ("[]", "no object"),
        ('{"error": {"message": "engine died"}}', "engine died"),
        ('{"error": "engine died", "choices": [1]}', "engine died"),
        ("{}", "no choices"),
        ('{"choices": []}', "no choices"),
        ('{"choices": [{}]}', "no message"),
        (body({"content": [5]}), "not text"),
        (body({"content": 5}), "not text"),
        (body({"content": ""}, "abort"), "gave up on the answer"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_anything_else_is_malformed_and_the_message_says_how(text, said):
    with pytest.raises(MalformedReply, match=said):
        read_reply(text)


@pytest.mark.slow
@given(
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(
        json.dumps
    )
)
def test_no_body_breaks_the_reader(text):
    with contextlib.suppress(MalformedReply):
        assert read_reply(text).status in Status


@pytest.mark.parametrize(
    "told",
    [
        {"error": {"code": "context_length_exceeded", "message": "too long"}},
        {"message": "This model's maximum context length is 4096 tokens. However, you requested 9000"},
        {"error": {"type": "exceed_context_size_error", "n_ctx": 512}},
        "Requested token count exceeds the model's maximum context length of 8192 tokens",
        "You requested 16384 output tokens. However, the model's context length is only 163804 tokens, resulting in",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
    ],
)
def test_a_prompt_over_the_context_window_is_recognised(told):
    assert is_context_overflow(told)


def test_another_bad_request_is_no_context_overflow():
    assert not is_context_overflow({"error": {"message": "temperature must be non-negative"}})
    assert not is_context_overflow({"error": {"message": "the context window option is unknown"}})


@pytest.mark.parametrize(
    "told", [{"message": "no"}, {"error": {"message": "no"}}, {"error": "no"}, {"detail": "no"}, "no"]
)
def test_the_human_part_of_an_error_is_found(told):
    assert error_text(told) == "no"


@given(st.text())
def test_an_excerpt_is_one_short_printable_line(text):
    line = excerpt(text)
    assert len(line) <= 120
    assert all(character.isprintable() for character in line)
