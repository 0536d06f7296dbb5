"""Where gpt-oss' thoughts end, with harmony's tokens and without."""

import pytest

from quantgate.evals.contract.harmony import split_channels, split_stripped_channels

FINAL = "<|start|>assistant<|channel|>final<|message|>"


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        (f"<|channel|>analysis<|message|>a<|end|>{FINAL}b<|return|>", "a", "b"),
        (f"<|start|>assistant<|channel|>analysis<|message|>a<|end|>{FINAL}b", "a", "b"),
        (f"assistant<|channel|>analysis<|message|>a<|end|>{FINAL}b", "a", "b"),
        (f"a<|end|>{FINAL}b", "a", "b"),
        ('<|channel|>final <|constrain|>json<|message|>{"b": 1}', None, '{"b": 1}'),
        ("<|channel|>final<|constrain|>json<|message|>b<|end|>", None, "b"),
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary to=functions.f "
            f"<|constrain|>json<|message|>{{}}<|call|>{FINAL}b",
            "a\n{}",
            "b",
        ),
        (f"{FINAL}A{FINAL}b", None, "b"),
        ("<|start|>assistant<|message|>b<|end|>", None, "b"),
        (f"{FINAL}b<|end|><|start|>user<|message|>next", None, "b"),
        ("<|channel|>analysis<|message|>a", "a", ""),
        ("<|channel|>analysis", None, ""),
    ],
)
def test_the_last_final_channel_is_the_answer(text, thoughts, answer):
    assert split_channels(text) == (thoughts, answer)


@pytest.mark.parametrize("text", ["b", "It begins with <|channel|>.", "`<|start|>` opens a message", ""])
def test_a_text_in_another_form_is_left_alone(text):
    assert split_channels(text) is None


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        ("analysisWe need A?assistantfinalANSWER: C", "We need A?", "ANSWER: C"),
        ("analysis ... assistantfinalANSWER: C", "...", "ANSWER: C"),
        ("analysisSo it is Cassistantfinal ANSWER: C", "So it is C", "ANSWER: C"),
        ("analysisaassistantcommentary to=functions.f json{}assistantfinalb", "a\n{}", "b"),
        ("assistantanalysisHm a.assistantfinalb", "Hm a.", "b"),
        ("We need A.assistantfinal391", "We need A.", "391"),
        ("assistantfinalb", None, "b"),
        ("analysisWe need to think", "We need to think", ""),
    ],
)
def test_channels_without_their_tokens_are_told_by_their_names(text, thoughts, answer):
    assert split_stripped_channels(text) == (thoughts, answer)


@pytest.mark.parametrize(
    "text",
    [
        "analysis of the data shows 5.",
        "analysis: 5",
        "Analysis\nWe need 5.",
        "The word assistantfinal is a label.",
        "x = split('assistantfinal')",
        "commentary on 5",
        "finally, 5",
        "",
    ],
)
def test_prose_that_begins_alike_is_left_alone(text):
    assert split_stripped_channels(text) is None
