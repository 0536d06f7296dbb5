"""Two builds on two sides, each the one it is called."""

from __future__ import annotations

from quantgate.evals.checks.told_apart import FirstPrompts, SeenBuild, prompts_apart, told_apart
from quantgate.evals.runs.observation import Health

HERE, THERE = "http://127.0.0.1:8000/v1", "http://127.0.0.1:8001/v1"


def judged(baseline, candidate, *, meant=False):
    return [(seen.health, seen.text) for seen in told_apart(baseline, candidate, meant=meant)]


def test_two_models_at_one_address_are_two_builds():
    assert judged(SeenBuild("fp8", HERE, "m-fp8"), SeenBuild("mxfp4", HERE, "m-mxfp4")) == []


def test_one_model_at_two_addresses_is_taken_for_two_builds():
    assert judged(SeenBuild("fp8", HERE, "m"), SeenBuild("mxfp4", THERE, "m")) == []


def test_one_model_at_one_address_however_it_is_written_is_one_build():
    ((health, said),) = judged(SeenBuild("a", HERE, "m"), SeenBuild("b", "http://localhost:8000/v1/", "m"))
    assert health is Health.BAD
    assert "a build held against itself" in said


def test_a_noise_floor_may_be_one_build():
    ((health, _),) = judged(SeenBuild("a", HERE, "m"), SeenBuild("b", HERE, "m"), meant=True)
    assert health is Health.NOTE


def test_two_endpoints_that_tell_of_the_same_weights_are_noted():
    told = {"served": {"id": "m", "root": "/models/glm"}}
    ((health, said),) = judged(SeenBuild("a", HERE, "m", told), SeenBuild("b", THERE, "m", told))
    assert health is Health.NOTE
    assert "/models/glm" in said


def test_builds_that_are_served_under_each_others_label_are_refused():
    ((health, said),) = judged(SeenBuild("fp8", HERE, "glm-MXFP4"), SeenBuild("mxfp4", THERE, "glm-fp8"))
    assert health is Health.BAD
    assert "swapped" in said


def test_a_label_that_is_in_every_name_says_nothing():
    assert judged(SeenBuild("glm", HERE, "glm-mxfp4"), SeenBuild("glm-mxfp4", THERE, "glm")) == []
    assert judged(SeenBuild("fp8", HERE, "fp8-base-mxfp4"), SeenBuild("mxfp4", THERE, "fp8")) == []


def test_first_prompts_of_other_tokens_are_two_templates_unless_that_is_meant():
    counts = {"gsm8k": 1203, "gpqa_diamond": 310, "ifeval": 90}
    ours = FirstPrompts("fp8", {task: frozenset({count}) for task, count in counts.items()})
    theirs = FirstPrompts("mxfp4", {"gsm8k": frozenset({1227}), "gpqa_diamond": frozenset(), "ifeval": frozenset({90})})
    (seen,) = prompts_apart(ours, theirs, meant=())
    assert (seen.subject, seen.health) == ("prompts", Health.BAD)
    assert seen.text.startswith("gsm8k: the first item's prompt has 1,203 tokens for fp8 and 1,227 for mxfp4: another")
    (noted,) = prompts_apart(ours, theirs, meant=["gsm8k"])
    assert (noted.health, "prompts_unlike" in noted.text) == (Health.NOTE, False)


def test_tokens_from_a_cache_may_be_counted_beside_the_prompts():
    ours, theirs = FirstPrompts("fp8", {"t": frozenset({100})}), FirstPrompts("q4", {"t": frozenset({36, 100})})
    assert prompts_apart(ours, theirs, meant=()) == []
