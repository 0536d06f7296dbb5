"""What published accuracies prove, task by task and together."""

import json
from functools import cache

import pytest

from quantgate.evals.claims.judging import judge, judge_claims
from quantgate.evals.claims.reading import Claim

judge_once = cache(judge)
GSM8K = {"task": "gsm8k", "n": 200, "baseline": "0.965", "candidate": "0.955"}
TAU2 = {"task": "tau2", "strata": (50, 114, 114), "baseline": "0.819", "candidate": "0.834"}


def claim(base=GSM8K, **other) -> Claim:
    return Claim.model_validate({**base, **other})


def test_gsm8k_is_inconclusive_at_three_points_under_every_pairing():
    decision = judge(claim(margin=0.03))
    assert decision.verdict == "inconclusive"
    assert (decision.closest, decision.farthest) == ((2, 0), (9, 7))
    assert (round(decision.pvalue_best, 3), round(decision.pvalue_worst, 3)) == (0.059, 0.175)
    assert decision.lower_best < -0.03
    assert (decision.baseline_counts, decision.candidate_counts) == ((193, 193), (191, 191))
    assert [one.items for one in decision.settling] == sorted(one.items for one in decision.settling)


def test_gsm8k_passes_at_five_points_under_every_pairing():
    decision = judge(claim(margin=0.05))
    assert decision.passes
    assert decision.pvalue_worst < 0.035
    assert decision.lower_worst > -0.05


def test_a_large_loss_has_regressed_under_every_pairing():
    assert judge(claim(candidate="0.800", margin=0.03)).verdict == "regressed"


def test_an_accuracy_that_no_count_gives_is_warned_of_with_the_nearest():
    decision = judge(claim(task="gpqa", n=198, repeats=2, baseline="0.9217", candidate="0.9026"))
    assert (decision.baseline_counts, decision.candidate_counts) == ((365, 365), (357, 357))
    assert "0.9026: no count out of 198 items x 2 answers" in decision.notes[0]
    assert decision.closest is None
    assert decision.verdict == "inconclusive"


@pytest.mark.parametrize("candidate", ["0.9999", "0.5"])
def test_an_accuracy_that_no_count_gives_shows_nothing(candidate):
    verdict = judge_claims([claim(n=1319, baseline="0.9999", candidate=candidate, digits=4)])
    assert (verdict.verdict.value, verdict.verdict.exit_code) == ("inconclusive", 3)
    assert verdict.tasks[0].impossible
    assert not judge(claim()).impossible


def test_few_digits_leave_open_how_many_flipped():
    decision = judge(claim(n=50, baseline="1.0", candidate="0.5"))
    assert (decision.baseline_counts, decision.candidate_counts) == ((48, 50), (23, 27))
    assert (decision.closest, decision.farthest) == ((21, 0), (27, 2))


@pytest.mark.slow
def test_digits_are_those_that_were_written():
    assert claim(baseline="0.950", candidate="0.955").printed_to == 3
    assert claim(baseline="0.95", candidate="0.96").printed_to == 2
    assert claim(baseline="0.95", candidate="0.96", digits=4).printed_to == 4
    decision = judge(claim(baseline="0.95", candidate="0.96"))
    assert decision.baseline_counts == (189, 191)


@pytest.mark.slow
def test_unlike_digits_are_read_as_the_longer_and_said():
    decision = judge(claim(baseline=0.95, candidate=0.955))
    assert decision.digits == 3
    assert "zeros at the end may be lost" in decision.notes[0]
    assert judge(claim(baseline=0.95, candidate=0.955, digits=3)).notes == ()


@pytest.mark.parametrize(("value", "said"), [("96.5", "for 96.5% write 0.965"), ("-0.1", "no share from 0 to 1")])
def test_an_impossible_accuracy_is_invalid(value, said):
    verdict = judge_claims([claim(baseline=value)])
    assert (verdict.verdict.value, verdict.verdict.exit_code) == ("invalid", 4)
    assert said in verdict.tasks[0].problem


@pytest.mark.slow
@pytest.mark.parametrize(
    ("candidates", "verdict", "code"),
    [
        (["0.965", "0.965"], "pass", 0),
        (["0.965", "0.800"], "regressed", 1),
        (["0.955", "0.800"], "regressed", 1),
        (["0.965", "0.940"], "inconclusive", 3),
        (["1.2", "0.800"], "invalid", 4),
    ],
)
def test_all_tasks_must_pass_and_one_that_regressed_decides(candidates, verdict, code):
    claims = [claim(task=str(place), candidate=value, margin=0.05) for place, value in enumerate(candidates)]
    decided = judge_claims(claims).verdict
    assert (decided.value, decided.exit_code) == (verdict, code)


@pytest.mark.slow
def test_one_regression_among_many_claims_decides_only_if_holm_confirms_it():
    weak = claim(task="weak", candidate="0.880", margin=0.03)
    others = [claim(task=str(place), candidate="0.955", margin=0.03) for place in range(3)]
    assert judge_claims([weak]).verdict.value == "regressed"
    among = judge_claims([weak, *others])
    assert among.tasks[0].verdict == "regressed"
    assert "Holm" in among.tasks[0].notes[-1]
    assert among.verdict.value == "inconclusive"


@pytest.mark.slow
def test_holm_steps_down_from_a_confirmed_regression_to_the_next():
    clear, weaker = (
        claim(task="clear", candidate="0.800", margin=0.03),
        claim(task="weaker", candidate="0.880", margin=0.03),
    )
    verdict = judge_claims([clear, weaker])
    assert verdict.verdict.value == "regressed"
    assert not any("Holm" in note for task in verdict.tasks for note in task.notes)


@pytest.mark.slow
def test_a_macro_average_passes_in_the_best_case_only():
    decision = judge_once(claim(TAU2, margin=0.03))
    assert decision.verdict == "inconclusive"
    assert decision.lower_worst < -0.03 < decision.lower_best
    assert "only a macro average was published" in decision.notes[0]
    assert all(one.items > 0 for one in decision.settling)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("candidate", "margin", "verdict"), [("0.819", 0.15, "equivalent"), ("0.400", 0.03, "regressed")]
)
def test_a_macro_average_is_judged_where_all_divisions_agree(candidate, margin, verdict):
    assert judge(claim(TAU2, candidate=candidate, margin=margin)).verdict == verdict


@pytest.mark.slow
def test_a_macro_averages_extremes_enclose_divisions_that_someone_may_have_seen():
    """Real counts with that macro average, paired at random: their bounds lie between the extremes."""
    import numpy as np

    from quantgate.evals.stats import bayesian_lower_bound

    decision = judge_once(claim(TAU2, margin=0.03))
    rng = np.random.default_rng(3)
    names = np.repeat(["a", "b", "c"], TAU2["strata"]).tolist()
    for first, second in (((40, 94, 94), (41, 96, 95)), ((25, 113, 110), (36, 101, 100))):
        pairs = []
        for size, right, other in zip(TAU2["strata"], first, second, strict=True):
            baseline, candidate = (np.arange(size) < right), rng.permutation(np.arange(size) < other)
            pairs.append(candidate.astype(float) - baseline)
        lower = bayesian_lower_bound(np.concatenate(pairs), strata=names, draws=20_000)
        assert decision.lower_worst - 0.003 <= lower <= decision.lower_best + 0.003


@pytest.mark.slow
def test_the_mirror_image_of_a_macro_claim_has_mirrored_bounds():
    forth = judge_once(claim(TAU2, margin=0.03))
    back = judge(claim(TAU2, baseline="0.834", candidate="0.819"))
    assert back.lower_worst == pytest.approx(-forth.upper_worst, abs=0.004)


def test_json_has_every_figure():
    verdict = judge_claims([claim(margin=0.03)])
    document = json.loads(verdict.to_json(["because"]))
    assert (document["schema_version"], document["verdict"], document["reasons"]) == (1, "inconclusive", ["because"])
    assert document["tasks"][0]["closest"] == [2, 0]
    assert document["tasks"][0]["verdict"] == "inconclusive"
