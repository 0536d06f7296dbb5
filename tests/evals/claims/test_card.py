"""Cards as claims: rows of both builds, what is filled in, and what cannot be judged."""

import pytest

from quantgate.evals.claims.card import Said, read_card, said_of
from quantgate.evals.errors import UsageError

NOTHING = Said({}, {})
HEAD = "| Benchmark | BF16 | NVFP4 | Recovery (%) |\n|---|---|---|---|\n"


def read(rows: str, baseline: str = "BF16", candidate: str = "NVFP4", items=(), repeats=(), **more):
    return read_card(HEAD + rows, baseline, candidate, said_of(items, repeats), **more)


def told(card) -> list[tuple[object, ...]]:
    return [(one.task, one.n, one.repeats, one.baseline, one.candidate) for one in card.claims]


def test_a_row_is_a_claim_with_its_benchmarks_items():
    card = read("| GSM8K | 95.5 | 95.3 | 99.8 |\n")
    assert told(card) == [("GSM8K", 1319, 1, "0.955", "0.953")]
    assert "1,319 items (https://" in card.claims[0].remarks[0]


def test_the_fewest_answers_are_taken_that_the_digits_allow():
    card = read(
        "| AIME 2025 | 93.3 | 90.0 | 96 |\n| AIME 2024 | 89.2 | 88.8 | 99 |\n| LiveCodeBench v6 | 70.9 | 70.3 | 99 |\n"
    )
    assert [(one.n, one.repeats) for one in card.claims] == [(30, 1), (30, 8), (131, 8)]
    assert "--repeats" in card.claims[1].remarks[0]


def test_a_macro_average_has_its_strata():
    assert read("| tau2-bench | 81.9 | 83.4 | |\n").claims[0].strata == (50, 114, 114)


@pytest.mark.parametrize("name", ["FooBench", "foobench"])
def test_what_is_unknown_is_named_with_what_to_give(name):
    rows = "| FooBench | 55.0 | 54.0 | |\n| GSM8K | 95.5 | 95.3 | |\n"
    (row,) = read(rows).unjudged
    assert (row.task, row.counts) == ("FooBench", True)
    assert '--items "FooBench=N"' in row.why
    assert told(read(rows, items=[f"{name}=200"], repeats=[f"{name}=4"]))[0] == ("FooBench", 200, 4, "0.550", "0.540")


def test_the_items_that_a_row_says_are_believed():
    assert told(read("| GSM8K (n=200) | 96.5 | 95.5 | |\n")) == [("GSM8K (n=200)", 200, 1, "0.965", "0.955")]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("| IFEval | - | 88.1 | |", "baseline: no figure"),
        ("| IFEval | 88.1 | N/A | |", "candidate: no figure"),
        ("| IFEval | 0.881 | 88.1 | |", "one reads as a share and one as a percentage"),
        ("| IFEval | 0.881 | 0.879 | |", "stand among percentages"),
        ("| IFEval (%) | 0.881 | 0.879 | |", "shares or percentages"),
        ("| IFEval | 88.1% | 0.879 | |", "one reads as a share and one as a percentage"),
        ("| AIME 2025 (n=64) | 88.1 | 87.9 | |", "n=64 is more than the 30 items of AIME 2025"),
        ("| IFEval | 881 | 879 | |", "881 is no accuracy"),
        ("| IFEval | 88.1 / 87.0 | 88.1 | |", "no single accuracy"),
        ("| Wikitext perplexity | 6.1 | 6.3 | |", "less is better"),
        ("| BFCL v3 | 70.1 | 70.0 | |", "weighted mean over categories"),
    ],
)
def test_a_row_that_cannot_be_judged_is_said_and_counts(row, why):
    card = read(f"{row}\n| GSM8K | 95.5 | 95.3 | |\n")
    assert [(one.counts, why in one.why) for one in card.unjudged] == [(True, True)], card.unjudged
    assert [one.task for one in card.claims] == ["GSM8K"]


@pytest.mark.parametrize("mark", ["[^1]", "[1]", " [1]"])
def test_the_mark_of_a_footnote_is_no_digit_though_its_note_makes_it_a_link(mark):
    card = read(f"| GSM8K | 94.09{mark} | 93.93%{mark} | |\n\n[^1]: greedy\n[1]: https://example.org\n")
    assert told(card) == [("GSM8K", 1319, 1, "0.9409", "0.9393")]


def test_a_link_that_is_a_number_or_a_part_of_a_name_is_kept():
    card = read("| AIME [25](https://example.org) | [88](https://example.org) | 86.7 | |\n")
    assert (card.claims[0].n, card.claims[0].baseline) == (30, "0.88")


def test_means_sizes_and_speeds_are_said_and_stop_nothing():
    card = read("| GSM8K | 95.5 | 95.3 | |\n| **Average** | 80 | 79 | |\n| Model size | 100 GB | 30 GB | |\n")
    assert [(one.task, one.counts) for one in card.unjudged] == [("Average", False), ("Model size", False)]


def test_builds_may_be_the_rows():
    text = "| Precision | IFEval | GPQA-D |\n|-|-|-|\n| FP8 (base) | 0.909 | 0.860 |\n| NVFP4 | 0.904 | 0.859 |\n"
    card = read_card(text, "FP8", "NVFP4", NOTHING)
    assert [(one.task, one.baseline, one.candidate) for one in card.claims] == [
        ("IFEval", "0.909", "0.904"),
        ("GPQA-D", "0.860", "0.859"),
    ]


def test_builds_may_stand_under_each_benchmark():
    text = (
        "<table><tr><th rowspan=2></th><th colspan=2>GSM8K</th><th colspan=2>MMLU</th></tr>"
        "<tr><th>BF16</th><th>FP8</th><th>BF16</th><th>FP8</th></tr>"
        "<tr><td>5-shot</td><td>95.1</td><td>95.0</td><td>80.2</td><td>80.1</td></tr></table>"
    )
    card = read_card(text, "BF16", "FP8", NOTHING)
    assert [(one.task, one.n, one.baseline) for one in card.claims] == [
        ("GSM8K / 5-shot", 1319, "0.951"),
        ("MMLU / 5-shot", 14042, "0.802"),
    ]


def test_a_spanning_category_names_its_rows_and_a_title_row_is_none():
    text = (
        "<table><tr><th>Category</th><th>Metric</th><th>org/model</th>"
        "<th>org/model-FP8<br>(this model)</th><th>Recovery</th></tr>"
        '<tr><td rowspan="2">OpenLLM v1</td><td>GSM8K (5-shot)</td><td>95.1</td><td>95.0</td><td>99.9</td></tr>'
        "<tr><td><b>Average</b></td><td>95.1</td><td>95.0</td><td>99.9</td></tr>"
        "<tr><td colspan=5>Others</td></tr></table>"
    )
    card = read_card(text, "3", "this model", NOTHING)
    assert [(one.task, one.n) for one in card.claims] == [("OpenLLM v1 / GSM8K (5-shot)", 1319)]
    assert [one.task for one in card.unjudged] == ["OpenLLM v1 / Average"]


def test_rows_of_one_name_are_told_apart_by_their_headings():
    card = read_card(
        f"# Greedy\n\n{HEAD}| GSM8K | 95.5 | 95.3 | |\n\n# Sampled\n\n{HEAD}| GSM8K | 94.5 | 94.3 | |\n",
        "BF16",
        "NVFP4",
        NOTHING,
    )
    assert [one.task for one in card.claims] == ["GSM8K (Greedy)", "GSM8K (Sampled)"]


def test_a_row_that_names_a_metric_alone_is_its_headings_benchmark():
    card = read_card(f"### GSM8K-Platinum\n\n{HEAD}| Accuracy | 95.86 | 96.44 | |\n", "2", "3", NOTHING)
    assert [one.n for one in card.claims] == [1209]


@pytest.mark.parametrize(
    ("baseline", "candidate", "said"),
    [
        ("FP16", "NVFP4", "its columns: 1 Benchmark, 2 BF16, 3 NVFP4, 4 Recovery"),
        ("BF16", "BF16", "the same column"),
        ("BF16", "Recovery (%)", "holds no accuracies"),
        ("BF16", "9", "no table has figures for both"),
    ],
)
def test_columns_that_are_not_there_are_refused_with_those_that_are(baseline, candidate, said):
    with pytest.raises(UsageError) as refusal:
        read("| GSM8K | 95.5 | 95.3 | 99 |\n", baseline, candidate)
    assert said in str(refusal.value)


def test_words_that_several_columns_hold_are_refused():
    text = "| B | Qwen BF16 | Llama BF16 | FP8 |\n|-|-|-|-|\n| GSM8K | 95.5 | 95.3 | 95 |\n"
    with pytest.raises(UsageError, match="BF16 names several columns"):
        read_card(text, "BF16", "FP8", NOTHING)


def test_a_card_without_a_row_to_judge_is_refused_with_the_reasons():
    with pytest.raises(UsageError, match=r"no row can be judged[.] FooBench: "):
        read("| FooBench | 55.1 | 54.0 | |\n")


def test_a_name_that_is_no_row_is_refused():
    with pytest.raises(UsageError, match="no row is called so; there are GSM8K"):
        read("| GSM8K | 95.5 | 95.3 | |\n", items=["MATH=500"])


@pytest.mark.parametrize("option", ["GSM8K", "=5", "GSM8K=0", "GSM8K=1.5", "GSM8K=50,x"])
def test_an_option_that_says_no_number_is_refused(option):
    with pytest.raises(UsageError, match="--items"):
        said_of([option], [])


def test_a_recovery_of_repeated_answers_is_not_judged_rather_than_judged_wrongly():
    card = read("| AIME 2025 | 89.2 | 88.8 | |\n| GSM8K | 95.5 | 95.3 | |\n", margin={"recovery": 0.97})
    assert [one.task for one in card.claims] == ["GSM8K"]
    assert "a recovery is judged of one answer" in card.unjudged[0].why
