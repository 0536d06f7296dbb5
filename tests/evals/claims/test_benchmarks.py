"""Benchmarks by the names that cards give them; a name that means another, or a part, is not known."""

import pytest

from quantgate.evals.claims.benchmarks import BENCHMARKS, known_benchmark, repeats_said


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("GSM8K (5-shot, strict-match)", (1319,)),
        ("gsm8k_platinum", (1209,)),
        ("GSM8k Platinum (0-shot)", (1209,)),
        ("AIME 2025", (30,)),
        ("AIME25 (avg@16)", (30,)),
        ("GPQA Diamond", (198,)),
        ("gpqa:diamond", (198,)),
        ("MMLU-Pro", (12032,)),
        ("MMLU (CoT, 0-shot)", (14042,)),
        ("Math 500", (500,)),
        ("HumanEval (+)", (164,)),
        ("MBPP Plus", (378,)),
        ("τ²-Bench Telecom", (114,)),
        ("LiveCodeBench (release_v5)", (880,)),
        ("IFEval", (541,)),
        ("AA LCR", (100,)),
        ("Humanity's Last Exam", (2158, 2500, 2684)),
        ("LiveCodeBench", ()),
        ("LiveCodeBench v6 (2408-2505)", (454,)),
        ("LCB (Aug 2024 - May 2025)", (454,)),
        ("LiveCodeBench 2024-07 to 2025-01", (315,)),
        ("LiveCodeBench v6 (2502-2505)", ()),
        ("τ³-bench banking_knowledge", (97,)),
        ("tau3 retail", (114,)),
        ("tau3-bench", ()),
        ("BFCL v4", ()),
    ],
)
def test_a_benchmark_is_known_however_it_is_spelt(name, sizes):
    found = known_benchmark(name)
    assert found is not None
    assert found.sizes == sizes
    assert bool(found.why) == (not sizes)


@pytest.mark.parametrize(
    "name",
    ["MMMLU", "MMLU-ProX", "MMLU STEM", "Global-MMLU", "MGSM", "AIME 2024/2025", "AIME 2025 I", "GSM8K / MMLU", "MATH",
     "GSM8K subset", "GPQA Diamond (100 samples)", "TruthfulQA (mc2)", "IFEval (inst-level)",
     "SimpleQA Verified", "FooBench"],
)  # fmt: skip
def test_what_is_another_benchmark_or_a_part_is_not_taken_for_it(name):
    assert known_benchmark(name) is None


def test_every_benchmark_says_where_its_size_is_from():
    for one in BENCHMARKS:
        assert one.source.startswith("https://"), one.name
        assert list(one.sizes) == sorted(one.sizes)
        assert not one.strata or (sum(one.strata),) == one.sizes


@pytest.mark.parametrize(("name", "repeats"), [("AIME25 (avg@16)", 16), ("GSM8K, 3 seeds", 3), ("pass@1", None)])
def test_the_repeats_that_a_name_says(name, repeats):
    assert repeats_said(name) == repeats
