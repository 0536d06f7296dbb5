"""Questions without end: the same for a seed on every machine, none of them twice."""

import json
import os
import subprocess
import sys

import pytest

from quantgate.evals.errors import UsageError
from quantgate.tasks.reasoning_gym.questions import Generator

reasoning_gym = pytest.importorskip("reasoning_gym")

SOME = ("gsm_symbolic", "chain_sum", "word_sorting", "acre", "family_relationships", "syllogism", "maze")
PRINTS = """
import json, sys
from quantgate.tasks.reasoning_gym.questions import Generator
made = {name: [(one.text, one.answer) for one in Generator(name, 3, {}).distinct(12)] for name in sys.argv[1:]}
print(json.dumps(made))
"""


def test_fewer_questions_are_the_first_of_more():
    few, many = (Generator("gsm_symbolic", 0, {}).distinct(count) for count in (20, 1300))
    assert few == many[:20]
    assert len({one.text for one in many}) == 1300


def test_a_question_depends_on_its_number_whatever_was_made_before():
    later = reasoning_gym.create_dataset("gsm_symbolic", seed=2_001_000, size=1000)[7]
    (found,) = [one for one in Generator("gsm_symbolic", 2, {}).distinct(1010) if one.number == 1007]
    assert (found.text, found.answer) == (later["question"], later["answer"])


def test_two_seeds_share_no_questions():
    first, second = ({one.text for one in Generator("chain_sum", seed, {}).distinct(200)} for seed in (1, 2))
    assert len(first & second) < 3


@pytest.mark.slow
def test_processes_with_unlike_hash_seeds_make_the_same():
    said = [
        subprocess.run(
            [sys.executable, "-c", PRINTS, *SOME],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    first, second = (json.loads(each.splitlines()[-1]) for each in said)
    assert first == second
    assert all(len(made) == 12 for made in first.values())


def test_repeated_questions_are_left_out_until_there_are_no_more():
    few = Generator("chain_sum", 0, {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1}).distinct(5000)
    assert len({one.text for one in few}) == len(few)
    assert 100 < len(few) < 250


def test_a_configuration_that_it_does_not_take_is_refused_with_its_fields():
    with pytest.raises(UsageError, match=r"min_term'.*its fields are min_terms, max_terms"):
        Generator("chain_sum", 0, {"min_term": 2})
    with pytest.raises(UsageError, match="config of chain_sum: min_terms must be positive"):
        Generator("chain_sum", 0, {"min_terms": 0})


def test_what_a_verifier_cannot_read_scores_nothing():
    generator = Generator("prime_factorization", 0, {})
    (question,) = generator.distinct(1)
    assert generator.verdict(question.answer, question) == 1.0
    assert generator.verdict("no × idea", question) == 0.0
