"""What formats cost where nobody said: told by all servers or all names, and only where that tells them apart."""

from __future__ import annotations

import pytest

from quantgate.evals.decision.known_costs import KnownCosts, bits_by_name, bits_in, served_sizes
from tests.reports import made


def served(label: str, size: object, **listed: object):
    return made.run_record(label, endpoint={"served": {"id": label, "meta": {"size": size}, **listed}})


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("amd/GLM-5.2-MXFP4", 4),
        ("nvidia/GLM-5.2-NVFP4", 4),
        ("zai-org/GLM-5.2-FP8", 8),
        ("Qwen3-32B-int4-awq", 4),
        ("model-w4a16-g128", 4),
        ("llama-3-8b.Q4_K_M", 4),
        ("q8_0", 8),
        ("bf16", 16),
        ("MXFP6", 6),
        ("org-int4/GLM-5.2", None),
        ("int4-or-int8", None),
        ("qwen3", None),
        ("fp0", None),
        ("prod", None),
        ("f" * 100_000, None),
    ],
)
def test_the_bits_that_a_name_tells(name, bits):
    assert bits_in(name) == bits


def test_sizes_count_where_every_server_tells_one():
    small, large = served("a", 86_623_488), served("b", 242_558_208)
    assert served_sizes({"a": small, "b": large}) == KnownCosts({"a": 86.6, "b": 243.0}, "MB of weights")
    assert served_sizes({"a": small, "b": served("b", 3_200_000_000)}).unit == "GB of weights"
    assert served_sizes({"a": small, "b": made.run_record("b")}) == KnownCosts()


@pytest.mark.parametrize("size", ["86623488", True, -1, 0, 12, 10**30, 1e9, None, [1]])
def test_what_is_no_size_is_none(size):
    assert served_sizes({"a": served("a", size), "b": served("b", 242_558_208)}) == KnownCosts()


def test_formats_that_cost_alike_are_not_told_apart():
    assert served_sizes({"a": served("a", 10**9), "b": served("b", 10**9)}) == KnownCosts()
    assert bits_by_name({"mxfp4": made.run_record("mxfp4"), "nvfp4": made.run_record("nvfp4")}) == KnownCosts()


def test_a_label_goes_before_the_models_name():
    records = {"fp8": made.run_record("fp8", model="x-bf16"), "b": made.run_record("b", model="org/x-MXFP4")}
    known = bits_by_name(records)
    assert (known.costs, known.by_name) == ({"fp8": 8.0, "b": 4.0}, True)
