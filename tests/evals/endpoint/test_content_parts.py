"""Text and thoughts of a message, in each form that servers send them."""

import pytest

from quantgate.evals.endpoint.content_parts import read_content, read_thoughts


@pytest.mark.parametrize(
    ("content", "text", "thoughts"),
    [
        (None, "", ""),
        ("5", "5", ""),
        ([{"type": "text", "text": "5"}], "5", ""),
        ([{"type": "output_text", "text": "5", "annotations": []}], "5", ""),
        (["It is ", "5"], "It is 5", ""),
        ({"type": "text", "text": "5"}, "5", ""),
        ([{"text": "5"}], "5", ""),
        ([{"type": "text", "text": {"value": "5", "annotations": []}}], "5", ""),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "2 and 3"}]}, {"type": "text", "text": "5"}],
            "5",
            "2 and 3",
        ),
        ([{"type": "thinking", "thinking": "hm", "signature": "x"}, {"type": "text", "text": "5"}], "5", "hm"),
        (
            [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}, {"type": "text", "text": "5"}],
            "5",
            "hm",
        ),
        ([{"type": "reasoning_text", "text": "hm"}, {"type": "text", "text": "5"}], "5", "hm"),
        ([{"type": "text", "text": "hm", "thought": True}, {"type": "text", "text": "5"}], "5", "hm"),
        ([{"type": "text", "text": "5"}, {"type": "reference", "reference_ids": [1]}, {"type": "image_url"}], "5", ""),
        ([{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "5"}], "5", ""),
        ([], "", ""),
    ],
)
def test_every_form_of_content_is_read(content, text, thoughts):
    parts = read_content(content)
    assert parts is not None
    assert ("".join(parts.text), "".join(parts.thoughts), parts.refusal) == (text, thoughts, [])


def test_a_refusal_part_is_no_text():
    parts = read_content([{"type": "refusal", "refusal": "I cannot."}])
    assert parts is not None
    assert (parts.text, parts.refusal) == ([], ["I cannot."])


@pytest.mark.parametrize("content", [5, True, [5], [["a"]], [None]])
def test_what_is_neither_text_nor_parts_is_refused(content):
    assert read_content(content) is None


@pytest.mark.parametrize(
    "message",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning": {"content": "hm"}},
        {"thinking": "hm"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm", "index": 0}]},
        {
            "reasoning_details": [
                {"type": "reasoning.summary", "summary": "h"},
                {"type": "reasoning.summary", "summary": "m"},
            ]
        },
        {"reasoning": None, "reasoning_content": "", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
    ],
)
def test_thoughts_are_read_from_every_field_once(message):
    assert read_thoughts(message) == "hm"


def test_encrypted_thoughts_are_none():
    assert read_thoughts({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}) is None


def test_endless_nesting_is_no_text():
    deep: object = "5"
    for _ in range(100):
        deep = [deep]
    assert read_thoughts({"reasoning": deep}) is None
