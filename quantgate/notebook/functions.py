"""The public functions of `import quantgate`: what the command line does, for notebooks and scripts.

Every function raises a subclass of `quantgate.evals.errors.QuantgateError`, whose message says what was wrong and what
to do, for whatever a user can cause.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from quantgate.evals.errors import UsageError
from quantgate.notebook.policies import Margin, asked_policy
from quantgate.notebook.results import ClaimResult, CompareResult, GateResult, PlanResult

if TYPE_CHECKING:
    import pandas as pd

    from quantgate.evals.pairing.pairing import Run
    from quantgate.evals.pairing.pairs import Pairs
    from quantgate.evals.settings.policy import Policy


def load(run: str | Path) -> pd.DataFrame:
    """A run's samples, one row each.

    Parameters
    ----------
    run
        The run directory, or files of another tool that can be read as one (`quantgate import`).

    Returns
    -------
    pandas.DataFrame
        A column for each field of a line of `samples.jsonl`; `usage` and `metrics` are spread over columns of their
        own (`usage.completion_tokens`, `metrics.exact_match,flexible-extract`). `score` is NaN where a sample is
        missing (status `error`). `attrs["run"]` holds `run.json`.

    Raises
    ------
    RunDirectoryError
        When it is no run directory, or cannot be read.
    """
    import pandas as pd

    loaded = _run(run)
    rows = [asdict(sample) for sample in loaded.samples.values()]
    for row in rows:
        for name in ("usage", "metrics"):
            row.update({f"{name}.{key}": value for key, value in (row.pop(name) or {}).items()})
        row["status"] = str(row["status"])
    frame = pd.DataFrame(rows)
    frame.attrs["run"] = asdict(loaded.record)
    return frame


def gate(
    baseline: str | Path,
    candidate: str | Path,
    *,
    margin: Margin | None = None,
    recovery: Margin | None = None,
    policy: str | Path | None = None,
    alpha: float | None = None,
    target: str | None = None,
    noise: str | Path | None = None,
    same_build: bool = False,
    model_changed: bool = False,
    prompts_unlike: bool = False,
    metrics: Mapping[str, str] | None = None,
    texts: bool = False,
    looks: int | None = None,
    common: bool = False,
) -> GateResult:
    """Decide whether a candidate run passes against a baseline run, as `quantgate gate` does.

    Parameters
    ----------
    baseline, candidate
        Run directories, or files of other tools that can be read as such.
    margin
        The largest loss that still passes, for all tasks or by task; 0.02 by default.
    recovery
        The share of the baseline's accuracy that must be recovered, as 0.99, for all tasks or by task; with `margin`
        beside it both must be shown.
    policy
        `strict`, `release` or `smoke`, or a policy file; `margin`, `recovery` and `alpha` win over it.
    alpha
        One-sided error rate of each bound; 0.05 by default.
    target
        What the verdict holds for: `questions` like these, by default, or the `benchmark`'s very questions.
    noise
        A second run of the baseline: tells how many flips serving alone causes.
    same_build
        Whether one served model on both sides is meant.
    model_changed
        Whether a run with answers of several models is meant.
    prompts_unlike
        Whether prompts of other tokens are meant, as of two models with tokenizers of their own.
    metrics
        The metric of the stored answers that decides, by task: `{"gsm8k": "tolerant"}`.
    texts
        Whether flipped items carry what the builds answered.
    looks
        Which look at this pair it is; by default the looks at growing data are counted, and 1 declares a fresh start.
    common
        Whether what both have answered is compared, where they were asked unlike items or answers are missing.

    Returns
    -------
    GateResult
        With `verdict`, `tasks`, `reasons` and `to_json()`.

    Raises
    ------
    RunDirectoryError
        When a run cannot be read.
    UsageError
        For a margin, policy or alpha that cannot be used.
    """
    from quantgate.evals.decision.figures import check_noise_run
    from quantgate.evals.decision.gate import decide
    from quantgate.evals.decision.looking import Looked, decide_with_looks
    from quantgate.evals.foreign.opening import run_directory
    from quantgate.evals.runs.record import now
    from quantgate.evals.versions import software_versions

    asked = asked_policy(
        *(policy, margin, alpha, metrics, target, recovery),
        same_build=same_build,
        model_changed=model_changed,
        prompts_unlike=prompts_unlike,
    )
    pairs = _paired(baseline, [candidate], asked, common=common)[0]
    again = None if noise is None else _paired(baseline, [noise], asked)[0]
    if again is not None:
        check_noise_run(again, model_changed=asked.model_changed)
    decision = decide_with_looks(
        {"": Looked(pairs, run_directory(Path(candidate)))},
        asked,
        lambda seen: decide(pairs, asked, again, texts=texts, looks=seen[""]),
        lambda decided: {"": decided.tasks},
        looks,
        warnings.warn,
    )
    return GateResult(replace(decision, created=now(), software=software_versions()))


def compare(
    baseline: str | Path,
    runs: Sequence[str | Path],
    *,
    margin: Margin | None = None,
    recovery: Margin | None = None,
    policy: str | Path | None = None,
    alpha: float | None = None,
    target: str | None = None,
    metrics: Mapping[str, str] | None = None,
    costs: Mapping[str, float] | None = None,
    cost_unit: str = "",
    more_is_better: bool = False,
    looks: int | None = None,
    common: bool = False,
) -> CompareResult:
    """Decide about several formats against one baseline, in bounds that hold together, as `quantgate compare` does.

    Parameters
    ----------
    baseline
        The baseline's run directory.
    runs
        The formats' run directories.
    margin, recovery, policy, alpha, target, metrics
        As for `gate`.
    costs
        What each format costs, in any unit, by its label or folder's name; for every format or none.
    cost_unit, more_is_better
        What the costs are, and whether a higher figure is the better one.
    looks, common
        As for `gate`, of each pair.

    Returns
    -------
    CompareResult
        With `verdict`, `formats`, `cheapest` and `to_json()`.

    Raises
    ------
    RunDirectoryError, UsageError
        As for `gate`, and for a run or a cost that is given twice.
    """
    from quantgate.evals.decision.compare import compare as decide_all
    from quantgate.evals.decision.formats import folder_names, format_costs, format_names
    from quantgate.evals.decision.looking import Looked, decide_with_looks
    from quantgate.evals.foreign.opening import run_directory
    from quantgate.evals.runs.record import now
    from quantgate.evals.versions import software_versions

    folders = folder_names(Path(baseline), [Path(run) for run in runs])
    asked = asked_policy(policy, margin, alpha, metrics, target, recovery)
    pairs = _paired(baseline, runs, asked, common=common)
    labels = [pair.candidate.label for pair in pairs]
    names = format_names(labels, folders)
    priced = format_costs((costs or {}).items(), names, labels, folders)
    together = list(zip(names, map(str, runs), pairs, strict=True))
    comparison = decide_with_looks(
        {name: Looked(pair, run_directory(Path(run))) for name, run, pair in together},
        asked,
        lambda seen: decide_all(together, asked, priced, more_is_better=more_is_better, looks=seen),
        lambda decided: {build.name: build.tasks for build in decided.formats},
        looks,
        warnings.warn,
    )
    return CompareResult(replace(comparison, cost_unit=cost_unit, created=now(), software=software_versions()))


def plan(
    task: str | None = None,
    *,
    margin: float | Sequence[float] | None = None,
    recovery: float | Sequence[float] | None = None,
    pilot: tuple[str | Path, str | Path] | None = None,
    items: int | None = None,
    power: float = 0.8,
    alpha: float | None = None,
    accuracy: float | None = None,
    discordance: float | None = None,
    within_variance: float | None = None,
    repeats: int = 64,
    baseline_repeats: int | None = None,
    target: str | None = None,
    tasks: int | None = None,
    policy: str | Path | None = None,
) -> PlanResult:
    """Say how many items and repeats a margin needs, as `quantgate plan` does.

    Parameters
    ----------
    task
        A task's name, whose declaration gives what is not said here; or one task of the pilot.
    margin
        Largest losses that would pass, as fractions; by default 1, 2, 3 and 5 points.
    recovery
        Shares of the baseline's accuracy that must be recovered, each planned like a margin.
    pilot
        Run directories of a baseline and a candidate, whose answers replace what would be assumed.
    items
        The task's number of items.
    power
        Probability that an equal build passes all required tasks.
    alpha
        One-sided error rate of each bound; 0.05 by default.
    accuracy, discordance, within_variance
        Guesses: both builds' accuracy, the share of items that flip, and the part of it that re-runs explain.
    repeats
        The most answers to each item.
    baseline_repeats
        Answers of the baseline to each item, which is paid once: those of a candidate are planned.
    target
        What the verdict is to hold for: `questions` like these, by default, or the `benchmark`'s very questions.
    tasks
        How many required tasks must all pass; by default those that are planned.
    policy
        `strict`, `release` or `smoke`, or a policy file, in place of `margin`: each task is planned at its margin, and
        its suite, the mean over several tasks, at its own.

    Returns
    -------
    PlanResult
        With `plans`, `to_frame()` and `to_json()`.

    Raises
    ------
    UsageError
        For a figure that cannot be, or a task whose size nobody has said.
    """
    from quantgate.evals.planning.assumptions import assume, planned_by_flips
    from quantgate.evals.planning.by_policy import aims, tasks_of
    from quantgate.evals.planning.options import check_aim
    from quantgate.evals.planning.pilot import pilots
    from quantgate.evals.planning.plan import make_plan
    from quantgate.evals.planning.types import MARGINS, Aim, Guess
    from quantgate.evals.settings.policy import load_policy
    from quantgate.tasks.registry import installed

    margins, recoveries = (
        () if said is None else tuple(said) if isinstance(said, Sequence) else (said,) for said in (margin, recovery)
    )
    if (margins or recoveries) and policy is not None:
        raise UsageError(f"{'margin' if margins else 'recovery'} and policy: the policy has the margins, so give one")
    if not margins and not recoveries:
        margins = MARGINS
    level, required = 0.05 if alpha is None else alpha, 1 if tasks is None else tasks
    aim = check_aim(
        Aim(
            margins,
            power,
            level,
            required,
            repeats,
            target=load_policy(None, target=target).target,
            baseline_repeats=baseline_repeats,
            recoveries=recoveries,
        )
    )
    guess, known = Guess(accuracy, discordance, within_variance), installed().tasks
    asked = None if policy is None else load_policy(policy, alpha=alpha, target=target)
    named = tasks_of(asked, task)
    if pilot is None:
        assumed = [assume(name, items, guess, planned_by_flips(known.get(name or ""))) for name in named]
    else:
        assumed = pilots(_run(pilot[0]), _run(pilot[1]), task, items, guess, known, policy=asked)
    return PlanResult(tuple(make_plan(*wanted) for wanted in aims(assumed, aim, tasks, asked)))


def claim(file: str | Path | None = None, **numbers: str | float) -> ClaimResult:
    """Judge published accuracies, as `quantgate claim` does.

    Parameters
    ----------
    file
        A YAML file with several claims; `margin`, `recovery` and `alpha` may be given beside it.
    **numbers
        One claim: `n` (items) or `strata` ("50,114,114"), `baseline` and `candidate` (accuracies as text, just as they
        were printed, since their digits count), and where they differ from the defaults `task`, `margin`, `recovery`,
        `alpha`, `repeats`, `digits`.

    Returns
    -------
    ClaimResult
        With `verdict`, `tasks` and `to_json()`.

    Raises
    ------
    UsageError
        For a file or a number that cannot be used.
    """
    from quantgate.evals.claims.judging import judge_claims
    from quantgate.evals.claims.reading import claim_of_options, margin_of_options, read_claims

    shared = {name: float(value) for name, value in numbers.items() if name in ("margin", "recovery", "alpha")}
    margin = margin_of_options(shared.get("margin"), shared.get("recovery"))
    own = {name: value for name, value in numbers.items() if name not in shared}
    if file is None:
        return ClaimResult(judge_claims((claim_of_options({**own, "margin": margin, "alpha": shared.get("alpha")}),)))
    if other := sorted(own):
        raise UsageError(f"{other[0]} is given beside {file}: a file says that for each of its claims")
    return ClaimResult(judge_claims(read_claims(Path(file), margin, shared.get("alpha"))))


def _paired(
    baseline: str | Path, candidates: Sequence[str | Path], asked: Policy, *, common: bool = False
) -> list[Pairs]:
    """Each candidate with the baseline; a policy that names a task which they do not hold is refused."""
    from quantgate.evals.pairing.pairing import pair_runs

    reference = _run(baseline)
    metrics = asked.metrics(task.name for task in reference.record.tasks)
    pairs = [pair_runs(reference, _run(one), metrics, common=common) for one in candidates]
    asked.check_tasks(list(dict.fromkeys(task.task for pair in pairs for task in pair.tasks)))
    return pairs


def _run(given: str | Path) -> Run:
    """The run that a path is of, or that another tool's files there hold."""
    from quantgate.evals.foreign.opening import run_directory
    from quantgate.evals.pairing.pairing import Run

    return Run.load(run_directory(Path(given)), Path(given))
