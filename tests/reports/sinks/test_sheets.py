"""What trackers are given of a decision."""

import json
import re
from dataclasses import replace

import pytest

from quantgate.evals.decision.described import FlipTexts
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.reports.sinks.sheets import names, sheets
from quantgate.reports.sinks.types import Order
from tests.reports import made

TAKEN = re.compile(r"[\w\-. ]+(/[a-z_]+)?")
"""What MLflow's servers of every age take."""


def test_a_gate_is_one_sheet_with_figures_of_each_task_the_verdict_and_the_decision_itself():
    (sheet,) = sheets(made.verdict(made.decision(), made.regressed(), release=ReleaseVerdict.REGRESSED))
    assert (sheet.name, sheet.kind) == ("mxfp4 against fp8", "gate")
    assert sheet.figures["gsm8k/difference"] == -0.0099
    assert (sheet.figures["gsm8k/lower"], sheet.figures["gsm8k/upper"]) == (-0.0197, -0.0002)
    assert (sheet.figures["gsm8k/losses"], sheet.figures["gsm8k/gains"], sheet.figures["gsm8k/items"]) == (36, 23, 1319)
    assert (sheet.figures["exit_code"], sheet.figures["tasks"], sheet.figures["tasks_that_pass"]) == (1, 2, 1)
    assert sheet.facts["mmlu_pro/verdict"] == "regressed"
    assert sheet.tags == {"verdict": "regressed", "findings": "truncated", "version": "0.1.0"}
    assert json.loads(sheet.files["gate.json"])["verdict"] == "regressed"
    assert sheet.files["flips.csv"].startswith("task,item_id,")


def test_a_comparison_has_a_sheet_of_its_own_and_one_of_each_format_with_the_same_names():
    whole, *formats = sheets(made.comparison())
    assert [each.name for each in formats] == ["nvfp4", "mxfp4", "int4"]
    assert (whole.figures["formats"], whole.figures["formats_that_pass"]) == (3, 1)
    assert [each.figures["gsm8k/candidate"] for each in formats] == [0.955, 0.9026, 0.902]
    assert list(whole.files) == ["compare.json", "flips.csv"]
    assert not any(each.files for each in formats)


def test_a_task_without_figures_has_its_verdict_and_no_figure_that_is_none():
    (sheet,) = sheets(made.verdict(made.invalid(), made.decision(mcnemar_p=None)))
    assert sheet.facts["ifeval/verdict"] == "invalid"
    assert "ifeval/difference" not in sheet.figures
    assert "gsm8k/mcnemar_p" not in sheet.figures
    assert all(isinstance(value, int | float) for value in sheet.figures.values())


@pytest.mark.parametrize(
    "task",
    ["lm-eval:x", "a/b", "../up", "/root", "a//b", "数学", "a\nb", "\x1b[31m", "%$", " ", ".", "x" * 300, "\udc80"],
)
def test_every_name_is_one_that_trackers_take(task):
    (sheet,) = sheets(made.verdict(made.decision(task), made.decision("gsm8k")))
    for name in (*sheet.figures, *sheet.facts):
        assert TAKEN.fullmatch(name), name
        assert len(name) <= 250
        assert ".." not in name
        assert not name.startswith((".", " ", "/"))
    assert sum(name.endswith("/difference") for name in sheet.figures) == 2


def test_tasks_whose_names_come_out_alike_stay_apart():
    assert names(["lm-eval:x", "lm-eval/x", "lm-eval_x"]) == {
        "lm-eval:x": "lm-eval_x",
        "lm-eval/x": "lm-eval_x_2",
        "lm-eval_x": "lm-eval_x_3",
    }


def with_texts(task):
    told = FlipTexts("he said it", "she said the opposite", "what is it?")
    flip = made.flip(1, texts=told, answers=made.answers("a long result", "(B)"), reference="the right one")
    return made.decision(task, flips=(flip,))


def test_texts_that_were_asked_for_are_sent():
    (sheet,) = sheets(made.verdict(with_texts("gsm8k")))
    assert "she said the opposite" in sheet.files["flips.csv"]
    assert "she said the opposite" in sheet.files["gate.json"]


def test_of_a_private_task_nothing_is_sent_but_letters_whoever_has_asked_for_texts():
    decision = made.verdict(with_texts("gpqa_diamond"))
    private = made.run_record("fp8", (made.task_record("gpqa_diamond", private="Keep it to yourself."),))
    (sheet,) = sheets(replace(decision, baseline=private))
    comparison = replace(made.comparison(), baseline=private)
    build = replace(comparison.formats[0], tasks=decision.tasks)
    for files in (sheet.files, sheets(replace(comparison, formats=(build,)))[0].files):
        for text in files.values():
            assert "she said" not in text
            assert "what is it?" not in text
            assert "the right one" not in text
            assert "a long result" not in text
            assert "(B)" in text


def test_an_order_comes_out_of_its_json_as_it_went_in():
    order = Order("http://127.0.0.1:5000", sheets(made.verdict(made.decision("数学"))))
    assert Order.from_json(order.to_json()) == order
