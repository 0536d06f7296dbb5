"""Which generators of reasoning-gym are asked."""

import pytest

from quantgate.evals.errors import UsageError
from quantgate.tasks.reasoning_gym.generators import ASKED, REFUSED, checked_name

SUSPECT = ("eval(answer)", "parse_expr(answer", "exec(answer", "sympify(answer")


def test_one_whose_verifier_evaluates_answers_is_refused_with_the_reason():
    with pytest.raises(UsageError, match=r"reasoning_gym:n_queens is not asked: .* as Python code"):
        checked_name("n_queens")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean reasoning_gym:chain_sum"):
        checked_name("chainsum")


def test_every_generator_of_the_package_is_asked_or_refused():
    factory = pytest.importorskip("reasoning_gym.factory")
    assert sorted([*ASKED, *REFUSED]) == sorted(factory.DATASETS)


def test_no_verifier_that_is_asked_evaluates_what_a_model_wrote():
    import inspect

    factory = pytest.importorskip("reasoning_gym.factory")
    bodies = {name: inspect.getsource(made.score_answer) for name, (made, _) in factory.DATASETS.items()}
    evaluates = {name for name, body in bodies.items() if any(each in body.replace("sympy.", "") for each in SUSPECT)}
    assert len(evaluates) == 9
    assert evaluates <= REFUSED.keys()
