"""The sentences in which a decision is said."""

import pytest

from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.sentences import Outcome, reason
from quantgate.evals.decision.types import TaskVerdict
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.requirements import Requirement
from tests.evals.decision.test_gate import gate, several
from tests.evals.made_runs import run_of


def test_the_sentence_says_how_much_of_the_interval_is_missing_answers():
    whole = decide(pair_runs(run_of([1.0] * 1000), run_of([1.0] * 1000)), Policy()).tasks[0]
    assert "missing" not in whole.reason.casefold()
    holed = pair_runs(run_of([1.0] * 1000), run_of([1.0] * 990 + [None] * 10))
    (task,) = decide(holed, Policy(max_missing=0.02)).tasks
    share = 0.01 / (task.upper - task.lower)
    assert task.reason.endswith(
        f"Missing answers are taken for the worst on either side: that is {share:.0%} of the interval."
    )


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((100, 5, 1319), "regressed. With 95% confidence the candidate loses at least 5.99 points, more than"),
        ((36, 23, 1319), "equivalent. The candidate differs from the baseline by −1.98 to −0.02 points (95%"),
        ((0, 60, 1319), "passes. With 95% confidence the candidate gains at least"),
    ],
)
def test_the_reason_is_a_sentence_for_a_release_manager(counts, sentence):
    verdict = gate(*counts)
    assert verdict.tasks[0].reason.startswith(sentence)
    assert verdict.reasons[0].startswith(f"gsm8k: {sentence}")


def test_a_bound_that_is_written_as_the_margin_is_is_not_said_to_lie_beyond_it():
    asked = dict(margin=Margin(points=0.02), alpha=0.05, require=Requirement.NON_INFERIOR)
    told = dict(**asked, findings=(), items=1000, repeats=1)
    open_still = Outcome(verdict=TaskVerdict.INCONCLUSIVE, lower=-0.020001, upper=0.01, **told)
    assert reason(open_still).startswith("cannot be told. The candidate may have lost the whole margin of 2 points, or")
    passing = Outcome(verdict=TaskVerdict.NON_INFERIOR, lower=-0.019999, upper=0.03, **told)
    assert reason(passing).endswith("the candidate loses less than the margin of 2 points.")


def test_a_reason_does_not_name_its_task():
    verdict = decide(pair_runs(*several((5, 5, 1319), (100, 5, 1319))), Policy())
    assert not [task for task in verdict.tasks if task.task in task.reason]
    assert verdict.tasks[1].named_reason.startswith("t1: regressed.")
