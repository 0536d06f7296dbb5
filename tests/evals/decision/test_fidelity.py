"""A task of log-probabilities, decided on agreement and divergence together."""

import random
from dataclasses import replace

import pytest

from quantgate.evals.checks.finding import FindingCode, Severity
from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.json import parse_decision
from quantgate.evals.decision.types import ReleaseVerdict, TaskVerdict
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.settings.policy import Policy, load_policy
from tests.evals.made_logprobs import document, logprob_run
from tests.evals.made_runs import joined, pair_of

DOCUMENTS = 320


def texts(share=0.0, first=0.9, seed=1, count=DOCUMENTS):
    """Documents of which so many positions have another likeliest token, `first` being the mass of the likeliest."""
    draw = random.Random(seed)
    return [document([at for at in range(1, 21) if draw.random() < share], first, length=20) for _ in range(count)]


BASELINE = logprob_run(texts())


def decided(candidate, *margins, noise=None, policy=None):
    asked = policy or load_policy(None, list(margins))
    again = None if noise is None else pair_runs(BASELINE, logprob_run(noise, "fp8 again"))
    return decide(pair_runs(BASELINE, logprob_run(candidate, "mxfp4")), asked, again)


def test_both_must_be_shown():
    near = texts(0.0005, first=0.89)
    assert decided(near).verdict is ReleaseVerdict.PASS
    far = texts(first=0.55)
    verdict = decided(far)
    assert verdict.verdict is ReleaseVerdict.REGRESSED
    assert "divergence is at least" in verdict.tasks[0].reason
    assert "likeliest token" not in verdict.tasks[0].reason
    assert decided(far, "likelihood=top1:0.01").verdict is ReleaseVerdict.PASS


def test_a_regression_in_one_of_two_is_looked_for_at_half_of_alpha_each():
    turned = texts(0.02)
    both, alone = (decided(turned, f"likelihood={margin}").tasks[0] for margin in ("top1:0.01,kl:0.05", "top1:0.01"))
    assert both.upper > alone.upper
    assert both.lower == alone.lower
    assert both.kl_bounds.lower < alone.kl_bounds.lower
    assert both.kl_bounds.upper == alone.kl_bounds.upper


def test_what_cannot_be_told_says_how_many_documents_would_do():
    task = decided(texts(0.004, first=0.89)).tasks[0]
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert "documents settle it with a probability of 80% if what was seen is true" in task.reason
    assert task.needed["items"] > DOCUMENTS


def test_too_few_documents_cannot_pass_and_say_so():
    few = logprob_run(texts(count=50)), logprob_run(texts(first=0.89, count=50), "mxfp4")
    task = decide(pair_runs(*few), load_policy(None)).tasks[0]
    assert "On 50 documents not even full agreement passes: about 299 documents" in task.reason


def test_beside_other_tasks_it_is_advisory_unless_the_policy_says_otherwise():
    flips = pair_of(0, 0, 400)
    pairs = pair_runs(joined(flips[0], BASELINE), joined(flips[1], logprob_run(texts(0.2), "mxfp4")))
    verdict = decide(pairs, load_policy(None))
    assert verdict.verdict is ReleaseVerdict.PASS
    assert verdict.tasks[1].advisory
    assert verdict.tasks[1].verdict is TaskVerdict.REGRESSED
    asked = Policy.model_validate({"tasks": {"likelihood": {"tier": "required"}}})
    assert decide(pairs, asked).verdict is ReleaseVerdict.REGRESSED


def test_a_margin_for_all_tasks_is_none_of_its_units():
    assert decided(texts(0.0005), "0.2").tasks[0].margin.written == {"top1": 0.01, "kl": 0.05}


def test_other_tasks_have_no_divergence_and_no_suite_holds_agreement():
    pairs = pair_runs(*pair_of(0, 0, 40))
    with pytest.raises(UsageError, match="gsm8k says kl"):
        decide(pairs, load_policy(None, ["gsm8k=kl:0.05"]))
    suite = Policy.model_validate({"suite": {"tasks": ["likelihood", "gsm8k"], "margin": 0.01}})
    flips = pair_of(0, 0, 40)
    both = pair_runs(joined(flips[0], BASELINE), joined(flips[1], logprob_run(texts(0.2), "mxfp4")))
    with pytest.raises(UsageError, match="no mean of accuracies"):
        decide(both, suite)


def test_log_probabilities_that_are_alike_to_the_last_digit_are_one_model():
    task = decided(texts()).tasks[0]
    found = next(one for one in task.findings if one.code is FindingCode.SAME_LOGPROBS)
    assert found.severity is Severity.BLOCKS
    assert not task.passes
    assert decided(texts(), policy=load_policy(None, same_build=True)).verdict is ReleaseVerdict.PASS


def test_a_second_run_of_the_baseline_gives_the_floor():
    fidelity = decided(texts(0.002), noise=texts(0.001, seed=2)).tasks[0].fidelity
    assert 0 < fidelity.floor.kl < fidelity.kl.estimate
    assert fidelity.floor.source == "a second run of the baseline"


def test_documents_that_diverge_beyond_all_measure_are_told():
    broken = [document(range(1, 21), first=0.999, length=20) for _ in range(10)]
    task = decided(texts()[:-10] + broken).tasks[0]
    assert FindingCode.DIVERGENCE_CLIPPED in [one.code for one in task.findings]
    assert task.kl_bounds.clipped == 10 / DOCUMENTS
    assert [one.item_id for one in task.fidelity.worst] == [f"text {number:03}" for number in range(310, 320)]


def test_a_build_that_shows_fewer_likeliest_tokens_is_told_and_one_that_shows_none_blocks():
    """The divergence of two tokens is seen less in one, and agreement is not seen at all where there is none."""
    seen = texts(0.0005, first=0.89)
    fewer = decided([replace(one, tops=tuple(dict([*top.items()][:1]) for top in one.tops)) for one in seen])
    found = next(one for one in fewer.tasks[0].findings if one.code is FindingCode.TOPS_UNLIKE)
    assert (found.severity, found.build) == (Severity.WARNS, "candidate")
    assert "shows at most 1 of the likeliest tokens, the other's 3" in found.message
    none = decided([replace(one, tops=(*one.tops[:3], *({},) * (len(one.tops) - 3))) for one in seen]).tasks[0]
    assert "At 5,440 positions" in next(one for one in none.findings if one.code is FindingCode.TOPS_UNLIKE).message
    assert not none.passes


def test_what_is_nearly_alike_takes_hardly_more_documents_than_what_is_alike():
    few = [document([3] if number == 7 else [], length=200) for number in range(40)]
    baseline = logprob_run([document(length=200)] * 40)
    task = decide(pair_runs(baseline, logprob_run(few, "mxfp4")), load_policy(None)).tasks[0]
    assert "about 304 documents settle it with a probability of 80% if what was seen is true, 299 if" in task.reason


@pytest.mark.parametrize("setting", [{"target": "benchmark"}, {"method": "percentile"}])
def test_settings_that_it_does_not_have_are_refused(setting):
    policy = Policy.model_validate({"tasks": {"likelihood": setting}})
    with pytest.raises(UsageError, match="none to choose"):
        decided(texts(0.002), policy=policy)


def test_unlike_tokens_are_invalid():
    verdict = decided([*texts()[:-1], document(length=20, tokens=8)])
    assert verdict.verdict is ReleaseVerdict.INVALID
    assert "document text 319: at position 1" in verdict.reasons[0]


def test_the_decision_is_read_back_as_it_was_written():
    verdict = decided(texts(0.01), noise=texts(0.001, seed=2))
    assert parse_decision(verdict.to_json()) == verdict


def test_several_formats_are_decided_together_with_the_divergence():
    pairs = [
        (name, "", pair_runs(BASELINE, logprob_run(candidate, name)))
        for name, candidate in (("fp8", texts(0.0002, first=0.895)), ("mxfp4", texts(0.1, first=0.6)))
    ]
    comparison = compare(pairs, load_policy(None, ["likelihood=top1:0.02,kl:0.05"]))
    assert {one.name: one.verdict for one in comparison.formats} == {
        "fp8": ReleaseVerdict.PASS,
        "mxfp4": ReleaseVerdict.REGRESSED,
    }
    assert parse_decision(comparison.to_json()) == comparison
