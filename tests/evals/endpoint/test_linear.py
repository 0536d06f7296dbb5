"""Streams that are made to be dear: what is read costs no more than a little for each byte, or the loop would stand.

Each of these would take from a quarter of a minute to hours where the work grew with the square of the length.
"""

import contextlib
import time

import pytest

from quantgate.evals.contract.thoughts import graded_text, split_thoughts
from quantgate.evals.endpoint.bodies import words_of
from quantgate.evals.endpoint.deltas import Completion
from quantgate.evals.endpoint.failures import MalformedReply
from quantgate.evals.endpoint.parameters import advice
from quantgate.evals.endpoint.pending import Pending
from quantgate.evals.endpoint.refusals import is_content_refusal, is_key_problem, refused_answer
from quantgate.evals.endpoint.reply import read_reply
from quantgate.evals.endpoint.stream import BrokenStream, StreamedCompletion, StreamedError
from tests.server.events import chunk, event

LONG_S = 5.0


@pytest.fixture(autouse=True)
def soon():
    began = time.process_time()
    yield
    assert time.process_time() - began < LONG_S


@pytest.mark.parametrize("piece", [b"x" * 100, b": " + b"x" * 98, b"data: x" + b"y" * 92 + b"\n", b"\n" + b"x" * 99])
def test_an_event_that_never_ends(piece):
    pending = Pending()
    for _ in range(40_000):
        assert not pending.whole_events(piece)
    assert pending.size == 4_000_000


def test_a_line_of_carriage_returns_and_text():
    pending = Pending()
    for _ in range(40_000):
        pending.whole_events(b"x" * 99 + b"\r")
    assert pending.size == 3_999_999


def test_a_block_of_events_with_a_long_text_in_its_midst_that_is_none():
    token = event(chunk({"content": "word"}))
    stream = StreamedCompletion()
    stream.feed(token)
    stream.feed(token + b": " + b"x" * 500_000 + b"\n\n" + token)
    stream.feed(event(chunk({}, "stop")))
    assert stream.finish().count("wordwordword") == 1


def test_a_block_of_events_that_ends_in_an_empty_token():
    stream = StreamedCompletion()
    for words in (["a"], ["b", ""], ["", "c"], [""]):
        stream.feed(b"".join(event(chunk({"content": word})) for word in words))
    stream.feed(event(chunk({}, "stop")))
    assert '"content": "abc"' in stream.finish()


PIECE = "x" * 100


@pytest.mark.parametrize(
    "delta",
    [
        lambda: {"tool_calls": [{"index": 0, "function": {"arguments": PIECE}}]},
        lambda: {"content": [{"type": "text", "text": PIECE}]},
        lambda: {"reasoning_details": [{"type": "t", "index": 0, "summary": PIECE}]},
    ],
    ids=["tool calls", "parts", "details"],
)
def test_a_value_that_grows_piece_by_piece(delta):
    completion = Completion()
    for _ in range(60_000):
        completion.add({"choices": [{"delta": delta()}]}, 150)
    assert PIECE * 60_000 in completion.document()


def test_tool_calls_without_number():
    completion = Completion()
    for index in range(30_000):
        completion.add({"choices": [{"delta": {"tool_calls": [{"index": index, "id": str(index)}]}}]}, 50)
    assert completion.document().count('"id"') == 30_000


def test_an_event_of_millions_of_values_is_not_read():
    with pytest.raises(BrokenStream, match="millions of values"):
        StreamedCompletion().feed(b"data: [" + b"{}," * 4_000_000 + b"{}]\n\n")


@pytest.mark.parametrize("word", ["violat", "no ", "not ", "stop ", "max_tokens ", "context length ", "<think>", " "])
def test_a_refusal_of_one_word_over_and_over(word):
    refusal = word * (1_000_000 // len(word))
    is_content_refusal(refusal)
    is_key_problem(refusal)
    advice(refusal)
    refused_answer(refusal, "", 1)


@pytest.mark.parametrize(
    "piece", ["<think>", "</think>x", "<|end|> ", "assistantfinal", "analysis", ". ", "<|x|>", " "]
)
def test_an_answer_of_one_piece_over_and_over(piece):
    answer = piece * (400_000 // len(piece))
    split_thoughts(answer)
    graded_text(answer)


def nested(depth):
    return '{"error":' * depth + '"x"' + "}" * depth


@pytest.mark.parametrize("depth", [100, 900, 940, 960, 970, 980, 990, 1100])
def test_what_is_nested_as_deeply_as_it_can_be_is_a_fault_at_most(depth):
    assert words_of(nested(depth))
    with pytest.raises(MalformedReply):
        read_reply(nested(depth))
    part = f'{{"index":{nested(depth)},"function":{{"arguments":{nested(depth)}}}}}'
    stream = StreamedCompletion()
    with contextlib.suppress(BrokenStream, StreamedError):
        for _ in range(2):
            stream.feed(f'data: {{"choices":[{{"delta":{{"tool_calls":[{part}]}}}}]}}\n\n'.encode())
        stream.finish()


def test_a_status_of_thousands_of_digits_is_none():
    with pytest.raises(StreamedError) as failure:
        StreamedCompletion().feed(event({"error": {"code": "4" * 5000, "message": "no"}}))
    assert failure.value.code is None
