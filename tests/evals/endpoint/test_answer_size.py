"""How much work an answer was."""

import pytest

from quantgate.evals.contract.records import Answer, Status
from quantgate.evals.endpoint.answer_size import size_of


@pytest.mark.parametrize(
    ("usage", "size"),
    [
        ({"completion_tokens": 321}, 321),
        (None, 25),
        ({"completion_tokens": 0}, 25),
        ({"completion_tokens": -4}, 25),
        ({"completion_tokens": 10**300}, 25),
        ({"completion_tokens": True}, 1),
        ({"completion_tokens": "many"}, 25),
        ({"completion_tokens": float("nan")}, 25),
    ],
)
def test_it_is_what_the_server_counts_or_else_a_quarter_of_the_characters(usage, size):
    assert size_of(Answer(Status.OK, response="x" * 60, reasoning="y" * 40, usage=usage)) == size


def test_an_answer_without_a_text_is_one():
    assert size_of(Answer(Status.EMPTY)) == 1
