"""Where a model's thoughts end and its answer begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.contract.thoughts import split_thoughts, without_thoughts


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        ("<think>a</think>b", "a", "b"),
        ("  <think>\na\n</think>\n\nb\n", "a", "b\n"),
        ("<thinking>a</thinking> b", "a", "b"),
        ("<seed:think>a</seed:think>b", "a", "b"),
        ("[THINK]a[/THINK]b", "a", "b"),
        ("◁think▷a◁/think▷b", "a", "b"),
        ("<think>a</think>\n<think>b</think>c", "a\n\nb", "c"),
        ("<think>a</think>\nb\n</think>\nc", "a\n\nb", "c"),
        ("<think>a", "a", ""),
        ("<think></think>b", None, "b"),
        ("a</think>", "a", ""),
        ("</think>b", None, "b"),
        ("a\n</think> b", "a", "b"),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>", "a", "b"),
        ("<|channel|>analysis<|message|>a", "a", ""),
    ],
)
def test_thoughts_at_the_beginning_are_split_off(text, thoughts, answer):
    assert split_thoughts(text) == (thoughts, answer)


@pytest.mark.parametrize("text", ["", "b", "b <think>a</think>", "the </think> tag", "<thinker>b", "think: b"])
def test_a_text_that_does_not_begin_with_thoughts_stays_whole(text):
    assert split_thoughts(text) == (None, text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("b <think>a</think> c", "b  c"),
        ("b <think>a", "b "),
        ("a, see </think> b", " b"),
        ("<think>a</think>b <think>c</think>d", "b d"),
    ],
)
def test_thoughts_anywhere_can_be_left_out(text, left):
    assert without_thoughts(text) == left


@pytest.mark.slow
@given(st.lists(st.sampled_from(["<think>", "</think>", "\n", "[THINK]", "<|channel|>", "final", " "]) | st.text()))
def test_no_text_breaks_it_and_nothing_is_invented(parts):
    text = "".join(parts)
    thoughts, answer = split_thoughts(text)
    assert answer in text
    assert thoughts is not None or answer == text or "think" in text.lower() or "<|channel|>" in text
    assert len(without_thoughts(text)) <= len(text)


@pytest.mark.parametrize("unit", ["<think></think>", "</think>\n", "<think>", "[THINK]a[/THINK]\n"])
def test_a_megabyte_of_tags_is_split(unit):
    split_thoughts(unit * (1_000_000 // len(unit)))
    without_thoughts(unit * (1_000_000 // len(unit)))
