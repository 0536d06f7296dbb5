"""A generator as a task: asked and graded as reasoning-gym's own evaluation does."""

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.tasks.reasoning_gym.family import info
from quantgate.tasks.reasoning_gym.task import config_option
from quantgate.tasks.registry import find_task, load_task

reasoning_gym = pytest.importorskip("reasoning_gym")

STORED = [
    "<answer>{}</answer>",
    "so <answer> {} </answer> it is",
    "<answer>0</answer> no, <answer>\n{}\n</answer>",
    "<answer>{}</answer> <answer>open",
    "<answer>it is {}</answer>",
    "{}",
    "<answer></answer>",
]


def task(name: str, limit: int = 8, **own: object):
    return load_task(f"reasoning_gym:{name}", TaskOptions(limit=limit, own=own))


@pytest.mark.parametrize("name", ["chain_sum", "word_sorting", "spell_backward", "fraction_simplification", "gcd"])
def test_stored_answers_score_as_the_packages_own_verifier_says(name):
    from reasoning_gym.utils import extract_answer

    asked, own = task(name), reasoning_gym.create_dataset(name, seed=0, size=1000)
    for item in asked.items():
        entry = own[int(item.item_id)]
        for text in (stored.format(entry["answer"]) for stored in STORED):
            wanted = float(own.score_answer(extract_answer(text), entry))
            grade = asked.grade(item, 0, text)
            assert grade.metrics == {"exact_match": float(wanted == 1), "score_answer": wanted}
            assert grade.score == grade.metrics["exact_match"]


def test_the_packages_own_system_prompt_asks():
    asked = task("chain_sum", 1)
    system, user = asked.prompt(asked.items()[0], 0).messages
    assert (system["role"], system["content"]) == ("system", reasoning_gym.utils.SYSTEM_PROMPTS["default"])
    assert user["content"] == reasoning_gym.create_dataset("chain_sum", seed=0, size=1000)[0]["question"]


def test_a_partial_credit_is_the_score_only_where_it_is_wanted():
    asked = info("reasoning_gym:chain_sum").load(TaskOptions(limit=1, metric="score_answer"))
    (item,) = asked.items()
    right = asked.reference(item, 0)
    assert asked.grade(item, 0, f"<answer>{right}</answer>").score == 1.0
    assert 0 < asked.grade(item, 0, f"<answer>about {right}</answer>").score < 1


def test_tags_that_are_never_closed_take_no_time():
    asked = task("chain_sum", 1)
    assert asked.grade(asked.items()[0], 0, "<answer>" * 200_000).extracted is None


def test_seed_configuration_and_version_tell_two_runs_apart_and_the_limit_does_not():
    one = task("chain_sum").identity
    assert task("chain_sum", 9).identity == one
    assert task("chain_sum", seed=1).identity.data_hash != one.data_hash
    assert task("chain_sum", config={"min_terms": 3}).identity.data_hash != one.data_hash
    assert one.settings == {"generator": "chain_sum", "seed": 0, "config": {}}
    assert "0.1.25" in one.version


def test_the_hash_of_a_prompt_holds_the_right_answer(monkeypatch):
    from dataclasses import replace

    asked = task("chain_sum", 1)
    (item,) = asked.items()
    before = asked.prompt(item, 0)
    asked._questions[item.item_id] = replace(asked._questions[item.item_id], answer="another")
    assert asked.prompt(item, 0).messages == before.messages
    assert asked.prompt(item, 0).prompt_hash != before.prompt_hash


def test_what_one_answer_to_all_would_score_is_known():
    assert 0.5 < task("syllogism", 200).guess < 0.8
    assert task("chain_sum", 200).guess < 0.1


def test_seed_and_size_are_no_part_of_the_configuration():
    with pytest.raises(ValueError, match="must not have seed"):
        config_option().read('{"seed": 3}')


def test_without_a_limit_as_many_are_made_as_the_declaration_says():
    declared = find_task("reasoning_gym:gcd")
    assert (declared.items, declared.fresh) == (None, 500)
    assert len(declared.load(TaskOptions()).items()) == 500
