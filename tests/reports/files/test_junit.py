"""JUnit XML: one test case a task, its outcome that of the gate, parsed strictly whatever text is in it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from quantgate.evals.decision.comparison import Format
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.settings.requirements import Tier
from quantgate.reports.files.junit import comparison_junit, gate_junit
from quantgate.reports.files.options import Inconclusive
from tests.reports import made


def outcomes(xml: str) -> dict[str, str]:
    root = ElementTree.fromstring(xml)
    return {
        case.get("name", ""): next((child.tag for child in case if child.tag != "system-out"), "passed")
        for case in root.iter("testcase")
    }


def test_each_task_is_a_case_with_its_outcome(everything):
    assert outcomes(gate_junit(everything)) == {
        "gsm8k": "passed",
        "gpqa_diamond": "failure",
        "mmlu_pro": "failure",
        "ifeval": "error",
        "tau2": "failure",
    }


def test_inconclusive_can_be_skipped_and_regressed_cannot(everything):
    found = outcomes(gate_junit(everything, Inconclusive.SKIPPED))
    assert (found["gpqa_diamond"], found["mmlu_pro"], found["ifeval"]) == ("skipped", "failure", "error")


def test_the_counts_of_the_suite_are_those_of_its_cases(everything):
    suite = ElementTree.fromstring(gate_junit(everything)).find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["5", "3", "1", "0"]
    assert suite.get("timestamp") == "2026-11-21T10:00:00"


def test_a_failure_says_what_the_gate_says(everything):
    failure = ElementTree.fromstring(gate_junit(everything)).find(".//testcase[@name='mmlu_pro']/failure")
    assert failure is not None
    assert failure.get("type") == "regressed"
    assert "loses at least 4.12 points" in failure.get("message", "")
    assert "bounds -8.41 to -4.12" in (failure.text or "")


def test_an_advisory_task_never_fails():
    verdict = made.verdict(made.decision(), made.regressed(tier=Tier.ADVISORY))
    assert outcomes(gate_junit(verdict)) == {"gsm8k": "passed", "mmlu_pro": "skipped"}


@pytest.mark.parametrize("tasks", [(), (made.decision(tier=Tier.ADVISORY),)])
def test_without_a_required_task_the_suite_is_not_green(tasks):
    assert "error" in outcomes(gate_junit(made.verdict(*tasks, release=ReleaseVerdict.INVALID))).values()


def test_a_format_that_only_the_search_over_formats_holds_back_is_not_green():
    build = Format("mxfp4", "runs/mxfp4", made.run_record(), (made.decision(),), ReleaseVerdict.INCONCLUSIVE)
    found = outcomes(comparison_junit(made.comparison(build, verdict=ReleaseVerdict.INCONCLUSIVE)))
    assert found == {"gsm8k": "passed", "(all tasks together)": "failure"}


def test_a_comparison_has_a_suite_for_each_format():
    suites = ElementTree.fromstring(comparison_junit(made.comparison())).findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["quantgate.nvfp4", "quantgate.mxfp4", "quantgate.int4"]


def test_hostile_text_parses_strictly(hostile_verdict):
    xml = gate_junit(hostile_verdict)
    assert len(list(ElementTree.fromstring(xml.encode()).iter("testcase"))) == 5
    assert len(xml) < 100_000


def test_flips_are_properties_of_the_suite_that_say_what_both_builds_said():
    flips = (
        made.flip(2, item="12", answers=made.answers("175", "176"), reference="175"),
        made.flip(3, item="7", answers=made.answers("1", "2")),
    )
    xml = gate_junit(made.verdict(made.regressed(flips=flips), release=ReleaseVerdict.REGRESSED))
    found = {each.get("name"): each.get("value") for each in ElementTree.fromstring(xml).iter("property")}
    assert found == {
        "verdict": "regressed",
        "mmlu_pro: flipped": "1 lost, 1 won",
        "mmlu_pro: 12": "12 lost: 175 in the baseline, 176 in the candidate; right is 175",
        "mmlu_pro: 7": "7 won: 1 in the baseline, 2 in the candidate",
    }
