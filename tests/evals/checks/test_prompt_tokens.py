"""Whether both builds were sent the same tokens, by what their servers count in each prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from quantgate.evals.checks.finding import Finding, Severity
from quantgate.evals.contract.records import Sample
from quantgate.evals.contract.token_ids import FIELD, TokenIds
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import Imported, SameBy
from quantgate.evals.settings.policy import Policy
from tests.evals.made_runs import run_of

ITEMS = 40


def length(sample: Sample) -> int:
    """What a sound server counts in the prompt of an item."""
    return 100 + 7 * int(sample.item_id)


def served(count: Callable[[Sample], Any] = length, *, repeats: int = 1, usage: Any = None, **task: Any) -> Run:
    """A run whose server counts the tokens of prompts so; `usage` makes what else it tells."""
    run = run_of([1.0, 0.0] * (ITEMS // 2), repeats=repeats, **task)
    told = {
        key: replace(each, usage={"prompt_tokens": count(each), **(usage(each) if usage else {})})
        for key, each in run.samples.items()
    }
    return Run(replace(run.record, endpoint={"base_url": "http://127.0.0.1/v1"}), told)


def found(baseline: Run, candidate: Run, **policy: Any) -> dict[str, Finding]:
    (task,) = decide(pair_runs(baseline, candidate), Policy(same_build=True, **policy)).tasks
    return {each.code: each for each in task.findings if each.code.startswith("prompts")}


def test_servers_that_count_alike_have_no_finding():
    assert found(served(), served()) == {}


def test_another_template_is_told_by_its_constant_offset_and_blocks_a_pass():
    other = served(lambda each: length(each) + 24)
    assert found(served(), other)["prompts_unlike"].message == (
        "The builds were not sent the same tokens: on 40 of 40 items the candidate's server counts 24 tokens more in "
        "the same prompt (0: 100 and 124, 1: 107 and 131, 10: 170 and 194), the same on each, as another chat template "
        "or system prompt does, or thoughts switched off on one side: what differs in score may then be the prompt's "
        "doing and not the build's. Serve both alike, and ask again; prompts_unlike: true in the policy "
        "(--prompts-unlike) says that it is meant, as of two models' tokenizers"
    )
    lenient = {"margin": 0.3, "same_build": True}
    assert decide(pair_runs(served(), served()), Policy(**lenient)).verdict is ReleaseVerdict.PASS
    assert decide(pair_runs(served(), other), Policy(**lenient)).verdict is ReleaseVerdict.INCONCLUSIVE


def test_what_is_meant_is_told_and_blocks_nothing():
    other = served(lambda each: length(each) - 24)
    told = found(served(), other, prompts_unlike=True)["prompts_unlike"]
    assert (told.severity, "24 tokens fewer" in told.message) == (Severity.WARNS, True)
    policy = Policy(margin=0.3, same_build=True, tasks={"gsm8k": {"prompts_unlike": True}})
    assert decide(pair_runs(served(), other), policy).verdict is ReleaseVerdict.PASS


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (lambda each: length(each) + length(each) // 20, "counts 5 to 18 tokens more in the same prompt"),
        (lambda each: length(each) + length(each) // 20, "the more the longer the prompt, as another tokenizer does"),
        (lambda each: min(length(each), 256), "as the candidate's server cuts prompts at 256 tokens"),
        (lambda each: length(each) + 24 * (int(each.item_id) > 30), "on 9 of 40 items"),
        (lambda each: length(each) + 24 * (int(each.item_id) > 30), "a chat template that was changed under way"),
        (lambda each: length(each) + (-3, 2, 0)[int(each.item_id) % 3], "a server that leaves cached tokens out"),
        (lambda each: length(each) + (-3, 2, 0)[int(each.item_id) % 3], "from 3 tokens fewer to 2 tokens more"),
        (lambda each: length(each) + (each.item_id == "7"), "on 1 of 40 items the candidate's server counts 1 token"),
    ],
)
def test_what_differs_says_what_may_have_made_it(count: Callable[[Sample], int], said: str):
    told = found(served(), served(count))["prompts_unlike"]
    assert told.blocks
    assert said in told.message


@pytest.mark.parametrize("nothing", [0, None, -5, "137", 1 << 40])
def test_what_is_not_told_is_unknown_and_never_equal(nothing: Any):
    silent = served(lambda _: nothing)
    one = found(served(), silent)
    assert set(one) == {"prompts_untold"}
    assert (one["prompts_untold"].build, one["prompts_untold"].severity) == ("candidate", Severity.WARNS)
    assert "no prompt_tokens are told of the baseline and the candidate" in (
        found(silent, silent)["prompts_untold"].message
    )


def test_a_few_items_that_could_be_compared_are_not_taken_for_all():
    few = served(lambda each: length(each) if int(each.item_id) < 5 else None)
    assert "on 5 of 40 items alone" in found(served(), few)["prompts_untold"].message
    unlike = served(lambda each: length(each) + 1 if int(each.item_id) < 5 else None)
    assert set(found(served(), unlike)) == {"prompts_unlike"}


def test_a_date_in_the_template_of_both_is_told_and_blocks_nothing():
    dated = served(lambda each: length(each) + each.repeat % 2, repeats=2)
    other = served(lambda each: length(each) + (each.repeat + 1) % 2, repeats=2)
    assert {code: each.severity for code, each in found(dated, other).items()} == {"prompts_vary": Severity.WARNS}
    alone = found(served(repeats=2), dated)
    assert alone["prompts_unlike"].blocks
    assert alone["prompts_vary"].build == "candidate"


def test_repeats_that_are_asked_otherwise_are_held_against_their_own_prompt():
    def shuffled(more: int) -> Run:
        run = served(lambda each: length(each) + each.repeat + more * (each.repeat == 1), repeats=2)
        hashed = {key: replace(each, prompt_hash=f"{each.item_id} {each.repeat}") for key, each in run.samples.items()}
        return Run(run.record, hashed)

    assert found(shuffled(0), shuffled(0)) == {}
    assert "the same on those alone" in found(shuffled(0), shuffled(5))["prompts_unlike"].message


def test_more_repeats_of_one_build_hide_nothing():
    assert found(served(), served(repeats=3)) == {}
    unlike = served(lambda each: length(each) + 9 * (each.repeat == 2), repeats=3)
    assert found(served(), unlike)["prompts_unlike"].blocks


def test_cached_tokens_that_a_server_counts_beside_the_prompts_are_none_more():
    def cached(each: Sample) -> dict[str, Any]:
        return {"prompt_tokens_details": {"cached_tokens": 16 * (int(each.item_id) % 5)}}

    beside = served(lambda each: length(each) - cached(each)["prompt_tokens_details"]["cached_tokens"], usage=cached)
    assert found(served(), beside) == found(beside, served()) == found(served(usage=cached), served()) == {}
    other = served(lambda each: length(each) + 3, usage=cached)
    assert found(served(), other)["prompts_unlike"].blocks
    nonsense = served(usage=lambda _: {"prompt_tokens_details": ["cached"]})
    assert found(served(), nonsense) == {}


def test_log_likelihoods_are_counted_before_they_are_cut():
    cut = served(lambda _: 90, usage=lambda each: {"cut_tokens": length(each) - 90})
    assert found(served(), cut) == {}
    shorter = served(lambda _: 90, usage=lambda each: {"cut_tokens": length(each) - 89})
    assert found(cut, shorter)["prompts_unlike"].blocks


def test_nothing_is_compared_of_conversations():
    talked = served(lambda each: length(each) * 3)
    run = Run(talked.record, {key: replace(each, finish_reason="user_stop") for key, each in talked.samples.items()})
    assert found(served(), run) == {}


def test_of_another_tools_files_only_a_constant_difference_blocks():
    def imported(count: Callable[[Sample], int]) -> Run:
        return served(count, imported=Imported("inspect", SameBy.PROMPT))

    assert found(imported(length), imported(length)) == {}
    scattered = imported(lambda each: length(each) + int(each.item_id) % 3)
    assert found(imported(length), scattered)["prompts_unlike"].severity is Severity.WARNS
    assert found(imported(length), imported(lambda each: length(each) + 8))["prompts_unlike"].blocks


def showing(*made: TokenIds, count: Callable[[Sample], Any] = length) -> Run:
    """A run whose server has shown such hashes of its first prompts, session by session."""
    run = served(count)
    told = {"gsm8k": [asdict(each) for each in made]}
    return Run(replace(run.record, endpoint={**run.record.endpoint, FIELD: told}), run.samples)


MADE = TokenIds("prompts", "template", "text", 120)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(MADE, templated="other"), "(120 and 120 tokens in the first, by /tokenize): another chat template is"),
        (replace(MADE, templated="other", plain="other", tokens=124), "another tokenizer is served"),
    ],
)
def test_other_token_ids_of_the_same_prompts_block_though_they_are_as_many(other: TokenIds, said: str):
    told = found(showing(MADE), showing(other))["prompts_unlike"]
    assert (told.severity, said in told.message) == (Severity.BLOCKS, True)
    assert found(showing(MADE), showing(other), prompts_unlike=True)["prompts_unlike"].severity is Severity.WARNS


@pytest.mark.parametrize(
    "other", [MADE, replace(MADE, prompts="others", templated="other"), replace(MADE, templated=None)]
)
def test_token_ids_that_agree_or_cannot_be_compared_are_no_finding(other: TokenIds):
    assert found(showing(MADE), showing(other)) == found(showing(MADE), showing()) == {}


def test_a_server_that_makes_other_ids_in_a_later_session_is_told():
    told = found(showing(MADE), showing(MADE, replace(MADE, templated="other")))["prompts_unlike"]
    assert (told.build, told.severity) == ("candidate", Severity.BLOCKS)


def test_equal_ids_say_what_untold_counts_leave_open():
    silent = showing(MADE, count=lambda _: None)
    assert found(showing(MADE), silent) == {}
    assert set(found(served(), silent)) == {"prompts_untold"}
