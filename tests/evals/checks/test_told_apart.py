"""Two builds on two sides, each the one it is called."""

from __future__ import annotations

from quantgate.evals.checks.told_apart import SeenBuild, told_apart
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
