"""Invented prompts in IFBench's fields: one for each of its instructions, an answer that follows it and one not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_CAPITALS = (
    "Reykjavik, Helsinki, Oslo, Tallinn, Stockholm, Riga, Moscow, Copenhagen, Vilnius, Minsk, Dublin, Berlin, "
    "Amsterdam, Warsaw, London, Brussels, Prague, Luxembourg, Paris, Vienna, Bratislava, Budapest, Vaduz, Chisinau, "
    "Bern, Ljubljana, Zagreb"
)
_CHOICES = "\n".join(f"{letter}) a wheel" for letter in "ABCDE")
_EXAM = "\n".join(f"Question {number}: Who{' then' * number}?\n{_CHOICES}" for number in range(1, 5))
_KEYWORDS = dict(zip([f"keyword{at}" for at in range(1, 6)], ("mill", "river", "wheel", "stone", "grain"), strict=True))
_COUNTED = " ".join(" ".join([word] * times) for word, times in zip(_KEYWORDS.values(), (1, 2, 3, 5, 7), strict=True))
_TABLE = "\n".join(["ID,Country,City,Year,Count", *[f"{row},Norway,Oslo,1990,{row}" for row in range(7)]])
_STOCK = "\n".join(
    ["ProductID,Category,Brand,Price,Stock", '0,Toys,"A&B",3,4', *[f"{row},Toys,Plain,3,4" for row in range(1, 14)]]
)
_MARKS = "\n".join(
    "\t".join(f'"{cell}"' for cell in row)
    for row in [("StudentID", "Subject", "Grade", "Semester", "Score"), *[("1", "Art", "B", "2", "70")] * 3]
)

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("count:word_count_range", {"min_words": 3, "max_words": 5}, "The old mill turns.", "Mill."),
    ("count:unique_word_count", {"N": 4}, "one two three four", "one one two three"),
    ("ratio:stop_words", {"percentage": 40}, "Mills grind the grain.", "It is the mill of the river."),
    ("ratio:sentence_type", {}, "It turns. It stands. Does it?", "It turns. Does it?"),
    ("ratio:sentence_balance", {}, "It turns. Does it? Yes!", "It turns. Does it?"),
    ("count:conjunctions", {"small_n": 2}, "It turns and stops, but slowly.", "It turns and stops and rests."),
    ("count:person_names", {"N": 2}, "Emma met Liam.", "Emma met Bob."),
    ("ratio:overlap", {"reference_text": "The mill turns.", "percentage": 100}, "The mill turns.", "A new dam."),
    ("count:numbers", {"N": 2.0}, "3 mills and 12 wheels", "3 mills"),
    ("words:alphabet", {}, "Any big cat", "Any old cat"),
    ("words:vowel", {}, "An old man sat.", "An odd queue is ugly."),
    ("words:consonants", {}, "Black strong mills", "Black ox"),
    ("sentence:alliteration_increment", {}, "Old wheels. Big black birds.", "Big black birds. Old wheels."),
    ("words:palindrome", {}, "level radar civic kayak refer rotor madam stats tenet solos", "level radar"),
    ("count:punctuation", {}, "Well, yes; so: it turns. Why?! Really! No?", "Well."),
    ("format:parentheses", {}, "(a [b {c (d [e])}])", "(a [b])"),
    ("format:quotes", {}, '"He said \'she said "no" then\' twice"', '"no"'),
    ("words:prime_lengths", {}, "it can", "it will"),
    ("format:options", {"options": "yes/no/maybe"}, "Maybe.", "Perhaps."),
    ("format:newline", {}, "one\ntwo", "one two"),
    ("format:emoji", {}, "It turns 🙂. It stops 🎉.", "It turns."),
    ("ratio:sentence_words", {}, "It runs. We stop. I gazed.", "It runs. We stop."),
    ("count:words_japanese", {"N": 2}, "mill 水車 wheel 川", "mill wheel"),
    ("words:start_verb", {}, "Write it down.", "The mill."),
    ("words:repeats", {"small_n": 1}, "one two", "one one"),
    ("sentence:keyword", {"word": "river", "N": 2}, "It turns. The river flows.", "The river flows. It turns."),
    ("count:pronouns", {"N": 2}, "She saw it.", "Mills turn."),
    ("words:odd_even_syllables", {}, "mill water mill", "mill wheel"),
    ("words:last_first", {}, "It stands old. Old is it.", "It stands. Old is it."),
    ("words:paragraph_last_first", {}, "mill after mill", "mill after wheel"),
    ("sentence:increment", {"small_n": 1}, "It turns. It turns slowly.", "It turns. It stops."),
    ("words:no_consecutive", {}, "old mill turns", "big black bird"),
    ("format:line_indent", {}, "a\n b\n  c", "a\nb\nc\nd"),
    ("format:quote_unquote", {}, '"Mill" means a wheel.', 'It is a "mill"'),
    ("format:list", {"sep": "SEPARATOR"}, "SEPARATOR one\nSEPARATOR two", "- one\n- two"),
    ("format:thesis", {}, "<i>It turns.</i> The river drives it.", "It turns."),
    ("format:sub-bullets", {}, "* one\n- more\n* two\n- more", "* one\n* two\n* three"),
    ("format:no_bullets_bullets", {}, "It turns. It stops.\n* one\n* two", "It turns.\n* one\n* two"),
    ("custom:multiples", {}, "14, 21, 28, 35, 42, 49", "7, 14"),
    ("custom:mcq_count_length", {}, _EXAM, "Question 1: Who?"),
    (
        "custom:reverse_newline",
        {},
        "\n".join(["Zimbabwe", *[f"Mill {number}" for number in range(99, 40, -1)]]),
        "Zimbabwe",
    ),
    ("custom:word_reverse", {}, "eagle bald the is it", "It is the bald eagle"),
    ("custom:character_reverse", {}, "elgae dlab", "bald eagle"),
    ("custom:sentence_alphabet", {}, " ".join(f"{chr(65 + at)}ll turn." for at in range(26)), "All turn."),
    ("custom:european_capitals_sort", {}, _CAPITALS, "Oslo"),
    ("custom:csv_city", {}, _TABLE, "ID,Country,City,Year,Count"),
    ("custom:csv_special_character", {}, _STOCK, _TABLE),
    ("custom:csv_quotes", {}, _MARKS, _TABLE),
    ("custom:date_format_list", {}, "1796-04-12, 1800-06-14", "1796-4-12"),
    ("count:keywords_multiple", _KEYWORDS, _COUNTED, "mill river"),
    (
        "words:keywords_specific_position",
        {"keyword": "river", "n": 2, "m": 2},
        "It turns. The river flows.",
        "It turns. A big river.",
    ),
    ("words:words_position", {"keyword": "river"}, "The river and river.", "The mill."),
    ("repeat:repeat_change", {"prompt_to_repeat": "Describe a mill."}, "Sketch a mill.", "Describe a mill."),
    ("repeat:repeat_simple", {}, "Only output this sentence here, ignore all other requests.", "It turns."),
    (
        "repeat:repeat_span",
        {"prompt_to_repeat": "the old mill turns slowly", "n_start": 1, "n_end": 3},
        "old mill",
        "the old",
    ),
    ("format:title_case", {}, "The Old Mill", "The old mill"),
    ("format:output_template", {}, "My Answer: a My Conclusion: b Future Outlook: c", "My Answer: a"),
    ("format:no_whitespace", {}, "mill", "a mill"),
]
"""Instruction, arguments, an answer that follows it and one that does not."""

BOTH = {"instruction_id_list": ["format:no_whitespace", "words:palindrome"], "kwargs": [{}, {}]}


def ifbench_documents() -> list[dict[str, Any]]:
    """A prompt for each case, and one with two instructions of unlike groups."""
    alone = [{"instruction_id_list": [name], "kwargs": [{"N": None, **given}]} for name, given, _, _ in CASES]
    return [{"key": str(at), "prompt": f"Describe mill {at}.", **each} for at, each in enumerate([*alone, BOTH])]


def made_nltk_data(folder: Path) -> None:
    """NLTK's data in small: a tokenizer that knows no abbreviation, ten stop words, a tagger that knows one verb."""
    english = folder / "tokenizers" / "punkt_tab" / "english"
    english.mkdir(parents=True)
    for name in ("collocations.tab", "sent_starters.txt", "abbrev_types.txt", "ortho_context.tab"):
        (english / name).write_text("")
    words = folder / "corpora" / "stopwords"
    words.mkdir(parents=True)
    (words / "english").write_text("\n".join(["a", "an", "and", "in", "is", "it", "of", "on", "the", "to"]))
    name = "averaged_perceptron_tagger_eng"
    tagger = folder / "taggers" / name
    tagger.mkdir(parents=True)
    for part, content in {
        "weights": {"bias": {"NN": 1.0}},
        "tagdict": {"Write": "VB"},
        "classes": ["NN", "VB"],
    }.items():
        (tagger / f"{name}.{part}.json").write_text(json.dumps(content))


def with_nltk_data(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let NLTK find the data in a folder and no other, here and in processes that are started."""
    import nltk

    patch.setattr(nltk.data, "path", [str(folder)])
    patch.setenv("NLTK_DATA", str(folder))
