"""Which letter an answer settles on: real shapes of answers, each with the reason for what is read out of it."""

import re
from re import _parser as parser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantgate.tasks.extract import choices
from quantgate.tasks.extract.choices import extract_letter

SHAPES = [
    # The line that was asked for, and its near misses.
    ("ANSWER: B", "B", "as it was asked for"),
    ("First, ...\nThen, ...\n\nANSWER: D", "D", "after the thinking that was asked for"),
    ("ANSWER: C.", "C", "a full stop is no part of it"),
    ("Answer: B", "B", "title case"),
    ("answer: b", "B", "all in lower case"),
    ("ANSWER : B", "B", "a blank before the colon"),
    ("ANSWER:B", "B", "no blank"),
    ("ANSWER = B", "B", "an equals sign for the colon"),
    ("ANSWER - B", None, "a dash may be a list's; nothing is linked by it"),
    ("ANSWER — B", "B", "a long dash links"),
    ("ANSWER: (B)", "B", "in parentheses"),
    ("ANSWER: [B]", "B", "in brackets"),
    ("ANSWER: {B}", "B", "in braces"),
    ("ANSWER: 'B'", "B", "in quotes"),
    ("ANSWER: “B”", "B", "in typographic quotes"),
    ("ANSWER: ‘B’.", "B", "in single typographic quotes"),
    ("ANSWER: 【B】", "B", "in Chinese brackets"),
    ("**Decision: C**", "C", "with the word that the prompt has for it"),
    ("My final decision is C.", "C", "the same in a sentence"),
    ("I made my decision: a careful one. ANSWER: B", "B", "an article after that word is no letter"),
    ("ANSWER: B) 3.2 eV", "B", "followed by the text of the choice"),
    ("ANSWER: B) text of the choice", "B", "the text of the choice does not matter"),
    ("ANSWER: B. The second one", "B", "the same with a full stop"),
    ("ANSWER: C - the third", "C", "the same with a dash"),
    ("ANSWER: A, as shown above", "A", "an explanation after a comma"),
    ("ANSWER: A because it fits", "A", "A is no article before a conjunction"),
    ("ANSWER: Option B", "B", "the word option before it"),
    ("ANSWER: choice (D)", "D", "the word choice before it"),
    ("ANSWER:\nB", "B", "on the next line"),
    ("ANSWER:\n\n**B**", "B", "on the next line but one, in bold"),
    ("ANSWER:   \t B   ", "B", "any white space"),
    ("ＡＮＳＷＥＲ：Ｂ", "B", "fullwidth letters, as some Chinese models type them"),
    ("ANSWER: Ⓑ", "B", "a letter in a circle is that letter"),
    ("ANSWER: 𝐁", "B", "mathematical bold is that letter"),
    ("ANSWER: B\n", "B", "a line break at the end"),
    ("ANSWER: B<|im_end|>", "B", "a special token that the server left in"),
    ("> ANSWER: B", "B", "in a quotation"),
    ("- ANSWER: B", "B", "as a list's entry"),
    ("| ANSWER | B |", "B", "in a table"),
    # Markdown, LaTeX, HTML, JSON.
    ("**ANSWER: B**", "B", "the line in bold"),
    ("**ANSWER:** B", "B", "the word in bold"),
    ("ANSWER: **B**", "B", "the letter in bold"),
    ("**Answer:** **(B)**", "B", "both in bold"),
    ("Answer: **B**.", "B", "lm-eval's filters read nothing out of this one"),
    ("*ANSWER: B*", "B", "in italics"),
    ("__ANSWER: B__", "B", "in bold, the other way"),
    ("ANSWER: _B_", "B", "in italics, the other way"),
    ("`ANSWER: B`", "B", "as code"),
    ("```\nANSWER: B\n```", "B", "in a fence"),
    ("### ANSWER: B", "B", "as a heading"),
    ("## Final Answer\n\nB", "B", "under a heading"),
    ("### Answer\n**C**", "C", "under a heading, in bold"),
    (r"\boxed{B}", "B", "the habit from mathematics"),
    (r"So we get $\boxed{\text{B}}$.", "B", "with the font for words"),
    (r"\boxed{\textbf{(C)}}", "C", "with bold and parentheses"),
    (r"$$\boxed{\mathrm{D}}$$", "D", "with upright letters"),
    (r"\[ \boxed{ A } \]", "A", "with blanks"),
    (r"\boxed{B) \ 3.2 \text{ eV}}", "B", "with the text of the choice"),
    (r"\boxed{\text{Option A}}", "A", "with the word option"),
    (r"\fbox{C}", "C", "in LaTeX's other box"),
    (r"ANSWER: \textcolor{red}{C}", "C", "in colour"),
    (r"ANSWER: \boxed{C}", "C", "both forms in one"),
    (r"ANSWER: $B$", "B", "in mathematics"),
    (r"ANSWER: \(B\)", "B", "in LaTeX's mathematics"),
    (r"The final answer is $\boxed{D}$. I hope it is correct.", "D", "a phrase after it"),
    ("<answer>B</answer>", "B", "in a tag that training has taught"),
    ("<answer>\nC\n</answer>", "C", "in such a tag, on a line of its own"),
    ("<b>ANSWER: B</b>", "B", "in HTML's bold"),
    ("<B>ANSWER: C</B>", "C", "in HTML's bold, in capitals"),
    ("Answer: <B>", "B", "in the angle brackets that templates have, which is no tag"),
    ('{"answer": "C"}', "C", "as JSON"),
    ("{'answer': 'C', 'confidence': 0.9}", "C", "as Python"),
    ('```json\n{"reasoning": "...", "answer": "D"}\n```', "D", "as JSON in a fence"),
    # Sentences.
    ("The answer is (C).", "C", "the form of lm-eval's prompts"),
    ("The answer is C", "C", "without parentheses"),
    ("The correct answer is B.", "B", "with an adjective"),
    ("Therefore, the answer is therefore B", "B", "with an adverb"),
    ("The best choice is D.", "D", "choice for answer"),
    ("The correct option is: (A)", "A", "option for answer"),
    ("The correct answer must be option D.", "D", "must be"),
    ("The answer would be choice B.", "B", "would be"),
    ("Final answer: D", "D", "with an adjective and no verb"),
    ("My final answer is **A**", "A", "possessive"),
    ("The answer to the question is B.", "B", "words between"),
    ("The answer is -> B", "B", "an arrow"),
    ("So I choose B.", "B", "a verb of choosing"),
    ("I would go with option C.", "C", "another such verb"),
    ("I pick (D)", "D", "a third"),
    ("Option B is correct.", "B", "praise instead of naming"),
    ("So (B) is the correct answer.", "B", "praise, in parentheses"),
    ("Hence D is right, the others fail.", "D", "praise, bare"),
    ("A is the best choice.", "A", "praise of A is no article"),
    ("ANSWER: C\n\n(A is correct when the pressure is low.)", "C", "qualified praise after it settles nothing"),
    ("ANSWER: C\n\nStatement B is true, but of no use.", "C", "to be true is not to be the answer"),
    ("Antwort: B", "B", "German"),
    ("Die Antwort ist C.", "C", "German, a sentence"),
    ("Respuesta: D", "D", "Spanish"),
    ("Réponse : A", "A", "French"),
    ("Ответ: B", "B", "Russian (the letter is Latin)"),
    ("答案：C", "C", "Chinese"),
    ("因此，正确答案是C。", "C", "Chinese, a sentence"),
    ("所以选 B。", "B", "Chinese, choosing"),
    ("答えはDです", "D", "Japanese"),
    # A letter that merely stands there.
    ("B", "B", "nothing but the letter"),
    ("(B)", "B", "nothing but the letter, in parentheses"),
    ("**B**", "B", "nothing but the letter, in bold"),
    ("b.", "B", "nothing but the letter, small"),
    ("Some thinking about atoms.\n\nD", "D", "a letter alone on the last line"),
    ("Some thinking.\n\nOption D", "D", "the same with its kind"),
    ("B) 3.2 eV", "B", "the choice repeated"),
    (
        "(B) because (A) and (C) are wrong",
        "B",
        "what comes first is the choice, what is rejected is not; lm-eval reads C",
    ),
    ("B because A and C are wrong.", "B", "the same without parentheses"),
    ("It is B) 3.2 eV, which means (B).", "B", "the one letter that is marked in the last line"),
    ("All this leads to **C** here.", "C", "the one letter in bold in the last line"),
    # Several statements: the last wins.
    ("The answer is A. Wait, I made an error.\nANSWER: C", "C", "a correction"),
    ("ANSWER: A\n\nOn second thought,\n\nANSWER: B", "B", "two final lines"),
    (r"\boxed{A} is what I thought. Now \boxed{B}", "B", "two boxes"),
    ("ANSWER: B\n\nA and C are wrong since (D) is heavier.", "B", "a statement goes before letters that stand around"),
    ("The answer is B, not A.", "B", "what is excluded is not a second choice"),
    ("ANSWER: B, since A is wrong and C is too", "B", "the explanation names others"),
    ("ANSWER: B and A is wrong", "B", "A is the subject of the next sentence"),
    ("C is correct for n=1 only; in general the answer is D.", "D", "later and plainer"),
    ("A is correct.\nNo wait: B is correct.", "B", "praise corrected"),
    ("If the answer is A, then energy grows. It does not. The answer is B.", "B", "a supposition and a statement"),
    # Nothing was settled.
    ("", None, "an empty text"),
    ("   \n\n ", None, "white space"),
    ("I do not know.", None, "I is no letter on offer, and a word here"),
    ("The answer is I think unclear", None, "I is a word"),
    ("ANSWER: A or B", None, "two choices: guessing one would be the grader's guess"),
    ("ANSWER: A/B", None, "two choices"),
    ("ANSWER: A and C", None, "two choices"),
    ("ANSWER: B, C", None, "two choices"),
    ("ANSWER: (A) or (D)", None, "two choices"),
    (r"\boxed{A, C}", None, "two choices in a box"),
    ("Both would do. A or B", None, "two choices without a word before"),
    ("The answer is B.\nANSWER: A or B", None, "the last statement is the ambiguous one"),
    ("ANSWER: E", None, "not on offer"),
    ("I thought the answer is B. ANSWER: E", None, "the last statement is the one that is not on offer"),
    ("E", None, "a letter alone that was not on offer"),
    ("ANSWER: X", None, "the prompt's own example, repeated"),
    ("ANSWER: LETTER", None, "an example, repeated"),
    ("ANSWER: $LETTER", None, "another example, repeated"),
    ("ANSWER: [letter]", None, "a placeholder"),
    ("ANSWER: B\nANSWER: X", "B", "the example, repeated after the answer, is no statement"),
    ("ANSWER:", None, "cut before the letter"),
    ("ANSWER: 2", None, "a number is no letter"),
    ("ANSWER: 3.2 eV", None, "the value of a choice is not looked up"),
    ("ANSWER: none of the above", None, "no letter"),
    ("The answer is not A.", None, "a negation"),
    ("The answer isn't A", None, "a negation"),
    ("The answer cannot be C", None, "a negation"),
    ("I don't think the answer is A.", None, "a negation before it"),
    ("Could the answer be A?", None, "a question"),
    ("If the answer is A, the energy would grow", None, "a supposition"),
    ("Option A is incorrect.", None, "a rejection"),
    ("The answer A is wrong", None, "a rejection"),
    ("A cat sat on the mat", None, "an article"),
    ("The answer is a matter of taste", None, "an article"),
    ("ANSWER: A cat", None, "an article, or the letter before its text: cannot be told"),
    ("The answer is Because", None, "the beginning of a word"),
    ("The answer is D-glucose", None, "the beginning of a chemical name"),
    ("The answer is C60", None, "the beginning of a formula"),
    (r"\boxed{A = \pi r^2}", None, "an equation that begins with A"),
    (r"\boxed{42}", None, "the value, not the letter"),
    ("Choose one of A, B, C, or D", None, "the instruction, repeated"),
    ("A) ice\nB) steam\nC) water\nD) mist", None, "the choices, repeated"),
    ("(A) is heavier than (B)", None, "several letters, no statement"),
    ("The vitamin C in it", None, "a letter in a name"),
    # Thoughts.
    ("<think>The answer is A.</think>\nANSWER: B", "B", "thoughts are not the answer"),
    ("<think>ANSWER: A</think>", None, "an answer only thought of was not given"),
    ("<think>\nANSWER: A, or is it", None, "text after an unclosed <think> is no answer"),
    ("ANSWER: B\n<think>Is it A? ANSWER: A", "B", "only what is before it counts"),
    ("ANSWER: A\nHm.</think>\n\nANSWER: C", "C", "the template opened the thought; what comes after counts"),
    ("ANSWER: A. So that is it</think>", None, "the same with nothing after it"),
    ("<thinking>A</thinking>\nB", "B", "another tag of that kind"),
    ("<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>final<|message|>ANSWER: D", "D", "harmony"),
]


@pytest.mark.parametrize(("text", "letter", "why"), SHAPES, ids=[f"{text[:40]!r}: {why}" for text, _, why in SHAPES])
def test_an_answer_is_read_as_its_reader_would(text, letter, why):
    assert extract_letter(text) == letter, why


def test_the_table_is_as_long_as_it_should_be_and_repeats_nothing():
    assert len({text for text, _, _ in SHAPES}) == len(SHAPES) >= 60


@pytest.mark.parametrize(("text", "letter", "why"), SHAPES[:1] + [shape for shape in SHAPES if shape[1]][::4])
def test_windows_line_ends_change_nothing(text, letter, why):
    assert extract_letter(text.replace("\n", "\r\n")) == letter, why


@pytest.mark.slow
@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                "answer",
                "ANSWER:",
                " is ",
                "(A)",
                "B",
                "\\boxed{",
                "}",
                "</think>",
                "<think>",
                "\n",
                "or",
                "**",
                ",",
                "not",
            ]
        )
        | st.text(max_size=8)
    ).map("".join)
)
def test_no_text_breaks_the_reader(text):
    assert extract_letter(text) in (None, *"ABCD")


def unbounded(parsed) -> list:
    """The repetitions without an upper limit in a parsed regular expression."""
    found = []
    for kind, argument in parsed:
        if kind in (parser.MAX_REPEAT, parser.MIN_REPEAT, parser.POSSESSIVE_REPEAT) and argument[1] is parser.MAXREPEAT:
            found.append(argument)
        parts = argument if isinstance(argument, tuple | list) else ()
        for part in parts:
            for inner in part if isinstance(part, list) else [part]:
                if isinstance(inner, parser.SubPattern):
                    found += unbounded(inner)
    return found


PATTERNS = {name: value for name, value in vars(choices).items() if isinstance(value, re.Pattern)} | {
    f"{name} of {letters}": getattr(choices._offer(letters), name)
    for letters in ("ABCD", "ABCDEFGHIJ")
    for name in ("alternative", "praised", "leading", "marked")
}


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_does_bounded_work_at_a_place_so_that_time_is_in_proportion_to_the_text(name):
    pattern = PATTERNS[name]
    assert not unbounded(parser.parse(pattern.pattern, pattern.flags))


def test_the_check_for_unbounded_repetition_finds_one():
    assert unbounded(parser.parse(r"a(?:b|(c\s+))"))


@pytest.mark.parametrize(
    "unit", ["answer is ", "(A) or ", "not ", "<think>", "</think>\n", "<think></think>\n", "A) x\n"]
)
def test_what_follows_a_cue_is_looked_at_once(unit, monkeypatch):
    calls = []
    looked = choices._after_cue
    monkeypatch.setattr(choices, "_after_cue", lambda *given: calls.append(len(given[2])) or looked(*given))
    for count in (500, 1000, 2000):
        calls.clear()
        extract_letter(unit * count)
        assert len(calls) <= count
        assert max(calls, default=0) <= 100


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["answer is (A) or not. ", "\\boxed{", "</think>\n", "<think></think>\n", "A) x\n", "\n "]
)
def test_a_text_of_a_megabyte_is_read(unit):
    assert extract_letter(unit * (1_000_000 // len(unit)) + "\nANSWER: D") == "D"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("analysisThe answer is A? or B.assistantfinalANSWER: C", "C"),
        ("analysisThe answer is A", None),
        ("<|channel>thought\nANSWER: A<channel|>ANSWER: C", "C"),
        ("thought\nANSWER: A?\n\nANSWER: C", "C"),
        ("<|begin_of_box|>C<|end_of_box|>", "C"),
        ("C<|im_end|>", "C"),
        ("<reasoning>ANSWER: A</reasoning>C", "C"),
        ("<thought>ANSWER: A", None),
        ("It is A.</think>C", "C"),
        ("I close thoughts with `</think>`. ANSWER: C", "C"),
    ],
)
def test_no_letter_is_read_from_thoughts_or_lost_to_tokens(text, letter):
    assert extract_letter(text) == letter


TEN = [
    ("Answer: J", "J", "the last of ten"),
    ("The answer is (G).", "G", "as the worked examples of MMLU-Pro end"),
    ("the answer is (E)", "E", "without a full stop"),
    ("Answer: I", "I", "the letter, not who speaks"),
    ("The best answer is **I**.", "I", "in bold"),
    ("I is correct.", "I", "as the subject"),
    ("Answer: I think that it is hard to say.", None, "who speaks"),
    ("Answer: I don't know.", None, "who speaks, denying"),
    ("The answer is B or I am mistaken.", "B", "who speaks is no second letter"),
    ("The answer is F, I think.", "F", "nor after a comma"),
    ("The answer is B or I.", None, "a second letter"),
    ("The answer is H or J.", None, "a choice beyond D"),
    ("The answer is I only.", None, "a statement of the question"),
    ("The answer is I and II.", None, "numerals of statements"),
    ("The answer is I, II and III.", None, "a list of numerals"),
    ("(i) It rains.\n(ii) It pours.", None, "a list with small numerals"),
    ("I. It rains.\nII. It pours.", None, "a list with numerals"),
    ("Statement (I) contradicts (II).", None, "statements in parentheses"),
    ("I. Because it rains.", "I", "a letter that leads"),
    ("Because of that:\nI", "I", "alone on the last line"),
    ("\\boxed{H}", "H", "boxed"),
    ("Answer: K", None, "not on offer"),
    ("The answer is e^2.", None, "a number"),
    ("Answer: A. No: the answer is (D).", "D", "of several statements the last"),
]


@pytest.mark.parametrize(("text", "letter", "why"), TEN, ids=[f"{text[:40]!r}: {why}" for text, _, why in TEN])
def test_of_ten_letters_an_answer_is_read_as_its_reader_would(text, letter, why):
    assert extract_letter(text, choices.TEN_LETTERS) == letter


def test_a_letter_beyond_those_on_offer_settles_nothing():
    assert extract_letter("Answer: F", "ABCDEF") == "F"
    assert extract_letter("Answer: F", "ABCDE") is None
    assert extract_letter("Answer: A or F", "ABCDE") == "A"
