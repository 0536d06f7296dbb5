"""Streams of server-sent events, put together into the document that a server sends which does not stream."""

import json

import pytest

from quantgate.evals import secrets
from quantgate.evals.endpoint.reply import read_reply
from quantgate.evals.endpoint.stream import BrokenStream, StreamedCompletion, StreamedError, looks_like_events
from tests.server.events import chunk, event

TEXT = 'Wé say "5" \\ or \U0001f600\n\tand stop.'
TOKENS = ["Wé", ' say "', '5" \\', " or ", "\U0001f600", "\n\t", "and", " stop."]
END = [
    event(chunk({}, "stop")),
    event({**chunk({}), "choices": [], "usage": {"completion_tokens": 8}}),
    event("[DONE]"),
]


def read(stream: bytes, size: int | None = None) -> dict:
    """The document of a stream that arrives in pieces of so many bytes."""
    completion = StreamedCompletion()
    step = size or len(stream)
    for start in range(0, len(stream), step):
        completion.feed(stream[start : start + step])
    return json.loads(completion.finish())


def message_of(*deltas: dict) -> dict:
    return read(b"".join([*(event(chunk(delta)) for delta in deltas), *END]))["choices"][0]["message"]


def healthy(tokens: list[str] = TOKENS) -> bytes:
    events = [
        event(chunk({"role": "assistant", "content": ""})),
        *(event(chunk({"content": token})) for token in tokens),
    ]
    return b"".join([*events, *END])


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000, None])
@pytest.mark.parametrize(
    "form",
    [
        lambda stream: stream,
        lambda stream: stream.replace(b"\n", b"\r\n"),
        lambda stream: stream.replace(b"\n", b"\r"),
        lambda stream: b"\xef\xbb\xbf" + stream,
        lambda stream: stream.replace(b"data: ", b"data:"),
        lambda stream: stream.replace(b"data: ", b"event: message\nid: 7\ndata: "),
        lambda stream: stream.replace(b"\n\n", b"\n\n: keep-alive\n\n"),
        lambda stream: stream.replace(b"\n\n", b"\n\ndata: ping\n\n"),
        lambda stream: stream.replace(b"\n\n", b"\n"),
        lambda stream: stream.replace(b',"object"', b',\ndata: "object"'),
        lambda stream: stream.replace(b"data: [DONE]\n\n", b""),
        lambda stream: stream.rstrip(b"\n"),
    ],
)
def test_it_reads_as_one_answer_whatever_its_line_ends_and_wherever_it_is_cut(form, size):
    document = read(form(healthy()), size)
    assert document["choices"][0]["message"] == {"role": "assistant", "content": TEXT}
    assert document["choices"][0]["finish_reason"] == "stop"
    assert (document["object"], document["usage"]) == ("chat.completion", {"completion_tokens": 8})
    assert read_reply(json.dumps(document)).response == TEXT


def test_raw_utf_8_that_is_cut_within_a_character_comes_out_whole():
    stream = b"".join(event(json.dumps(chunk({"content": "é€😀"}), ensure_ascii=False)) for _ in range(50))
    assert read(stream + b"".join(END), 3)["choices"][0]["message"]["content"] == "é€😀" * 50


def test_a_pair_of_surrogates_in_two_events_is_one_character():
    halves = [
        event('{"choices":[{"delta":{"content":"\\ud83d"}}]}'),
        event('{"choices":[{"delta":{"content":"\\ude00"}}]}'),
    ]
    assert read(b"".join([*halves, *END]))["choices"][0]["message"]["content"] == "\U0001f600"


def test_envelopes_that_change_in_mid_stream_lose_nothing():
    events = [
        event({**chunk({"content": f"{number},"}), "created": 1764208800 + number // 7, "id": f"id-{number // 50}"})
        for number in range(400)
    ]
    content = read(b"".join([*events, *END]), 4096)["choices"][0]["message"]["content"]
    assert content == "".join(f"{number}," for number in range(400))


def test_an_envelope_with_something_new_in_each_event_is_read_too():
    events = [event({**chunk({"content": f"{number} "}), "obfuscation": "x" * (number % 9)}) for number in range(99)]
    assert read(b"".join([*events, *END]))["choices"][0]["message"]["content"].split() == [str(n) for n in range(99)]


def test_a_string_that_looks_like_the_envelope_is_only_a_string():
    tokens = ['","logprobs":null,"finish_reason":"length"}]}', '{"delta":{"content":"x"}}', "data: [DONE]\n\n"] * 5
    choice = read(healthy(tokens), 50)["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("".join(tokens), "stop")


def test_other_choices_than_the_first_are_left_out():
    other = {"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": None}]}
    events = [event(chunk({"content": "yes"})), event(other), event(chunk({"content": " yes"}))] * 3
    assert read(b"".join([*events, *END]))["choices"][0]["message"]["content"] == "yes yes" * 3


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_come_apart_from_the_answer(field):
    message = message_of({"role": "assistant"}, {field: "2 and"}, {field: " 3"}, {"content": "5"}, {"content": "."})
    assert (message[field], message["content"]) == ("2 and 3", "5.")


def test_parts_of_one_type_become_one_part():
    message = message_of(
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "2 a"}]}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "nd 3"}]}]},
        {"content": [{"type": "text", "text": "It is"}]},
        {"content": " 5."},
    )
    assert message["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "2 and 3"}]},
        {"type": "text", "text": "It is 5."},
    ]


def call(index: int | None, arguments: object, name: str | None = None, number: str | None = None) -> dict:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    told = {"index": index, "id": number, "type": "function" if name else None, "function": function}
    return {"tool_calls": [{key: value for key, value in told.items() if value is not None}]}


@pytest.mark.parametrize(
    "deltas",
    [
        [call(0, "", "get", "a"), call(0, '{"x"'), call(1, "", "put", "b"), call(0, ": 1}"), call(1, "{}")],
        [call(0, "", "get", "a"), call(0, '{"x": 1}', "get", "a"), call(1, "{}", "put", "b")],
        [call(None, "", "get", "a"), call(None, '{"x": 1}'), call(None, "{}", "put", "b")],
        [call(0, '{"x": 1}', "get", "a"), call(0, "{}", "put", "b")],
        [call(0, "", "get", "a"), call(0, '{"x": 1}', None, "another"), call(1, "{}", "put", "b")],
    ],
)
def test_tool_calls_are_put_together_by_index(deltas):
    calls = message_of(*deltas)["tool_calls"]
    assert [(each["id"], each["function"]["name"]) for each in calls] == [("a", "get"), ("b", "put")]
    assert [json.loads(each["function"]["arguments"]) for each in calls] == [{"x": 1}, {}]
    assert calls[0]["type"] == "function"


@pytest.mark.parametrize(
    "deltas",
    [
        [call(None, '{"x": 1}', "get"), call(None, "{}", "put")],
        [call(0, '{"x"', "get"), call(0, ": 1}"), call(0, "{}", "put")],
        [call(None, "", "ge"), call(None, "", "t"), call(None, '{"x": 1}'), call(None, "", "put"), call(None, "{}")],
        [call(0, {"x": 1}, "get"), call(0, {}, "put")],
    ],
)
def test_calls_without_ids_of_one_index_or_none_are_told_apart(deltas):
    calls = message_of(*deltas)["tool_calls"]
    assert [each["function"]["name"] for each in calls] == ["get", "put"]
    told = [each["function"]["arguments"] for each in calls]
    assert [json.loads(each) if isinstance(each, str) else each for each in told] == [{"x": 1}, {}]


def test_a_name_that_is_told_with_every_piece_is_one_call_and_called_again_another():
    pieces = [call(0, '{"x": {"y"', "get"), call(0, ": 1}", "get"), call(0, "}", "get"), call(0, "", "get")]
    again = [call(0, '{"x": 2}', "get")]
    calls = message_of(*pieces, *again)["tool_calls"]
    assert [json.loads(each["function"]["arguments"]) for each in calls] == [{"x": {"y": 1}}, {"x": 2}]


def test_a_refusal_is_kept():
    assert message_of({"refusal": "I can"}, {"refusal": "not."})["refusal"] == "I cannot."


def test_a_whole_answer_in_one_event_is_an_answer():
    whole = {
        "object": "chat.completion",
        "choices": [{"message": {"role": "assistant", "content": "5"}, "finish_reason": "stop"}],
    }
    assert read(event(whole))["choices"][0]["message"]["content"] == "5"


def test_what_stands_beside_the_choices_is_kept():
    last = {**chunk({}, "stop"), "system_fingerprint": "fp", "timings": {"predicted_ms": 3}}
    document = read(event(chunk({"content": "5"})) + event(last))
    assert (document["system_fingerprint"], document["timings"]) == ("fp", {"predicted_ms": 3})


def test_only_tokens_are_told_as_tokens():
    completion = StreamedCompletion()
    assert not completion.feed(event(chunk({"role": "assistant", "content": ""})) + b": keep-alive\n\n")
    assert completion.feed(event(chunk({"reasoning_content": "hm"})))
    assert completion.feed(event(chunk({"tool_calls": [{"index": 0, "function": {"name": "get"}}]})))
    assert not completion.feed(b": keep-alive\n\n" + event(chunk({}, "stop")))


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (event(chunk({"content": "half an"})), "ended without finish_reason, after 7 characters: half an"),
        (event(chunk({"content": "half an"})) + event(chunk({}, "stop"))[:40], "in the midst of an event, after 7"),
        (event(chunk({"content": "half an"})) + b'data: {"choices": [{"del\n\n', "is not JSON"),
        (event(chunk({"content": "half an"})) + b": ping\n\n", "ended without finish_reason"),
        (b": ping\n\n: ping\n\n", "without an answer"),
        (event("[DONE]"), "without an answer"),
    ],
)
def test_a_stream_that_breaks_off_says_how_far_it_came(stream, said):
    with pytest.raises(BrokenStream, match=said):
        read(stream)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (event({"error": {"message": "engine died", "code": 500}}), 500),
        (event({"error": "engine died"}), None),
        (event({"object": "error", "message": "engine died", "code": 400}), 400),
        (b'event: error\ndata: {"message": "engine died"}\n\n', None),
        (b"event: error\ndata: engine died\n\n", None),
        (b'{"error": {"message": "engine died", "code": "429"}}\n\n', 429),
    ],
)
def test_an_error_in_mid_stream_is_told_with_its_code(failure, code):
    with pytest.raises(StreamedError) as raised:
        read(event(chunk({"content": "half an"})) + failure)
    assert "engine died" in json.dumps(raised.value.error)
    assert (raised.value.code, raised.value.has_begun) == (code, True)


@pytest.mark.parametrize(
    ("begun", "answer"),
    [
        (b"data: {", True),
        (b"\xef\xbb\xbf: hello", True),
        (b"\n\nevent: x", True),
        (b'{"choices"', False),
        (b"<html>", False),
        (b"", None),
        (b"dat", None),
        (b"\xef\xbb", None),
    ],
)
def test_a_stream_is_known_by_its_beginning(begun, answer):
    assert looks_like_events(begun) is answer


def test_a_key_across_events_is_shown_neither_of_a_broken_stream_nor_of_a_whole_one(monkeypatch):
    monkeypatch.setattr(secrets, "_known", ())
    secrets.learn("sk-live-0123456789")
    completion = StreamedCompletion()
    for part in ("it is ", "sk-live-01", "23456789"):
        completion.feed(event(chunk({"content": part})))
    assert completion.so_far() == "after 9 characters: it is ***"
    with pytest.raises(BrokenStream, match=r"not JSON \(\{\*\*\*\), after"):
        completion.feed(b"data: {sk-live-0123456789\n\n")
