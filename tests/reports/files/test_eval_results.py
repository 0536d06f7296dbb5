"""The hub's `.eval_results` entries: in its form, for whole benchmarks only, strict YAML whatever text is in it."""

from __future__ import annotations

import pytest
import yaml
from huggingface_hub import eval_result_entries_to_yaml, parse_eval_result_entries

from quantgate.evals.contract.published import Benchmark
from quantgate.evals.errors import UsageError
from quantgate.reports.files.eval_results import eval_results_yaml
from quantgate.reports.files.model_card import model_card
from quantgate.tasks.gsm8k import BENCHMARK as GSM8K
from tests.reports import made


def test_an_entry_has_the_hubs_fields_and_its_own_parser_takes_them():
    text = eval_results_yaml(made.verdict(made.decision()), "https://example.org/report.html")
    entries = yaml.safe_load(text)
    assert entries == [
        {
            "dataset": {
                "id": "openai/gsm8k",
                "task_id": "gsm8k",
                "revision": "cc7b047b6e5bb11b4f1af84efc572db110a51b3c",
            },
            "value": 95.5,
            "date": "2026-11-20",
            "source": {"url": "https://example.org/report.html", "name": "quantgate report"},
            "notes": "lm-eval 0.4.13, exact_match, 1,319 items; baseline 96.49%, difference -0.99 points "
            "(-1.97 to -0.02), margin 2: non-inferior (quantgate)",
        }
    ]
    assert eval_result_entries_to_yaml(parse_eval_result_entries(entries)) == entries


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (made.decision("arithmetic"), "no leaderboard"),
        (made.decision(items=200), "200 of its 1,319 items"),
        (made.invalid("gsm8k"), "no valid score"),
    ],
)
def test_what_the_hub_would_misread_is_left_out_with_the_reason(task, why):
    text = eval_results_yaml(made.verdict(task))
    assert yaml.safe_load(text) == []
    assert why in text


def test_a_leaderboard_whose_name_is_none_of_the_hubs_is_left_out():
    record = made.task_record(benchmark=Benchmark("x" * 500, "gsm8k\n- id: y", 1319))
    candidate = made.run_record("mxfp4", (record,))
    text = eval_results_yaml(made.verdict(made.decision(), candidate=candidate))
    assert yaml.safe_load(text) == []
    assert "is no name of a data set" in text
    assert len(text) < 300


def test_a_run_that_did_not_record_its_leaderboard_is_left_out_with_the_reason():
    candidate = made.run_record("mxfp4", (made.task_record(benchmark=None),))
    assert "no leaderboard" in eval_results_yaml(made.verdict(made.decision(), candidate=candidate))


def test_without_an_address_no_source_is_named():
    assert "source" not in yaml.safe_load(eval_results_yaml(made.verdict(made.decision())))[0]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "example.org", "https://", "https://a b", "http://[", ""])
def test_a_source_must_be_an_address_of_the_web(address):
    with pytest.raises(UsageError, match="--source-url"):
        eval_results_yaml(made.verdict(made.decision()), address)


def test_hostile_text_parses_strictly(hostile_verdict):
    tasks = tuple(made.replace(task, task="gsm8k") for task in hostile_verdict.tasks)
    record = hostile_verdict.candidate.tasks[0]
    record = made.replace(
        hostile_verdict.candidate, tasks=(made.replace(record, name="gsm8k", items=1319, benchmark=GSM8K),)
    )
    entries = yaml.safe_load(eval_results_yaml(made.replace(hostile_verdict, tasks=tasks, candidate=record)))
    assert {entry["dataset"]["id"] for entry in entries} == {"openai/gsm8k"}
    assert yaml.safe_load(eval_results_yaml(hostile_verdict)) == []


def test_the_model_card_has_the_recovery_table_with_n_repeats_bounds_and_verdict():
    card = model_card(made.verdict(made.decision(), made.inconclusive()))
    assert "| Benchmark | n | Repeats | fp8 | mxfp4 (this model) | Recovery (%) |" in card
    assert "| gsm8k | 1,319 | 1 | 96.49 | 95.50 | 99.0 | -0.99 | -1.97 to -0.02 | 2 | ✓ non-inferior |" in card
    assert "| gpqa\\_diamond | 198 | 2 | 92.17 | 90.26 | 97.9 | -1.91 | -5.31 to +1.42 | 3 | ? inconclusive |" in card
    assert "id: Idavidrein/gpqa" in card


def test_the_model_card_can_go_without_the_hubs_entries():
    assert "```" not in model_card(made.verdict(made.decision()), with_yaml=False)
