"""Invented questions in the columns of TIGER-Lab/MMLU-Pro; every fourth has four choices, the others ten."""

from __future__ import annotations

from typing import Any

from quantgate.tasks.mmlu_pro import SUBJECTS
from tests.tasks.lm_eval.side_by_side import Documents

LETTERS = "ABCDEFGHIJ"


def mmlu_pro_documents(count: int) -> Documents:
    """Sums, one subject after the other."""
    return [_document(number) for number in range(count)]


def _document(number: int) -> dict[str, Any]:
    subject = list(SUBJECTS)[number % len(SUBJECTS)]
    many = 4 if number % 4 == 3 else 10
    right = (number * 7 + 2) % many
    return {
        "question_id": 70 + number,
        "question": f" In {subject}, what is {number} plus 7? ",
        "options": [f"{number + 7 + choice - right} " for choice in range(many)],
        "answer": LETTERS[right],
        "answer_index": right,
        "category": subject,
        "src": "invented",
    }
