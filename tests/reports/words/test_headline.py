"""The one sentence on top is that of the task that decided."""

from __future__ import annotations

from dataclasses import replace

from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.settings.requirements import Tier
from quantgate.reports.words.headline import (
    comparison_headline,
    headline,
    other_reasons,
    recommendation,
    shipped,
    whole_verdict,
)
from quantgate.reports.words.settling import settling
from tests.reports import made


def test_a_pass_of_several_tasks_names_the_closest_call():
    easy = made.decision("easy", lower=-0.001, reason="passes.")
    assert headline(made.verdict(easy, made.decision())).startswith(
        "All 2 required tasks pass; the closest call is gsm8k: passes."
    )


def test_a_regression_is_named_before_what_is_merely_inconclusive():
    verdict = made.verdict(made.inconclusive(), made.regressed(), release=ReleaseVerdict.REGRESSED)
    assert headline(verdict) == f"mmlu_pro: {made.regressed().reason}"


def test_an_advisory_task_is_never_what_decided():
    verdict = made.verdict(made.regressed(tier=Tier.ADVISORY), made.decision())
    assert headline(verdict) == f"gsm8k: {made.decision().reason}"


def test_others_alike_are_counted():
    verdict = made.verdict(made.inconclusive("a"), made.inconclusive("b"), release=ReleaseVerdict.INCONCLUSIVE)
    assert headline(verdict).endswith("So it is with 1 other task.")


def test_nothing_to_decide_on_is_said():
    assert headline(made.verdict(release=ReleaseVerdict.INVALID)) == "There is nothing to decide on."


def test_a_comparison_counts_what_passes():
    assert comparison_headline(made.comparison()) == "1 of 3 formats passes: nvfp4."


def test_what_would_settle_it_is_told_in_repeats_items_or_not_at_all():
    assert settling([made.inconclusive()]) == [
        "gpqa_diamond: about 16 repeats of the same 198 items, if the difference stays where it is."
    ]
    items = made.inconclusive("x", items=200, repeats=1, precision=None, needed={"items": 500, "repeats": 1})
    assert settling([items]) == ["x: about 500 items with as many flips; 200 were asked."]
    hopeless = made.inconclusive("y", precision=made.over_repeats(room=-0.01, settles=None))
    assert "would rather fail than pass it" in settling([hopeless])[0]
    assert settling([made.decision(), made.regressed()]) == []


def test_what_to_ship_is_one_sentence():
    good = made.comparison().formats[0]
    cheaper, dearer = replace(good, name="a", cost=0.5), replace(good, name="b", cost=0.6)
    both = made.comparison(cheaper, dearer, verdict=ReleaseVerdict.PASS, cheapest=("a",))
    assert recommendation(both) == "Ship a: it passes and is the cheapest of 2 that do."
    assert recommendation(replace(both, cheapest=("a", "b"))) == "Ship one of a, b: they pass and are the cheapest."
    assert recommendation(replace(both, cheapest=())).startswith("Ship any of a, b: they pass; --cost tells")
    assert recommendation(made.comparison()) == "Ship nvfp4: it passes, the only one of these."
    assert recommendation(made.comparison(good)) == "Ship nvfp4: it passes."
    assert recommendation(made.comparison(*made.comparison().formats[1:])) == "Ship none of these: no format passes."


def test_without_costs_it_is_told_which_names_have_the_fewest_bits_and_which_lost_the_least():
    good = made.comparison().formats[0]
    few = replace(good, name="mxfp4", cost=None, record=made.run_record("mxfp4"))
    best = replace(
        good, name="int8", cost=None, record=made.run_record("int8"), tasks=(made.decision(difference=0.001),)
    )
    both = made.comparison(best, few, verdict=ReleaseVerdict.PASS, cheapest=())
    assert [build.name for build in shipped(both)] == ["mxfp4"]
    assert recommendation(both) == (
        "Ship any of int8, mxfp4: they pass; --cost tells which is the cheapest; by their names mxfp4 has the fewest "
        "bits, and int8 kept the most accuracy."
    )


def test_where_something_passes_it_is_told_why_the_whole_does_not():
    assert whole_verdict(made.comparison()).startswith(
        "As a whole: invalid (exit code 4), for every format was to pass"
    )
    assert whole_verdict(made.comparison(verdict=ReleaseVerdict.PASS)) == ""
    assert whole_verdict(made.comparison(*made.comparison().formats[1:])) == ""


def test_the_suites_sentence_comes_before_that_of_the_task_that_decided():
    suite = made.suite()
    passing = made.verdict(made.decision(), made.decision("easy", lower=-0.001), suite=suite)
    assert headline(passing).startswith(f"{suite.mean.named_reason} All 2 required tasks pass at their own margins; ")
    assert "the closest call is gsm8k: " in headline(passing)
    failing = made.verdict(made.inconclusive(), made.decision(), suite=suite, release=ReleaseVerdict.INCONCLUSIVE)
    assert headline(failing) == f"{suite.mean.named_reason} {made.inconclusive().named_reason}"


def test_what_the_suites_sentence_says_is_said_once():
    invalid = made.invalid()
    mean = made.invalid("suite of 2 tasks", reason=f"it has no mean: {invalid.named_reason}")
    verdict = made.verdict(invalid, suite=made.suite(mean), release=ReleaseVerdict.INVALID)
    assert headline(verdict) == mean.named_reason
    assert other_reasons(verdict) == []
