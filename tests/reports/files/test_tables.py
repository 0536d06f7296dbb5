"""CSV of a decision: what RFC 4180 says, figures as in the JSON, and no cell that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.described import FlipTexts
from quantgate.evals.decision.types import ReleaseVerdict, Verdict
from quantgate.reports.files.tables import decision_csv, flips_csv
from tests.reports import made


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_the_table_has_a_row_for_each_task_and_stratum_with_fractions():
    rows = read(decision_csv(made.verdict(made.decision(), made.invalid(), made.tau2())))
    assert [(row["task"], row["stratum"]) for row in rows] == [
        ("gsm8k", ""),
        ("ifeval", ""),
        ("tau2", ""),
        *(("tau2", name) for name in ("airline", "retail", "telecom")),
    ]
    assert {name: rows[0][name] for name in ("items", "difference", "lower", "losses", "gains", "verdict")} == {
        "items": "1319",
        "difference": "-0.0099",
        "lower": "-0.0197",
        "losses": "36",
        "gains": "23",
        "verdict": "non_inferior",
    }
    assert (rows[1]["difference"], rows[1]["verdict"]) == ("", "invalid")


def test_a_comparison_has_its_formats_and_their_costs():
    rows = read(decision_csv(made.comparison()))
    assert {(row["format"], row["cost"]) for row in rows} == {("nvfp4", "0.56"), ("mxfp4", "0.53"), ("int4", "0.5")}


def test_flips_are_told_task_by_task_in_natural_order_with_texts_only_where_there_are_any():
    flips = (
        made.flip(1, item="11", answers=made.answers("175", "176"), reference="175", repeat=0),
        made.flip(2, item="9"),
    )
    rows = read(flips_csv(made.verdict(made.decision(flips=flips))))
    assert [row["item_id"] for row in rows] == ["9", "11"]
    told = ("turned", "baseline_extracted", "candidate_extracted", "reference", "candidate_status", "baseline_score")
    assert [rows[1][name] for name in told] == ["lost", "175", "176", "175", "ok", "1.0"]
    assert "question" not in rows[0]
    texts = FlipTexts('He said "hi",\nthen left', None, "Why?")
    (row,) = read(flips_csv(made.verdict(made.decision(flips=(made.flip(1, texts=texts),)))))
    assert (row["baseline_text"], row["candidate_text"], row["question"]) == ('He said "hi",\nthen left', "", "Why?")


def test_lines_end_as_the_standard_says():
    text = flips_csv(made.verdict(made.decision(flips=(made.flip(1),))))
    assert text.count("\r\n") == len(text.splitlines()) == 2


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t=", " =", "\r\n@", "＝", "\u200b=", "\x00="])
def test_what_a_model_said_begins_no_formula(begins):
    said = f'{begins}HYPERLINK("https://evil.example")'
    flip = made.flip(1, item=said, answers=made.answers(said, said), reference=said, texts=FlipTexts(said, said, said))
    verdict = made.verdict(made.decision(task=said, flips=(replace(flip, stratum=said),), reason=said))
    for text in (flips_csv(verdict), decision_csv(verdict)):
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            assert not [cell for cell in row if cell.lstrip()[:1] in set("=+@＝") or cell.lstrip().startswith("-H")]


def assert_tables(decision: Verdict | Comparison) -> None:
    for text in (decision_csv(decision), flips_csv(decision)):
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert len({len(row) for row in rows}) == 1
        assert not {"\x1b", "\x00", "\u202e", "\x07"} & set(text)


@pytest.mark.slow
def test_hostile_text_stays_in_its_cell(hostile_verdict):
    assert_tables(hostile_verdict)


@pytest.mark.slow
def test_hostile_text_stays_in_its_cell_in_a_comparison_too(hostile_comparison):
    assert_tables(hostile_comparison)


def test_a_decision_without_flips_has_a_table_of_none():
    assert read(flips_csv(made.verdict(made.invalid(), release=ReleaseVerdict.INVALID))) == []
