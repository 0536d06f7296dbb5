"""Pairs + policy -> verdict; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from quantgate.evals.decision.agreeing import with_fidelity_rules
from quantgate.evals.decision.beside import suite_beside, told_beside
from quantgate.evals.decision.deciding import bounds_of
from quantgate.evals.decision.evidence import Evidence, comparable, gather
from quantgate.evals.decision.false_pass import worst_false_pass
from quantgate.evals.decision.look import NO_LOOKS, Looks
from quantgate.evals.decision.looks import held_to, with_looks
from quantgate.evals.decision.pooled import pooled_change
from quantgate.evals.decision.sentences import release_reasons
from quantgate.evals.decision.sequential.replay import Replay
from quantgate.evals.decision.suite import SUITE, decided_suite, look_at_suite, with_suite
from quantgate.evals.decision.types import NotComparable, ReleaseVerdict, TaskDecision, TaskVerdict, Verdict
from quantgate.evals.pairing.pairs import Pairs
from quantgate.evals.settings.policy import Policy
from quantgate.evals.stats.families import step_down


def decide(
    pairs: Pairs, policy: Policy, noise: Pairs | None = None, *, texts: bool = False, looks: Looks = NO_LOOKS
) -> Verdict:
    """Decide whether the candidate is equivalent to the baseline within the policy's margins.

    `noise` pairs the baseline with a second run of itself: it is described beside the flips and never decides. `texts`
    adds to each flipped item what the builds answered. `looks` says which look at this pair it is
    (`evals.decision.looks.count_looks`): one that is not the first, and was not planned, has next to nothing of alpha.

    Every required task must pass, and the policy's suite if it has one, each at its own alpha: an intersection-union
    test, which needs no correction (Berger 1982, Technometrics 24:295). To say that some task, or the mean over the
    suite, has *regressed* is to search a family, so that is confirmed by Holm's step-down over the required tasks and
    the suite (Holm 1979). A required task or a suite that cannot be paired, or the lack of any, makes the whole
    invalid; one that is awaited, for another task has ended the release before its first look, does not.

    A task whose candidate was asked by a design is decided at its looks, by the prefix of its items that they rest on
    (`evals.decision.sequential`): then a regression is shown by bets, and takes part in the step-down with their
    p-value.

    Where the policy chooses a bootstrap, its worst false pass and what the bounds that hold decide are told beside.
    """
    policy = with_fidelity_rules(policy, [pairs])
    verdict = _decide(pairs, policy, noise, looks, texts=texts)
    if not policy.bootstraps:
        return verdict
    holding = _decide(pairs, policy.with_bounds_that_hold(), noise, looks, texts=texts)
    tasks = told_beside(verdict.tasks, holding.tasks, pairs, policy, worst_false_pass)
    suite = suite_beside(verdict.suite, holding.suite, pairs, policy, worst_false_pass)
    rows = tasks if suite is None else (suite.mean, *tasks)
    reasons = release_reasons(verdict.verdict, rows)
    return replace(verdict, tasks=tasks, suite=suite, reasons=reasons, holds=holding.verdict)


def _decide(pairs: Pairs, policy: Policy, noise: Pairs | None, looks: Looks, *, texts: bool) -> Verdict:
    held, taken = held_to(policy, looks)
    found = gather(pairs, held, bounds_of, noise, texts=texts, look=Replay(held, bounds_of).look)
    members = with_looks(with_suite(found, look_at_suite(found, held, bounds_of, Evidence)), taken)
    regressions = confirmed_regressions(members)
    tasks = tuple(
        one
        if isinstance(one, NotComparable)
        else one.decided(one.measured.alone, unconfirmed=regressions.get(name) is False)
        for name, one in members.items()
        if name != SUITE
    )
    suite = decided_suite(members.get(SUITE), None, policy, unconfirmed=regressions.get(SUITE) is False)
    rows = tasks if suite is None else (suite.mean, *tasks)
    release = _release([row for row in rows if row.required], confirmed=any(regressions.values()))
    document = policy.model_dump(mode="json")
    pooled = pooled_change(one.shared for one in comparable(found).values() if one.scores.divergences is None)
    return Verdict(
        pairs.baseline,
        pairs.candidate,
        document,
        tasks,
        release,
        release_reasons(release, rows),
        pooled=pooled,
        suite=suite,
    )


def confirmed_regressions(found: Mapping[str, Evidence | NotComparable]) -> dict[str, bool]:
    """Of each required member that regressed by itself, whether that stands among all of them (Holm's step-down)."""
    required = {name: one for name, one in comparable(found).items() if one.required}
    steps = step_down([one.regressed_among for one in required.values()])
    return {
        name: step.rejected for (name, one), step in zip(required.items(), steps, strict=True) if one.regressed_among(1)
    }


def _release(required: Sequence[TaskDecision], *, confirmed: bool) -> ReleaseVerdict:
    told = [task for task in required if not (isinstance(task, NotComparable) and task.awaited)]
    if not told or any(task.verdict is TaskVerdict.INVALID for task in told):
        return ReleaseVerdict.INVALID
    if confirmed:
        return ReleaseVerdict.REGRESSED
    return ReleaseVerdict.PASS if all(task.passes for task in required) else ReleaseVerdict.INCONCLUSIVE
