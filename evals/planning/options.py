"""What a planner may ask for or guess: refused by the option's name, with what to write."""

from __future__ import annotations

from quantgate.evals.contract.task import TaskInfo
from quantgate.evals.errors import UsageError
from quantgate.evals.planning.types import MOST_ITEMS, Aim, Guess
from quantgate.evals.settings.margin import RECOVERY_OF_BENCHMARK, read_recovery
from quantgate.evals.settings.requirements import Target


def check_aim(aim: Aim) -> Aim:
    """The aim, or a UsageError that names the option and says what to write."""
    for margin in aim.margins:
        _in_range("--margin", margin, 0.0001, 0.9999, "a margin is a fraction, 0.02 is two points")
    _in_range("--alpha", aim.alpha, 0.001, 0.499, "the one-sided error rate; 0.05 is usual")
    _in_range("--power", aim.power, 0.5, 0.999, "the probability of a pass that is wanted; 0.8 is usual")
    _in_range("--tasks", aim.tasks, 1, 100, "the number of required tasks")
    _in_range("--repeats", aim.repeats, 1, 1000, "the most answers to each item")
    if aim.recoveries and aim.target is Target.BENCHMARK:
        raise UsageError(f"--recovery {aim.recoveries[0]:g} and --target benchmark: {RECOVERY_OF_BENCHMARK}")
    for recovery in aim.recoveries:
        try:
            read_recovery(recovery)
        except ValueError as error:
            raise UsageError(f"--recovery {recovery:g}: {error}") from None
    if aim.recoveries and not aim.margins:
        _in_range("--true-loss", aim.true_loss, 0, 0.9999, "a loss that is to pass, as a fraction")
    elif not 0 <= aim.true_loss < max(aim.margins):
        raise UsageError(
            f"--true-loss {aim.true_loss:g}: a loss that is to pass, as a fraction, below the margin "
            f"({max(aim.margins):g}); 0.005 is half a point"
        )
    if aim.baseline_repeats is not None:
        _in_range("--baseline-repeats", aim.baseline_repeats, 1, 1000, "answers of the baseline to each item")
    if aim.throughput is not None:
        _in_range("--throughput", aim.throughput, 1e-3, 1e9, "tokens per second of the server, such as 2000")
    return aim


def check_guess(guess: Guess) -> None:
    """Raise UsageError, naming the option, for a guess that cannot be."""
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


def sizes(task: str | None, items: int | None, known: TaskInfo | None) -> tuple[int, ...]:
    """Items of each stratum: as many as were given, else as the task declares, or the most. Raises UsageError."""
    if items is not None:
        _in_range("--items", items, 1, MOST_ITEMS, "the task's number of items")
        return (items,)
    if task is None:
        raise UsageError("give --items N, the task's size, or --task with one that `quantgate tasks` lists")
    if known is not None and known.fresh is not None:
        return (MOST_ITEMS,)
    if known is None or known.items is None:
        raise UsageError(f"--task {task}: its size is not known; give --items N as well")
    return tuple(known.strata.values()) or (known.items,)


def _in_range(option: str, value: float, low: float, high: float, meaning: str) -> None:
    if low <= value <= high:
        return
    share = option in ("--accuracy", "--discordance", "--margin", "--power", "--alpha")
    hint = f"; for {value:g}% write {value / 100:g}" if share and 1 <= value < 100 and value / 100 >= low else ""
    raise UsageError(f"{option} {value:g}: {meaning}, from {low:g} to {high:g}{hint}")
