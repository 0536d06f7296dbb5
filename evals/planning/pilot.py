"""What a pilot's paired answers say of a task, as the assumptions of a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from quantgate.evals.contract.task import TaskInfo
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.planning.assumptions import flip_parts, not_planned, strata_note
from quantgate.evals.planning.options import check_guess, sizes
from quantgate.evals.planning.types import Assumptions, Guess
from quantgate.evals.samples.columns import NONE
from quantgate.evals.settings.policy import Policy
from quantgate.evals.stats.describe.agreement import discordance as flip_share
from quantgate.evals.stats.describe.repeats import ItemMeans, item_differences, row_means, summarise_repeats


def pilots(
    baseline: Run,
    candidate: Run,
    task: str | None,
    items: int | None,
    guess: Guess,
    known: Mapping[str, TaskInfo],
    noise: Run | None = None,
    policy: Policy | None = None,
) -> list[Assumptions]:
    """What two runs say of the tasks that they hold, or of one of them, `task`; else as `pilot`.

    `noise` is a second run of the baseline, `policy` chooses the metrics that decide.

    Raises
    ------
    UsageError
        A task that the pilot does not hold or that is decided by log-probabilities, `items` for several tasks; and as
        `pilot`.
    """
    runs = baseline, candidate
    metrics = {} if policy is None else policy.metrics(record.name for record in runs[0].record.tasks)
    pairs = pair_runs(*runs, metrics).tasks
    held = ", ".join(one.task for one in pairs) or "none"
    chosen = [one for one in pairs if one.task == task or (task is None and not one.of_logprobs)]
    if not chosen and task is None and pairs:
        raise not_planned(pairs[0].task)
    if not chosen:
        raise UsageError(f"--task {task}: the pilot does not hold it; it holds {held}" if task else "no task in it")
    if items is not None and len(chosen) > 1:
        raise UsageError(f"--items {items}: the pilot holds several tasks ({held}); say which by --task")
    again = {one.task: one for one in pair_runs(runs[0], noise, metrics).tasks} if noise is not None else {}
    return [pilot(one, runs, items, guess, known.get(one.task), again.get(one.task)) for one in chosen]


def pilot(
    pairs: TaskPairs,
    runs: Sequence[Run],
    items: int | None,
    guess: Guess,
    known: TaskInfo | None = None,
    again: TaskPairs | None = None,
) -> Assumptions:
    """What a pilot's paired answers say of one task; what is given in `guess` wins over what was measured.

    The planned size is `items`, else that which the task declares (`known`), else the pilot's own. Samples that are
    missing on either side are left out.

    How much of the flips is noise of re-runs is what repeats show; where there are none, what `again` does, which pairs
    the baseline with a second run of itself; else none, where both were sampled at temperature 0.

    Raises
    ------
    UsageError
        Runs that are not comparable, or without an item that both answered; a within-item variance that the pilot
        does not allow.
    """
    if pairs.of_logprobs:
        raise not_planned(pairs.task)
    if pairs.problems:
        raise UsageError(f"{pairs.task}: the pilot's runs are not comparable: {'; '.join(pairs.problems)}")
    change = pairs.table.changes()
    if not len(change):
        raise UsageError(f"{pairs.task}: the pilot has no item that both builds answered; finish `quantgate run`")
    check_guess(guess)
    builds = _item_means(pairs)
    summary = summarise_repeats(item_differences(*builds, alike=True))
    accuracy = float(min((build.means.mean() for build in builds), key=lambda mean: abs(mean - 0.5)))
    losses, gains = int((change < 0).sum()), int((change > 0).sum())
    notes = [
        f"pilot: {summary.items:,} items, {_answers(builds)}; accuracies "
        f"{builds[0].means.mean():.2%} and {builds[1].means.mean():.2%} (planned for no true difference)"
    ]
    notes += [f"{build}: {run.damage.told}" for build, run in pairs.builds.items() if run.damage.lines]
    measured, how = _rerun_variance(pairs.task, runs, again, summary.within)
    within = guess.within_variance if guess.within_variance is not None else measured
    psi = guess.discordance
    if psi is None and summary.within is None:
        share = flip_share(losses, gains, len(change))
        psi = max(float((change**2).mean()), 1 / len(change))
        notes.append(
            f"pilot: {share.count} of {share.n} items flipped, {share.estimate:.2%} (95% interval {share.low:.2%} to "
            f"{share.high:.2%}): plan with its upper end (--discordance {share.high:.4f}) to be on the safe side"
        )
    elif psi is None:
        within = within or 0.0
        psi = max(within + max(summary.between or 0.0, 0.0), 1 / len(change))
        notes.append(f"pilot: {psi:.2%} of single answers differ; re-runs explain {min(within / psi, 1):.0%} of that")
    if guess.within_variance is None:
        notes += [how] if how else []
        within = None if within is None else min(within, psi, 1 - psi)
    between, within, said = flip_parts(psi, accuracy, within)
    tokens = guess.tokens if guess.tokens is not None else _tokens(pairs.task, runs)
    strata = _pilot_strata(pairs, items, known)
    return Assumptions(
        task=pairs.task,
        items=sum(strata),
        strata=strata,
        discordance=psi,
        between=between,
        within=within,
        tokens=tokens,
        notes=(*notes, *said, *strata_note(strata)),
        one_answer=all(each.one for each in pairs.item_scores().answers),
        accuracy=guess.accuracy if guess.accuracy is not None else _baseline(pairs),
    )


def _item_means(pairs: TaskPairs) -> tuple[ItemMeans, ItemMeans]:
    """Either build's means of the answers that there are, over the items that both have answered."""
    ours, theirs = pairs.answers("baseline"), pairs.answers("candidate")
    lacking = np.isnan(ours).all(axis=1, keepdims=True) | np.isnan(theirs).all(axis=1, keepdims=True)
    ours, theirs = (np.where(lacking, np.nan, scores) for scores in (ours, theirs))
    return row_means(ours), row_means(theirs)


def _answers(builds: Sequence[ItemMeans]) -> str:
    ours, theirs = (int(build.answers.sum()) for build in builds)
    if ours == theirs:
        return f"{ours:,} answers of either build"
    return f"{ours:,} answers of the baseline and {theirs:,} of the candidate"


def _baseline(pairs: TaskPairs) -> float:
    """The baseline's accuracy as the task scores it."""
    scores = pairs.item_scores()
    return scores.mean(scores.baseline)


def _rerun_variance(
    task: str, runs: Sequence[Run], again: TaskPairs | None, of_repeats: float | None
) -> tuple[float | None, str]:
    """The within-item variance that the pilot shows, and how, in a sentence; None where it shows nothing of it."""
    if of_repeats is not None:
        return of_repeats, ""
    if again is not None:
        if again.problems:
            raise UsageError(f"--noise: {task} is not comparable with the baseline: {'; '.join(again.problems)}")
        changes = again.table.changes()
        variance = float((changes**2).mean()) if len(changes) else 0.0
        return variance, f"noise run: {variance:.2%} of the baseline's own answers differ when it is asked again"
    records = [run.record.task(task) for run in runs]
    if all(record is not None and record.sampling.get("temperature") == 0 for record in records):
        return 0.0, (
            "temperature 0 in both runs: re-runs are taken to answer alike, so that repeats gain nothing; a second run "
            "of the baseline (--noise DIRECTORY) shows what the server itself adds"
        )
    return None, ""


def _pilot_strata(pairs: TaskPairs, items: int | None, known: TaskInfo | None) -> tuple[int, ...]:
    if items is not None or (known is not None and known.items is not None):
        return sizes(pairs.task, items, known)
    if not pairs.strata_weigh:
        return (len(pairs.table.items),)
    return tuple(Counter(stratum or "" for stratum in pairs.table.strata).values())


def _tokens(task: str, runs: Iterable[Run]) -> float | None:
    """Mean completion tokens of an answer, thoughts included; None where no server told them."""
    told = np.concatenate([run.task(task).samples.completion_tokens for run in runs])
    told = told[told != NONE]
    return float(told.sum() / len(told)) if len(told) else None
