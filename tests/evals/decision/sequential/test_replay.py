"""The gate and the comparison decide a task whose runs were designed for it at its looks."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.contract.records import Item, Sample, Status
from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.deciding import bounds_of
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.json import parse_decision
from quantgate.evals.decision.sequential.following import Following, members_of
from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.decision.types import Decided, NotComparable, ReleaseVerdict, TaskVerdict, Verdict
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.draw import ORDER, in_drawn_order
from quantgate.evals.runs.planned import written
from quantgate.evals.settings.policy import Policy
from tests.evals.made_runs import joined, run_of

pytestmark = pytest.mark.slow

N = 400
IDS = [str(number) for number in range(N)]
ORDERED = [item.item_id for item in in_drawn_order([Item(item) for item in IDS])]


def design_of(repeats: int = 1, margin: float | None = 0.05, alpha: float = 0.05) -> Design:
    """Four looks; by hand, for the levels of real ones are another matter."""
    sizes = [(N, passes) for passes in range(1, 5)] if repeats == 4 else [(100, 1), (150, 1), (200, 1), (N, 1)]
    levels = (None,) * 4 if repeats == 4 else (0.01, 0.014, 0.018, 0.027)
    looks = tuple(
        Look(items, passes, spent * alpha, None if level is None else level * alpha / 0.05)
        for (items, passes), spent, level in zip(sizes, (0.2, 0.4, 0.6, 1.0), levels, strict=True)
    )
    return Design(N, repeats, margin, alpha, alpha, 0.05, looks, ORDER)


DESIGN = design_of()
FIRST = DESIGN.looks[0].items


def build(wrong=(), *, asked: int = N, design: Design | None = DESIGN, label: str = "fp8", status=None, **task) -> Run:
    """A run whose items, named by their places in the drawn order, are right but for some; so many were asked."""
    repeats = task.setdefault("repeats", 1)
    run = run_of([1.0] * N, label=label, design=design, item_ids=written(IDS), **task)
    bad = {ORDERED[place] for place in wrong}
    asked_items = set(ORDERED[:asked])
    samples = {
        key: changed(sample, bad, status or {})
        for key, sample in run.samples.items()
        if key[1] in asked_items and key[2] < repeats
    }
    return Run(run.record, samples)


def changed(sample: Sample, bad: set[str], status: dict[str, Status]) -> Sample:
    how = status.get(sample.item_id, Status.OK)
    score = 0.0 if sample.item_id in bad else 1.0
    return replace(sample, score=score if how.scored else None, status=how)


def gate(baseline: Run, candidate: Run, **policy) -> Verdict:
    return decide(pair_runs(baseline, candidate), Policy(**{"margin": 0.05, **policy}))


def task_of(verdict: Verdict) -> Decided:
    (task,) = verdict.tasks
    assert isinstance(task, Decided)
    return task


def test_a_pass_at_a_look_is_told_of_its_prefix_alone():
    # What is behind the deciding look is all lost, and counts for nothing.
    behind = range(FIRST, FIRST + 30)
    verdict = gate(build(asked=FIRST + 20), build(behind, asked=FIRST + 30, label="mxfp4"))
    task = task_of(verdict)
    assert (verdict.verdict, task.items, task.losses) == (ReleaseVerdict.PASS, FIRST, 0)
    assert task.looks is not None
    assert (task.looks.stage, task.looks.done, task.looks.decided_at) == (Stage.PASSED, 1, 1)
    assert task.looks.asked == {"baseline": FIRST + 20, "candidate": FIRST + 30}
    assert task.looks.level == DESIGN.looks[0].level
    assert f"Passed at look 1 of 4, after {FIRST} of 400 items." in task.reason
    assert task.validity["candidate"].ok == FIRST
    assert not task.flips


def test_a_whole_stored_baseline_is_used_at_the_same_items():
    stored = build(design=None, repeats=2)
    task = task_of(gate(stored, build(asked=FIRST, label="mxfp4")))
    assert (task.verdict, task.items, task.repeats) == (TaskVerdict.EQUIVALENT, FIRST, 1)


def test_a_regression_is_told_by_the_bets_where_they_stopped():
    task = task_of(verdict := gate(build(), build(range(0, N, 2), label="mxfp4")))
    assert (verdict.verdict, task.verdict) == (ReleaseVerdict.REGRESSED, TaskVerdict.REGRESSED)
    assert task.looks is not None
    assert (task.looks.stage, task.looks.decided_at, task.looks.level) == (Stage.REGRESSED, None, None)
    assert task.items < FIRST
    assert (task.method, task.looks.evidence >= 20, task.upper < -0.05) == ("betting", True, True)
    assert f"Regressed after {task.items} of 400 items." in task.reason


def test_before_the_first_look_nothing_can_be_told():
    task = task_of(verdict := gate(build(asked=FIRST - 1), build(asked=FIRST - 1, label="mxfp4")))
    assert (verdict.verdict, task.verdict) == (ReleaseVerdict.INCONCLUSIVE, TaskVerdict.INCONCLUSIVE)
    assert task.looks is not None
    assert (task.looks.stage, task.looks.done, task.needed) == (Stage.OPEN, 0, None)
    assert f"No look yet: the next one is after {FIRST} of 400 items" in task.reason


def test_between_looks_it_stays_with_the_last_one():
    lost = range(0, FIRST, 20)
    task = task_of(gate(build(asked=FIRST + 9), build(lost, asked=FIRST + 9, label="mxfp4")))
    assert task.looks is not None
    assert (task.verdict, task.items, task.looks.done) == (TaskVerdict.INCONCLUSIVE, FIRST, 1)
    assert "Look 1 of 4 is the last that was taken" in task.reason


def test_what_cannot_pass_any_more_is_given_up_with_what_would_settle_it():
    lost = range(0, N, 17)
    task = task_of(gate(build(), build(lost, label="mxfp4")))
    assert task.looks is not None
    assert (task.looks.stage, task.verdict) == (Stage.FUTILE, TaskVerdict.INCONCLUSIVE)
    assert "Given up" in task.reason
    assert ". Of a fresh pair that is looked at once: with no true loss" in task.reason
    assert task.prospects


def test_without_a_baseline_that_has_its_answers_nothing_is_compared():
    (task,) = gate(build(asked=0), build(label="mxfp4")).tasks
    assert isinstance(task, NotComparable)
    assert "no item has an answer of both builds yet" in task.reason


def test_before_the_first_look_two_like_readings_do_not_disagree():
    """The bounds of bets, which decide then, are wider than those that describe another reading."""
    baseline, candidate = (
        Run(
            run.record,
            {
                key: replace(sample, metrics={"exact_match": sample.score, "tolerant": sample.score})
                for key, sample in run.samples.items()
            },
        )
        for run in (build(asked=FIRST - 5), build(asked=FIRST - 5, label="mxfp4"))
    )
    task = task_of(gate(baseline, candidate))
    assert task.verdict is TaskVerdict.INCONCLUSIVE
    assert "metrics_disagree" not in [finding.code for finding in task.findings]


def test_another_order_of_lines_and_answers_behind_change_nothing():
    lost = [*range(0, N, 40), 3, 5]
    whole = task_of(gate(build(), build(lost, label="mxfp4")))
    candidate = build(lost, asked=whole.items, label="mxfp4")
    keys = list(candidate.samples)
    random.Random(5).shuffle(keys)
    shuffled = Run(candidate.record, {key: candidate.samples[key] for key in keys})
    again = task_of(gate(build(asked=whole.items), shuffled))
    assert replace(again, looks=whole.looks) == replace(whole, description=again.description)


_SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "wrong",
    [(), range(0, N, 2), pytest.param(range(0, N, 17), marks=_SLOW), pytest.param(range(0, N, 40), marks=_SLOW)],
)
def test_what_is_followed_answer_by_answer_says_what_the_directories_say(wrong):
    ours, theirs = build(), build(wrong, label="mxfp4")
    policy = Policy(margin=0.05)
    live = Following(DESIGN, policy.for_task("gsm8k"), [Item(item) for item in ORDERED], bounds_of)
    for item in ORDERED:
        for name, run in (("baseline", ours), ("candidate", theirs)):
            sample = run.samples["gsm8k", item, 0]
            live.answered(name, item, 0, sample.score, sample.status)
        if live.state().settled:
            break
    asked = live.state().items
    for first in (asked, N):
        task = task_of(gate(build(asked=first), build(wrong, asked=first, label="mxfp4")))
        assert task.looks is not None
        assert (task.looks.stage, task.items) == (live.state().stage, live.state().items)
        assert (task.lower, task.upper) == (live.state().lower, live.state().upper)
        assert task.looks.message == live.state().message


def test_a_fault_that_stays_counts_for_the_worst_where_the_policy_allows_it():
    holed = build(label="mxfp4", status={ORDERED[3]: Status.ERROR})
    assert isinstance(gate(build(), holed).tasks[0], NotComparable)
    task = task_of(gate(build(), holed, max_missing=0.01))
    assert task.looks is not None
    assert (task.verdict, task.items, task.looks.missing) == (TaskVerdict.EQUIVALENT, N, 1)
    assert "with 1 answer that is missing counted for the worst" in task.reason


def test_answers_that_are_cut_stop_it_with_what_to_do():
    cut = {item: Status.TRUNCATED for item in ORDERED[::2]}
    task = task_of(verdict := gate(build(status=cut), build(label="mxfp4", status=cut)))
    assert (verdict.verdict, task.looks and task.looks.stage) == (ReleaseVerdict.INCONCLUSIVE, Stage.BLOCKED)
    assert task.items < 30
    assert "raise --max-tokens" in task.reason


def test_where_every_answer_is_cut_it_is_said_what_to_do():
    cut = dict.fromkeys(ORDERED, Status.TRUNCATED)
    runs = build(range(N), status=cut), build(range(N), status=cut, label="mxfp4")
    task = task_of(verdict := gate(*runs))
    assert (verdict.verdict, task.looks.stage) == (ReleaseVerdict.INCONCLUSIVE, Stage.BLOCKED)
    assert "raise --max-tokens" in task.reason


def test_a_few_answers_are_no_cause_to_take_a_baseline_for_one_that_guesses():
    wrong = [place for place in range(N) if place % 5 > 1]
    ours = build(wrong, guess=0.25)
    task = task_of(gate(ours, build(range(N), label="mxfp4", guess=0.25)))
    assert (task.verdict, task.looks.decided_at, task.items < 60) == (TaskVerdict.REGRESSED, None, True)
    assert isinstance(gate(build(range(N), guess=0.25), build(range(N), guess=0.25)).tasks[0], NotComparable)


def test_a_second_run_of_the_baseline_is_held_against_the_same_prefix():
    ours, again = build(), build([FIRST - 1, N - 1], label="again")
    pairs = pair_runs(ours, build(label="mxfp4"))
    (task,) = decide(pairs, Policy(margin=0.05), pair_runs(ours, again)).tasks
    assert (task.description.noise.n, task.description.noise.noise.count) == (FIRST, 1)


def test_a_wider_or_narrower_margin_than_the_designed_one_has_each_looks_own_part():
    task = task_of(gate(build(), build(label="mxfp4"), margin=0.06))
    assert task.looks is not None
    assert task.looks.why.endswith("(union bound): the looks were planned for another margin")
    assert task.looks.level == pytest.approx(DESIGN.share(task.looks.done - 1))
    assert task_of(gate(build(), build(label="mxfp4"))).looks.why == ""


def test_a_smaller_alpha_shrinks_every_level_and_a_larger_one_none():
    small = task_of(gate(build(), build(label="mxfp4"), alpha=0.01)).looks
    large = task_of(gate(build(), build(label="mxfp4"), alpha=0.2)).looks
    assert (small.alpha, small.spent) == (0.01, pytest.approx(DESIGN.looks[small.done - 1].spent / 5))
    assert (large.alpha, large.why) == (0.05, "")


@pytest.mark.parametrize("policy", [{"margin": {"recovery": 0.94}}, {"margin": {"points": 0.05, "recovery": 0.94}}])
def test_a_recovery_is_decided_at_looks_too(policy):
    task = task_of(gate(build(), build(label="mxfp4"), **policy))
    assert (task.passes, task.looks.stage) == (True, Stage.PASSED)
    task = task_of(gate(build(), build(range(0, N, 2), label="mxfp4"), **policy))
    assert (task.verdict, task.looks.stage, task.items < 100) == (TaskVerdict.REGRESSED, Stage.REGRESSED, True)


def test_the_very_questions_of_a_benchmark_are_told_of_once_all_are_asked():
    task = task_of(gate(build(), build(label="mxfp4"), target="benchmark"))
    assert (task.passes, task.items, task.looks.decided_at) == (True, N, 4)
    # No look before it could pass anything, so that it has the whole alpha.
    assert task.looks.level == 0.05


def test_a_bootstrap_cannot_decide_at_looks():
    with pytest.raises(UsageError, match="method: bca and looks on the way"):
        gate(build(), build(label="mxfp4"), method="bca")


def test_two_designs_are_refused_unless_the_baseline_is_whole():
    other = design_of(margin=0.02)
    (task,) = gate(build(design=other, asked=300), build(label="mxfp4")).tasks
    assert "by different designs" in task.reason
    assert gate(build(design=other), build(label="mxfp4")).verdict is ReleaseVerdict.PASS


def test_an_unknown_order_is_refused():
    (task,) = gate(build(), build(label="mxfp4", design=replace(DESIGN, order="some other"))).tasks
    assert "an order that this quantgate does not know (some other)" in task.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"regression_alpha": 0.0},
        {"futility": 2.0},
        {"looks": (Look(N, 1, 0.05, 0.4),)},
        {"looks": tuple(replace(look, level=0.05) for look in DESIGN.looks)},
        {"looks": tuple(Look(items, 1, 0.05 * items / N, 0.034) for items in range(10, N + 1, 10))},
    ],
)
def test_a_design_that_somebody_has_written_is_refused_where_it_cannot_be(changes):
    (task,) = gate(build(), build(label="mxfp4", design=replace(DESIGN, **changes))).tasks
    assert "run.json holds a design that cannot be" in task.reason


def test_a_record_that_names_more_items_of_a_stratum_than_there_are_is_refused():
    (task,) = gate(build(), build(label="mxfp4", of_strata={"all": ("0-99999999999",)})).tasks
    assert "run.json holds a design that cannot be" in task.reason


def test_strata_that_weigh_are_drawn_from_the_record_where_nobody_has_answered():
    parts = {item: "small" if int(item) % 4 == 0 else "large" for item in IDS}
    order = [item.item_id for item in in_drawn_order([Item(item, parts[item]) for item in IDS])]
    groups = {name: written(item for item in IDS if parts[item] == name) for name in ("large", "small")}
    design = design_of(margin=0.1)

    def of(label: str) -> Run:
        run = run_of([1.0] * N, label=label, design=design, item_ids=written(IDS), of_strata=groups)
        # The item at place 7 was in flight when the runs were killed.
        kept = {key: sample for key, sample in run.samples.items() if key[1] in order[:200] and key[1] != order[7]}
        return Run(run.record, {key: replace(sample, stratum=parts[key[1]]) for key, sample in kept.items()})

    task = task_of(gate(of("fp8"), of("mxfp4"), margin=0.1))
    assert (task.items, task.looks.stage) == (7, Stage.OPEN)


def test_items_of_clusters_are_bet_on_by_nobody_and_decided_at_looks():
    groups = {f"c{number}": written([IDS[2 * number], IDS[2 * number + 1]]) for number in range(N // 2)}
    of = {item: name for name, ids in groups.items() for item in IDS if item in ids or int(item) // 2 == int(name[1:])}

    def clustered(wrong=(), label="fp8") -> Run:
        run = build(wrong, label=label, of_clusters=groups)
        return Run(run.record, {key: replace(each, cluster=of[key[1]]) for key, each in run.samples.items()})

    task = task_of(gate(clustered(), clustered(label="mxfp4")))
    assert (task.passes, task.looks.evidence) == (True, 1.0)
    task = task_of(gate(clustered(), clustered(range(0, N, 2), label="mxfp4")))
    assert (task.verdict, task.looks.decided_at) == (TaskVerdict.REGRESSED, 1)


def test_repeats_are_decided_after_whole_passes():
    design = design_of(repeats=4)
    ours, theirs = (build(design=design, repeats=4, label=label) for label in ("fp8", "mxfp4"))
    task = task_of(gate(ours, theirs))
    assert "levels of looks whose means are correlated" in task.looks.why or task.repeats == 1
    assert (task.passes, task.items, task.repeats) == (True, N, task.looks.planned[task.looks.done - 1].repeats)


def test_one_of_several_tasks_is_stopped_as_regressed_by_more_evidence():
    other = replace(DESIGN, margin=0.05)
    ours = joined(build(), build(name="t1", design=other))
    theirs = joined(build(range(0, N, 2), label="mxfp4"), build(name="t1", label="mxfp4", design=other))
    pairs, policy = pair_runs(ours, theirs), Policy(margin=0.05)
    assert members_of(policy, [task.task for task in pairs.tasks]) == 2
    verdict = decide(pairs, policy)
    assert verdict.verdict is ReleaseVerdict.REGRESSED
    assert verdict.tasks[0].looks.evidence >= 40
    assert verdict.tasks[1].passes


def test_formats_have_their_part_of_alpha_already():
    design = design_of(alpha=0.025)
    ours = build(design=design)
    theirs = [build(design=design, label="a"), build(range(0, N, 2), design=design, label="b")]
    found = compare([(run.record.label, run.record.label, pair_runs(ours, run)) for run in theirs], Policy(margin=0.05))
    by_name = {one.name: one for one in found.formats}
    assert (by_name["a"].verdict, by_name["b"].verdict) == (ReleaseVerdict.PASS, ReleaseVerdict.REGRESSED)
    alone = task_of(gate(ours, theirs[0]))
    assert (by_name["a"].tasks[0].lower, by_name["a"].tasks[0].looks.why) == (alone.lower, "")


def test_formats_that_were_designed_alone_are_held_to_their_part():
    ours, theirs = build(), [build(label=label) for label in ("a", "b")]
    found = compare([(run.record.label, run.record.label, pair_runs(ours, run)) for run in theirs], Policy(margin=0.05))
    assert all(one.tasks[0].looks.alpha == 0.025 for one in found.formats)


def test_a_suite_is_decided_once_all_of_its_tasks_have_their_full_size():
    def release(asked: int) -> Verdict:
        runs = [joined(build(asked=asked, label=name), build(asked=asked, label=name, name="t1")) for name in "ab"]
        suite = {"margin": 0.05, "tasks": ["gsm8k", "t1"]}
        return decide(pair_runs(*runs), Policy(margin=0.05, suite=suite))

    early, whole = release(FIRST), release(N)
    assert [task.passes for task in early.tasks] == [True, True]
    assert early.verdict is ReleaseVerdict.INCONCLUSIVE
    assert "once every task is asked to its full size" in early.suite.mean.reason
    assert (whole.verdict, whole.suite.mean.items) == (ReleaseVerdict.PASS, 2 * N)


def test_a_decision_at_looks_is_read_back_from_its_json():
    verdict = gate(build(), build(range(0, N, 2), label="mxfp4"))
    text = verdict.to_json()
    told = json.loads(text)["tasks"][0]["looks"]
    assert (told["stage"], told["done"], len(told["planned"])) == ("regressed", 0, 4)
    assert parse_decision(text).tasks == verdict.tasks
