"""`prompts.jsonl`: what was asked is found again by task, item and hash, whatever else stands in the file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation
from quantgate.evals.samples.prompts import PROMPTS_FILE, Prompts, line_of_prompt, parse_prompt


def asked(item: str = "1", text: str = "What is 1 + 3?", **fields) -> Asked:
    return Asked("sums", item, f"hash of {item}", **{"messages": ({"role": "user", "content": text},), **fields})


def write(folder, *lines: bytes) -> Prompts:
    (folder / PROMPTS_FILE).write_bytes(b"".join(lines))
    return Prompts.open(folder)


@given(item=st.text(), text=st.text(), reference=st.none() | st.text())
def test_any_text_comes_back_as_it_was_on_one_line(item, text, reference):
    one = asked(item, text, reference=reference)
    line = line_of_prompt(one)
    assert (line.count(b"\n"), parse_prompt(line)) == (1, one)


def test_what_was_sent_beside_the_messages_comes_back():
    tools = {"tools": [{"type": "function", "function": {"name": "é", "parameters": {"type": "object"}}}]}
    one = asked(body=tools)
    assert parse_prompt(line_of_prompt(one)) == one
    with pytest.raises(ValueError, match="body must be an object"):
        parse_prompt(line_of_prompt(one).replace(b'"body": {', b'"body": [], "other": {'))


def test_choices_that_share_their_context_have_it_written_once():
    choices = tuple(
        Continuation(context, text)
        for context, text in [("a long context", " A"), ("a long context", " B"), ("c", " A")]
    )
    one = asked(messages=(), continuations=choices)
    line = line_of_prompt(one)
    assert line.count(b"a long context") == 1
    assert parse_prompt(line) == one


def test_of_a_private_prompt_there_is_no_text_whatever_is_given():
    line = line_of_prompt(asked(text="the question", reference="the answer", private=True))
    assert json.loads(line) == {"task": "sums", "item_id": "1", "prompt_hash": "hash of 1", "private": True}
    assert parse_prompt(line) == asked(messages=(), private=True)


def test_one_prompt_is_found_among_many(tmp_path):
    many = [asked(f"airline/{number}", text="x" * number) for number in range(300)]
    prompts = write(tmp_path, *map(line_of_prompt, many))
    assert prompts.of("sums", "airline/217", "hash of airline/217") == many[217]
    assert prompts.of("sums", "airline/217", "another hash") is None
    assert prompts.of("other", "airline/217", "hash of airline/217") is None


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"\0\0\0\n",
        b"no JSON\n",
        b"[1]\n",
        b'{"task": "sums"}\n',
        b'{"task": "sums", "item_id": "1", "prompt_hash": "hash of 1", "messages": [1]}\n',
        b'{"task": "sums", "item_id": "1", "prompt_hash": "hash of 1", "messages": [{"role": 5}]}\n',
        b'{"task": "sums", "item_id": "1", "prompt_hash": "hash of 1", "continuations": [{"text": "no context"}]}\n',
        b'{"task": "sums", "item_id": "1", "prompt_hash": "hash of 1", "reference": 4}\n',
        b'{"task": "sums", "item_id": "1", "prompt_hash": "hash of 1", "private": "no"}\n',
        b'{"task": "sums", "item_id": "1", "prompt_hash": "hash of 1", "item_id": "1"}\n',
        b'{"task": "sums", "item_id": 1, "prompt_hash": "hash of 1"}\n',
        b'{"task": "\xff", "item_id": "1", "prompt_hash": "hash of 1"}\n',
        b'{"task": "sums", "item_id": "1", "prompt_hash": "hash of 1", "messages": ' + b"[" * 100_000 + b"\n",
    ],
)
def test_a_line_that_is_no_prompt_is_passed_over(tmp_path, line):
    prompts = write(tmp_path, line, line_of_prompt(asked("2")))
    assert prompts.of("sums", "1", "hash of 1") is None
    assert prompts.of("sums", "2", "hash of 2") == asked("2")
    assert write(tmp_path, line_of_prompt(asked()), line).of("sums", "1", "hash of 1") == asked()


def test_a_line_as_another_tool_writes_it_is_found(tmp_path):
    told = {"messages": [{"role": "user", "content": "Hi"}], "prompt_hash": "h", "note": 1, "item_id": "é", "task": "t"}
    prompts = write(tmp_path, json.dumps(told).encode() + b"\r\n")
    assert prompts.of("t", "é", "h") == Asked("t", "é", "h", ({"role": "user", "content": "Hi"},))


def test_what_is_written_meanwhile_is_found_and_a_torn_line_once_it_is_whole(tmp_path):
    prompts = Prompts.open(tmp_path)
    assert prompts.of("sums", "1", "hash of 1") is None
    whole = line_of_prompt(asked("2"))
    write(tmp_path, line_of_prompt(asked()), whole[:40])
    assert prompts.of("sums", "1", "hash of 1") == asked()
    assert prompts.of("sums", "2", "hash of 2") is None
    with (tmp_path / PROMPTS_FILE).open("ab") as stream:
        stream.write(whole[40:])
    assert prompts.of("sums", "2", "hash of 2") == asked("2")


def test_a_file_that_was_exchanged_for_a_shorter_one_is_looked_through_anew(tmp_path):
    prompts = write(tmp_path, *(line_of_prompt(asked(str(number))) for number in range(9)))
    assert prompts.of("sums", "8", "hash of 8") is not None
    write(tmp_path, line_of_prompt(asked("11")))
    assert prompts.of("sums", "11", "hash of 11") == asked("11")
    assert prompts.of("sums", "8", "hash of 8") is None


def test_what_cannot_be_read_is_said_and_nothing_is_found(tmp_path):
    assert Prompts.open(tmp_path).problem == ""
    (tmp_path / PROMPTS_FILE).mkdir()
    prompts = Prompts.open(tmp_path)
    assert prompts.of("sums", "1", "hash of 1") is None
    assert prompts.problem.startswith(f"{tmp_path / PROMPTS_FILE} cannot be read")
