"""How an answer is graded: by what of it was to be found, or by how alike it is to the text that was to be repeated.

References
----------
Found answers: RULER's `string_match_all`, the share of the answers that the reply holds, in capitals or not (Hsieh et
al. 2024, https://arxiv.org/abs/2404.06654, section 4). Repeated texts: the `grade` of OpenAI's data set,
https://huggingface.co/datasets/openai/mrcr: without the prefix 0, else the ratio of Python's
`difflib.SequenceMatcher`. White space before the prefix, which that takes for a missing one, is passed over.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TypeAlias

from quantgate.evals.contract.records import Grade
from quantgate.tasks.needles.prose import Fact
from quantgate.tasks.needles.rounds import Recall

MATCH, EXACT = "match", "exact"
_SHOWN = 120
_CONTROL = re.compile(r"[\x00-\x1f]")

Question: TypeAlias = Fact | Recall


def grade_of(question: Question, response: str) -> Grade:
    """The grade of a reply to a question; pure."""
    return _of_fact(question, response) if isinstance(question, Fact) else _of_recall(question, response)


def _of_fact(fact: Fact, response: str) -> Grade:
    """`match` is the share of the answers that the reply holds; `exact` 1 where it holds all, and names nothing else.

    Whoever repeats the whole list holds all answers, too: `match` cannot tell, `exact` does.
    """
    said = _CONTROL.sub("\n", response.strip()).strip()
    lower = said.lower()
    found = [answer for answer in fact.answers if answer.lower() in lower]
    named = set(re.findall(fact.alike, lower)) if fact.alike else set()
    wrong = (named & fact.pool if fact.pool else named) - set(fact.answers)
    match = len(found) / len(fact.answers)
    exact = float(len(found) == len(fact.answers) and not wrong)
    return Grade(match, ", ".join(found) or said[:_SHOWN] or None, {MATCH: match, EXACT: exact})


def _of_recall(recall: Recall, response: str) -> Grade:
    """`match` is 0 where the reply does not begin with the prefix, else the ratio; `exact` 1 where all is as it was."""
    said = response.lstrip()
    match = 0.0
    if said.startswith(recall.prefix):
        match = SequenceMatcher(None, said.removeprefix(recall.prefix), recall.text).ratio()
    return Grade(match, said[:_SHOWN] or None, {MATCH: match, EXACT: float(said.rstrip() == recall.answer)})
