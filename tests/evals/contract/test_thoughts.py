"""Where a model's thoughts end and its answer begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.contract.thoughts import graded_text, leaked_tokens, split_thoughts, without_thoughts

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
"""What is in every dialect's marks."""


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
        ("It is so, briefly.</think>391", "It is so, briefly.", "391"),
        ("so 17 * 23 = 391</think>391", "so 17 * 23 = 391", "391"),
        ("so it is 391. </think> The answer is 391", "so it is 391.", "The answer is 391"),
        ("so it is 391</think> The answer", "so it is 391", "The answer"),
        ("so it is 391 </think>**391**", "so it is 391", "**391**"),
        ("a.[/THINK]b", "a.", "b"),
        ("<|channel>thought\na<channel|>b", "a", "b"),
        ("<|channel>thought\n<channel|>b", None, "b"),
        ("thought\na<channel|>b", "a", "b"),
        ("thought\na\n\nstill a\n\nb", "a\n\nstill a", "b"),
        ("thought\nb", None, "b"),
        ("<unused94>thought\na<unused95>b", "a", "b"),
        ("<reasoning>a</reasoning>\nb", "a", "b"),
        ("<thought>a</thought>b", "a", "b"),
        ("<Thought>a</Thought>\n<Output>b</Output>", "a", "<Output>b</Output>"),
        ("<THINK>a</THINK>b", "a", "b"),
        ("<|begin_of_thought|>a<|end_of_thought|>b", "a", "b"),
        ("<|START_THINKING|>a<|END_THINKING|>b", "a", "b"),
        ("<|inner_prefix|>a<|inner_suffix|>b", "a", "b"),
        ("<longcat_think>a</longcat_think>b", "a", "b"),
        ("Here is my thought process: a\nHere is my response: b", "a", "b"),
        ("Here are my reasoning steps:\na\n[BEGIN FINAL RESPONSE]\nb", "Here are my reasoning steps:\na", "b"),
        ("analysisSo A?assistantfinalANSWER: C", "So A?", "ANSWER: C"),
        ("<reasoning>a", "a", ""),
    ],
)
def test_thoughts_at_the_beginning_are_split_off(text, thoughts, answer):
    assert split_thoughts(text) == (thoughts, answer)


@pytest.mark.parametrize(
    "text",
    [
        *("", "b", "b <think>a</think>", "the </think> tag", "<thinker>b", "think: b", "thought", "Thought: b\n\nc"),
        "Close it with `</think>`. It is 5.",
        "s.split('</think>')[-1] is what you want.",
        'Use text.partition("</think>")[2] here.',
        "The tag </think>, as such, ends it. 5",
        "The tags are: </think> and </reasoning>.",
        "```python\nend = 1\n</think>\n```\nIt is 5.",
        "re.sub(r'<think>.*?</think>', '', text)",
        "Put it between (<think> and </think>) and go on. 5",
        "analysis of the data shows that B holds.\nANSWER: B",
        "Analysis: A is wrong.\n\nFinal answer: B",
        "Here is my thought process: 2 and 3 are 5.\n#### 5",
        "The reasoning is simple: <b>5</b>",
        "5\n\nthought\nof the day",
        "reasoning>5",
    ],
)
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
    assert thoughts is not None or answer == text or any(mark in text.lower() for mark in MARKS)
    assert len(without_thoughts(text)) <= len(text)


@pytest.mark.parametrize("unit", ["assistantfinal", "<|im_end|>", "<|channel>", "`</think>` ", "thought\n\n"])
def test_a_megabyte_of_marks_is_split(unit):
    split_thoughts(unit * (1_000_000 // len(unit)))
    graded_text(unit * (1_000_000 // len(unit)))


@pytest.mark.parametrize("unit", ["<think></think>", "</think>\n", "<think>", "[THINK]a[/THINK]\n"])
def test_a_megabyte_of_tags_is_split(unit):
    split_thoughts(unit * (1_000_000 // len(unit)))
    without_thoughts(unit * (1_000_000 // len(unit)))


def test_a_cut_text_under_gemmas_label_is_all_thought():
    assert split_thoughts("thought\na\n\nstill a", cut=True) == ("a\n\nstill a", "")


@pytest.mark.parametrize("text", ["Close it with `<think>`. ANSWER: C", 'It ends with "</think>". ANSWER: C'])
def test_a_tag_that_is_quoted_takes_no_answer_away(text):
    assert without_thoughts(text) == text


@pytest.mark.parametrize(
    ("text", "graded", "leaked"),
    [
        ("5<|im_end|>", "5", ("<|im_end|>",)),
        ("5\n<|eot_id|>\n", "5", ("<|eot_id|>",)),
        ("5</s>", "5", ("</s>",)),
        ("5<|return|>", "5", ("<|return|>",)),
        ("5<|im_end|><|endoftext|>", "5", ("<|endoftext|>", "<|im_end|>")),
        ("5<｜end▁of▁sentence｜>", "5", ("<｜end▁of▁sentence｜>",)),
        ("5<end_of_turn>\n<start_of_turn>user", "5", ("<start_of_turn>user", "<end_of_turn>")),
        ("5<|im_end|>\n<|im_start|>assistant", "5", ("<|im_start|>assistant", "<|im_end|>")),
        ("5<turn|>", "5", ("<turn|>",)),
        ("5<|user|>", "5", ("<|user|>",)),
        ("5\n[END FINAL RESPONSE]", "5", ("[END FINAL RESPONSE]",)),
        ("<|begin_of_box|>C<|end_of_box|>", "C", ("<|end_of_box|>",)),
        ("It is <|begin_of_box|>C<|end_of_box|>.", "It is C.", ()),
        ("<|begin_of_solution|>5<|end_of_solution|>", "5", ("<|end_of_solution|>",)),
        ("<|START_RESPONSE|>5<|END_RESPONSE|>", "5", ("<|END_RESPONSE|>",)),
        ("<|im_end|>", "", ("<|im_end|>",)),
    ],
)
def test_special_tokens_are_not_graded(text, graded, leaked):
    assert graded_text(text) == graded
    if "of_box" not in text:
        assert leaked_tokens(text) == leaked


@pytest.mark.parametrize(
    "text",
    ["5\n", "end with `<|im_end|>`", "the token </s>.", "a <|b|> c", "x <s> y", "I use <think>", "a | b |>", "[INST"],
)
def test_a_text_without_tokens_at_its_end_is_graded_as_it_is(text):
    assert graded_text(text) == text
    assert leaked_tokens(text) == ()
