"""Whether answers were read at all, and whether the baseline knows more than guessing gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from quantgate.evals.checks.build import Build, percent
from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.records import Status
from quantgate.evals.samples.columns import NO_TEXT, Bools, Columns

_MANY_UNPARSED = 0.02
_BEYOND_CHANCE = 0.01


def unparsed_findings(build: Build, answered: Columns, most: float) -> Iterator[Finding]:
    """Answers from which no result could be read: they block a pass above the share `most`, and warn above 2%."""
    count = int(_unread(answered).sum()) if build.tells_results else 0
    if count <= _MANY_UNPARSED * build.planned:
        return
    yield build.finding(
        FindingCode.UNPARSED,
        f"no result could be read from {build.share(count)}, which scores them as wrong: look at some in "
        "samples.jsonl; a broken chat template or an unknown form of answer is not lost accuracy",
        Severity.BLOCKS if count > most * build.planned else Severity.WARNS,
    )


def unparsed_unlike(builds: Mapping[str, Build]) -> Iterator[Finding]:
    """A block when results could be read from one build's answers more often than from the other's, beyond chance.

    By the exact McNemar test over items, an item being unread where any of its answers is.
    """
    from quantgate.evals.stats.describe.mcnemar import mcnemar_pvalue

    if not all(build.tells_results for build in builds.values()):
        return
    unread = {name: {*build.samples.item.present(_unread(build.samples))} for name, build in builds.items()}
    lost, won = len(unread["candidate"] - unread["baseline"]), len(unread["baseline"] - unread["candidate"])
    if lost + won and mcnemar_pvalue(lost, won) < _BEYOND_CHANCE:
        yield Finding(
            FindingCode.UNPARSED_UNLIKE,
            Severity.BLOCKS,
            f"No result could be read from answers to {len(unread['baseline']):,} items of the baseline and "
            f"{len(unread['candidate']):,} of the candidate, more unlike than chance makes it: one build answers in "
            "another form; read some of them before the scores are believed",
        )


def no_better_than_guessing(samples: Columns, guess: float, alpha: float) -> str:
    """Why a baseline's score shows nothing, or an empty text.

    Under guessing each answer is right with probability `guess`, independently, since choices are shuffled anew for
    each repeat; the exact binomial test over all answers says whether more are right than that at the one-sided level
    `alpha`. Where nothing can be guessed, a single right answer is more.

    Parameters
    ----------
    samples
        The baseline's samples of the task; those without a score are left out.
    guess
        What guessing scores: 0 for open answers, 0.25 for four choices.
    alpha
        One-sided error rate.
    """
    from scipy.special import bdtrc

    scores = samples.score[samples.scored]
    right = int((scores == 1.0).sum())
    if not len(scores) or (guess == 0 and scores.any()):
        return ""
    if guess > 0 and bdtrc(right - 1, len(scores), guess) < alpha:
        return ""
    return (
        f"the baseline has {right:,} of {len(scores):,} answers right, no more than guessing gives ({percent(guess)}): "
        "was nothing read, or is the harness or the server broken? If this is expected, say baseline_may_guess: true "
        "in the policy"
    )


def _unread(samples: Columns) -> Bools:
    return np.asarray(samples.is_status(Status.OK) & (samples.extracted == NO_TEXT))
