"""Invented prompts in the fields of google/IFEval: one for each instruction that needs none of NLTK's data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

CASES = [
    ("punctuation:no_comma", {}, "A b c.", "A, b."),
    ("detectable_format:title", {}, "<<Mill>>\nIt turns.", "Mill. It turns."),
    ("detectable_format:json_format", {}, '```json\n{"mill": 1}\n```', "mill: 1"),
    ("detectable_format:constrained_response", {}, "My answer is maybe.", "Perhaps."),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* one\n* two", "* one\n* two\n* three"),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*one* and *two*", "*one* and two"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Part", "num_sections": 2},
        "Part 1\nOld.\nPart 2\nNew.",
        "One part.",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "Dear [name], [text]", "Dear [name]"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye.\nP.S. Thanks.", "Bye."),
    ("length_constraints:number_words", {"relation": "at least", "num_words": 4}, "one two three four", "one two"),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "One.\n***\nTwo.", "One."),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "old"},
        "A mill.\n\nOld wheels.",
        "Old wheels.\n\nA mill.",
    ),
    ("keywords:existence", {"keywords": ["mill", "wheel"]}, "The mill has a wheel.", "The mill turns."),
    ("keywords:frequency", {"keyword": "mill", "frequency": 2, "relation": "at least"}, "mill by mill", "a mill"),
    ("keywords:forbidden_words", {"forbidden_words": ["river"]}, "A mill.", "A river."),
    (
        "keywords:letter_frequency",
        {"letter": "q", "let_frequency": 2, "let_relation": "at least"},
        "quite quiet",
        "quite still",
    ),
    ("startend:end_checker", {"end_phrase": "That is all."}, "It turns. That is all.", "That is all. It turns."),
    ("startend:quotation", {}, '"It turns."', "It turns."),
    ("change_case:english_lowercase", {}, "the old mill turns when it rains.", "The old mill turns when it rains."),
    ("change_case:english_capital", {}, "THE OLD MILL TURNS WHEN IT RAINS.", "the old mill turns when it rains."),
    ("combination:two_responses", {}, "It turns.\n******\nIt stands.", "It turns. It stands."),
    (
        "combination:repeat_prompt",
        {"prompt_to_repeat": "Describe a mill."},
        "Describe a mill. It turns.",
        "It turns. Describe a mill.",
    ),
    (
        "language:response_language",
        {"language": "de"},
        "Die alte Mühle steht am Fluss, und das Rad dreht sich langsam.",
        "The old mill stands by the river, and its wheel turns slowly.",
    ),
]
"""Instruction, arguments, an answer that follows it and one that does not; those that need NLTK's data are left out."""


def ifeval_documents() -> list[dict[str, Any]]:
    """A prompt for each case, and two with two instructions."""
    alone = [{"instruction_id_list": [name], "kwargs": [given]} for name, given, _, _ in CASES]
    both = {"instruction_id_list": ["punctuation:no_comma", "startend:quotation"], "kwargs": [{}, {}]}
    return [
        {"key": 1000 + at, "prompt": f"Describe mill {at}.", **each} for at, each in enumerate([*alone, both, both])
    ]


FOLLOWED = [follows for _, _, follows, _ in CASES] + ['"It turns."', "It turns."]
IGNORED = [ignores for _, _, _, ignores in CASES] + ["It turns, it stands.", '"It turns, it stands."']


def checkers_without_nltks_data(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """lm-eval's checkers with an empty folder of NLTK's data, which they would else try to download; skips without."""
    pytest.importorskip("langdetect")
    pytest.importorskip("immutabledict")
    import nltk

    (folder / "tokenizers" / "punkt_tab").mkdir(parents=True)
    patch.setattr(nltk.data, "path", [str(folder), *nltk.data.path])
    patch.setenv("NLTK_DATA", str(folder))
