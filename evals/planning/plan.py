"""What a margin costs before anything is spent: assumptions or a pilot -> items, repeats, requests, tokens, hours."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, TaskPairs
from quantgate.evals.stats.describe.agreement import discordance as flip_share
from quantgate.evals.stats.describe.repeats import item_differences, item_means, summarise_repeats
from quantgate.evals.stats.planning.power import MOST_ITEMS, MOST_REPEATS, exact_power, items_for_power
from quantgate.evals.stats.planning.repeats import simulated_repeats

SCHEMA_VERSION = 1
MARGINS = (0.01, 0.02, 0.03, 0.05)
# The variance of items' true change in solve rate that is assumed: a standard deviation of five points.
BETWEEN = 0.0025


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task's items, by stratum where its score is a macro average, and an accuracy that large models have on it.

    `within` is a within-item variance that was measured on it, in squared proportions.
    """

    strata: tuple[int, ...]
    accuracy: float
    within: float | None = None


KNOWN = {
    # 50 greedy runs of one model had a standard deviation of 0.37 points: 2 * 1319 * 0.0037^2 for a pair of answers.
    "gsm8k": KnownTask((1319,), 0.95, 0.036),
    "gpqa_diamond": KnownTask((198,), 0.90),
    "tau2": KnownTask((50, 114, 114), 0.82),
}


@dataclass(frozen=True, slots=True)
class Guess:
    """What is guessed of the two builds; None where it is not. Shares and variances of differences are fractions.

    `discordance` is the share of items whose score differs between the builds at one answer each; `within_variance`
    the part of it that re-runs alone explain: the mean over items of p (1 - p) + q (1 - q), p and q the builds' solve
    rates; `tokens` the completion tokens of one answer.
    """

    accuracy: float | None = None
    discordance: float | None = None
    within_variance: float | None = None
    tokens: float | None = None


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan rests on. `notes` says in sentences what was taken for granted, and what a pilot measured.

    `pool` is the number of items in one pool whose mean is as precise as the task's: fewer than `items` for a macro
    average over strata of unlike size. `discordance` = `between` + `within`, where no true difference is assumed.
    """

    task: str
    items: int
    pool: int
    discordance: float
    between: float
    within: float
    tokens: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """What is wanted: power for the whole release, one-sided alpha, required tasks, the most repeats, tokens/second."""

    margins: tuple[float, ...] = MARGINS
    power: float = 0.8
    alpha: float = 0.05
    tasks: int = 1
    repeats: int = MOST_REPEATS
    throughput: float | None = None

    @property
    def task_power(self) -> float:
        """Power of one task, so that all required ones pass together with `power`: they pass independently."""
        return math.pow(self.power, 1 / self.tasks)


@dataclass(frozen=True, slots=True)
class Row:
    """One margin. `ask` and `repeats` are the plan, None where out of reach; requests and tokens are both builds'.

    `items_needed` is for one answer each, None where more than 20,000; `power_now` that of all items asked once;
    `power` that of the plan: exact for one answer each, simulated in `simulations` comparisons with the standard error
    `power_error` for repeats.
    """

    margin: float
    items_needed: int | None
    power_now: float
    ask: int | None
    repeats: int | None
    requests: int | None
    tokens: float | None
    hours: float | None
    power: float | None = None
    power_error: float | None = None
    simulations: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of one task, with what they rest on."""

    assumptions: Assumptions
    aim: Aim
    rows: tuple[Row, ...]


def plans_json(plans: Sequence[Plan]) -> str:
    """All figures of the plans, with `schema_version`."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "plans": [{**asdict(plan), "task_power": plan.aim.task_power} for plan in plans],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def make_plan(assumed: Assumptions, aim: Aim) -> Plan:
    """Plan one task at every margin, in ascending order."""
    return Plan(assumed, aim, tuple(_row(assumed, aim, margin) for margin in sorted(set(aim.margins))))


def _row(assumed: Assumptions, aim: Aim, margin: float) -> Row:
    pooled = items_for_power(margin, assumed.discordance, alpha=aim.alpha, power=aim.task_power)
    needed = None if pooled is None else math.ceil(pooled * assumed.items / assumed.pool)
    row = Row(
        margin=margin,
        items_needed=needed,
        power_now=exact_power(assumed.pool, margin, assumed.discordance, alpha=aim.alpha),
        ask=None,
        repeats=None,
        requests=None,
        tokens=None,
        hours=None,
    )
    if pooled is not None and needed is not None and needed <= assumed.items:
        power = exact_power(pooled, margin, assumed.discordance, alpha=aim.alpha)
        return _priced(replace(row, ask=needed, repeats=1, power=power), assumed, aim)
    # At least two answers: that one is too few is known from the exact test.
    found = simulated_repeats(
        assumed.pool,
        margin,
        between_variance=assumed.between,
        within_variance=assumed.within,
        alpha=aim.alpha,
        power=aim.task_power,
        largest=aim.repeats,
    )
    if found is None:
        return row
    power, error, runs = found.power.power, found.power.standard_error, found.power.runs
    row = replace(row, ask=assumed.items, repeats=found.repeats, power=power, power_error=error, simulations=runs)
    return _priced(row, assumed, aim)


def _priced(row: Row, assumed: Assumptions, aim: Aim) -> Row:
    requests = 2 * (row.ask or 0) * (row.repeats or 0)
    tokens = None if assumed.tokens is None else requests * assumed.tokens
    hours = None if tokens is None or aim.throughput is None else tokens / aim.throughput / 3600
    return replace(row, requests=requests, tokens=tokens, hours=hours)


def check_aim(aim: Aim) -> Aim:
    """The aim, or a UsageError that names the option and says what to write."""
    for margin in aim.margins:
        _in_range("--margin", margin, 0.0001, 0.9999, "a margin is a fraction, 0.02 is two points")
    _in_range("--alpha", aim.alpha, 0.001, 0.499, "the one-sided error rate; 0.05 is usual")
    _in_range("--power", aim.power, 0.5, 0.999, "the probability of a pass that is wanted; 0.8 is usual")
    _in_range("--tasks", aim.tasks, 1, 100, "the number of required tasks")
    _in_range("--repeats", aim.repeats, 1, 1000, "the most answers to each item")
    if aim.throughput is not None:
        _in_range("--throughput", aim.throughput, 1e-3, 1e9, "tokens per second of the server, such as 2000")
    return aim


def _check_guess(guess: Guess) -> None:
    if guess.accuracy is not None:
        _in_range("--accuracy", guess.accuracy, 0, 1, "an accuracy is a share of items")
    if guess.discordance is not None:
        _in_range("--discordance", guess.discordance, 0, 1, "the share of items that flip")
    if guess.within_variance is not None:
        _in_range("--within-variance", guess.within_variance, 0, 1, "the part of the flips that re-runs explain")
    if guess.tokens is not None:
        _in_range("--tokens-per-answer", guess.tokens, 1, 1e7, "completion tokens of one answer, such as 500")
    if guess.accuracy is not None and guess.discordance is not None:
        ceiling = 2 * min(guess.accuracy, 1 - guess.accuracy)
        if guess.discordance > ceiling + 1e-9:
            raise UsageError(
                f"--discordance {guess.discordance:g}: two builds at an accuracy of {guess.accuracy:g} differ on at "
                f"most {ceiling:.4g} of the items; write that or less, or another --accuracy"
            )


def _in_range(option: str, value: float, low: float, high: float, meaning: str) -> None:
    if low <= value <= high:
        return
    share = option in ("--accuracy", "--discordance", "--margin", "--power", "--alpha")
    hint = f"; for {value:g}% write {value / 100:g}" if share and 1 <= value < 100 and value / 100 >= low else ""
    raise UsageError(f"{option} {value:g}: {meaning}, from {low:g} to {high:g}{hint}")


def assume(task: str | None, items: int | None, guess: Guess) -> Assumptions:
    """What a plan without a pilot rests on; what was not given is derived or assumed, and named in the notes.

    Half of the most flips that an accuracy allows, 2 min(a, 1 - a), are assumed; and that of the flips all but
    `BETWEEN` is noise of re-runs, at most the 2 a (1 - a) of builds that answer each item with that probability.

    Raises:
        UsageError: naming the option.
    """
    _check_guess(guess)
    strata = sizes(task, items)
    notes: list[str] = []
    accuracy, psi = guess.accuracy, guess.discordance
    if psi is None:
        if accuracy is None:
            known = KNOWN.get(task or "")
            accuracy = known.accuracy if known else 0.9
            notes.append(f"assumed: an accuracy of {accuracy:g}; give --accuracy")
        psi = min(accuracy, 1 - accuracy)
        notes.append(
            f"assumed: {psi:.2%} of the items flip, half of the most that this accuracy allows; give --discordance, "
            "or two run directories of a pilot"
        )
        if psi < (guess.within_variance or 0.0):
            psi = guess.within_variance or 0.0
            notes[-1] = f"assumed: {psi:.2%} of the items flip, all of it noise of re-runs (--within-variance)"
    within_guess, known_task = guess.within_variance, KNOWN.get(task or "")
    if within_guess is None and known_task is not None and known_task.within is not None:
        within_guess = min(known_task.within, psi, 1 - psi)
        notes.append(
            f"assumed for repeats: {within_guess / psi if psi else 0:.0%} of the flips are noise of re-runs, as 50 "
            f"greedy runs of one model on {task} showed; a server that always answers alike gains nothing by them; "
            "give --within-variance"
        )
    between, within, said = _parts(psi, accuracy, within_guess)
    return Assumptions(
        task=task or "the task",
        items=sum(strata),
        pool=_pool(strata),
        discordance=psi,
        between=between,
        within=within,
        tokens=guess.tokens,
        notes=(*notes, *said, *_pool_note(strata)),
    )


def sizes(task: str | None, items: int | None) -> tuple[int, ...]:
    """Items of each stratum: of a known task, or one stratum of as many as were given. Raises UsageError."""
    if items is not None:
        _in_range("--items", items, 1, MOST_ITEMS, "the task's number of items")
        return (items,)
    if task is None:
        raise UsageError("give --items N, the task's size, or --task " + "|".join(KNOWN))
    if task not in KNOWN:
        raise UsageError(f"--task {task}: its size is not known; give --items N as well (known: {', '.join(KNOWN)})")
    return KNOWN[task].strata


def _parts(psi: float, accuracy: float | None, within: float | None) -> tuple[float, float, tuple[str, ...]]:
    """(between, within, notes): the flips, split into true change and re-run noise.

    Half the flips or more are true change where they are so many that noise, at most a coin's, leaves no other way:
    between + 2 * within is at most 1.
    """
    if within is not None:
        if within <= psi and psi + within > 1 + 1e-9:
            raise UsageError(
                f"--within-variance {within:g}: where {psi:g} of the items flip, the noise of re-runs explains "
                f"{1 - psi:.4g} at most; write that or less"
            )
        if within > psi + 1e-9:
            raise UsageError(
                f"--within-variance {within:g}: the noise of re-runs is a part of the flips ({psi:g}); write that or "
                "less, or a larger --discordance"
            )
        return max(psi - within, 0.0), within, ()
    between = max(min(psi, BETWEEN), 2 * psi - 1)
    if accuracy is not None:
        between = max(between, psi - 2 * accuracy * (1 - accuracy))
    return (
        between,
        psi - between,
        (
            f"assumed for repeats: {1 - between / psi if psi else 0:.0%} of the flips are noise of re-runs, as when "
            "sampling at temperature 1; with greedy decoding repeats help far less; give --within-variance",
        ),
    )


def _pool(strata: Sequence[int]) -> int:
    """Items whose plain mean has the variance of the strata's macro average: H^2 / sum(1 / n_h)."""
    return max(1, int(len(strata) ** 2 / math.fsum(1 / size for size in strata) + 1e-9))


def _pool_note(strata: Sequence[int]) -> tuple[str, ...]:
    if len(strata) == 1:
        return ()
    parts = " + ".join(str(size) for size in strata)
    return (
        f"macro average over {parts} items: as precise as {_pool(strata)} in one pool, of which the power is computed; "
        "its own bound is a little wider, so that its power is a little less",
    )


def pilot(pairs: TaskPairs, runs: Sequence[Run], items: int | None, guess: Guess) -> Assumptions:
    """What a pilot's paired answers say of one task; what is given in `guess` wins over what was measured.

    The planned size is `items`, else the known size of the task, else the pilot's own. Samples that are missing on
    either side are left out.

    Raises:
        UsageError: runs that are not comparable, or without an item that both answered.
    """
    if pairs.problems:
        raise UsageError(f"{pairs.task}: the pilot's runs are not comparable: {'; '.join(pairs.problems)}")
    frame = pairs.frame.dropna(subset=["baseline", "candidate"])
    if frame.empty:
        raise UsageError(f"{pairs.task}: the pilot has no item that both builds answered; finish `quantgate run`")
    _check_guess(guess)
    builds = [item_means(frame["item_id"].to_numpy(dtype=str), frame[build]) for build in ("baseline", "candidate")]
    summary = summarise_repeats(item_differences(*builds))
    accuracy = float(min((build.means.mean() for build in builds), key=lambda mean: abs(mean - 0.5)))
    change = frame["candidate"] - frame["baseline"]
    losses, gains = int((change < 0).sum()), int((change > 0).sum())
    notes = [
        f"pilot: {summary.items:,} items, {len(frame):,} answers of either build; accuracies "
        f"{builds[0].means.mean():.2%} and {builds[1].means.mean():.2%} (planned for no true difference)"
    ]
    within = guess.within_variance if guess.within_variance is not None else summary.within
    psi = guess.discordance
    if psi is None and summary.within is None:
        share = flip_share(losses, gains, len(frame))
        psi = max(float((change**2).mean()), 1 / len(frame))
        notes.append(
            f"pilot: {share.count} of {share.n} items flipped, {share.estimate:.2%} (95% interval {share.low:.2%} to "
            f"{share.high:.2%}): plan with its upper end (--discordance {share.high:.4f}) to be on the safe side"
        )
    elif psi is None:
        within = within or 0.0
        psi = max(within + max(summary.between or 0.0, 0.0), 1 / len(frame))
        notes.append(f"pilot: {psi:.2%} of single answers differ; re-runs explain {min(within / psi, 1):.0%} of that")
    between, within, said = _parts(psi, accuracy, None if within is None else min(within, psi, 1 - psi))
    tokens = guess.tokens if guess.tokens is not None else _tokens(pairs.task, runs)
    strata = _pilot_strata(pairs, items)
    return Assumptions(
        task=pairs.task,
        items=sum(strata),
        pool=_pool(strata),
        discordance=psi,
        between=between,
        within=within,
        tokens=tokens,
        notes=(*notes, *said, *_pool_note(strata)),
    )


def _pilot_strata(pairs: TaskPairs, items: int | None) -> tuple[int, ...]:
    if items is not None or pairs.task in KNOWN:
        return sizes(pairs.task, items)
    per_item = pairs.frame.drop_duplicates("item_id")["stratum"]
    return tuple(int(size) for size in per_item.fillna("").value_counts(sort=False))


def _tokens(task: str, runs: Iterable[Run]) -> float | None:
    """Mean completion tokens of an answer, thoughts included; None where no server told them."""
    usages: list[Mapping[str, object]] = [
        sample.usage for run in runs for sample in run.of_task(task).values() if sample.usage
    ]
    told = [count for usage in usages if isinstance(count := usage.get("completion_tokens"), int) and count >= 0]
    return sum(told) / len(told) if told else None
