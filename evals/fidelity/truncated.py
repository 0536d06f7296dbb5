"""How far one next-token distribution is from another, of which only the likeliest tokens are known."""

from __future__ import annotations

import math
from collections.abc import Mapping

from quantgate.evals.errors import DataError

Token = int | str
Top = Mapping[Token, float]

LEAST_MASS = 1e-6
"""What all tokens that are not shown have at least: log-probabilities are stored to a millionth of a nat."""
_MOST_MASS = 1.02
"""What shown probabilities may sum to: engines that round them to bfloat16 exceed 1 by less."""


def top1_agreement(baseline: Top, candidate: Top) -> float:
    """Whether two distributions have the same likeliest token: 1 or 0, or a share where tokens tie.

    Tokens whose log-probabilities are equal as they are stored tie, and which of them comes first says nothing. The
    agreement is then the share of the tied tokens, of either build, that both have: 1 where the same ones tie. That
    every token ties in a broken build, as where all its logits are alike, so never reads as agreement.

    Parameters
    ----------
    baseline, candidate
        The likeliest tokens with their log-probabilities, at least one each.

    Examples
    --------
    >>> top1_agreement({5: -0.1, 7: -2.5}, {5: -0.3, 7: -1.4})
    1.0
    >>> top1_agreement({5: -0.7, 7: -0.7}, {5: -0.3, 7: -1.4})
    0.5
    """
    ours, theirs = _likeliest(baseline), _likeliest(candidate)
    return len(ours & theirs) / len(ours | theirs)


def parted_tokens(baseline: Top, candidate: Top) -> tuple[Token, Token]:
    """A likeliest token of either; of those that tie one that the other build does not have, where there is any.

    Examples
    --------
    >>> parted_tokens({5: -0.7, 7: -0.7}, {5: -0.3, 7: -1.4})
    (7, 5)
    """
    ours, theirs = _likeliest(baseline), _likeliest(candidate)
    return _alone(baseline, ours - theirs or ours), _alone(candidate, theirs - ours or theirs)


def _alone(top: Top, among: set[Token]) -> Token:
    return next(token for token in top if token in among)


def _likeliest(top: Top) -> set[Token]:
    best = max(top.values())
    return {token for token, value in top.items() if value == best}


def truncated_kl(baseline: Top, candidate: Top, scored: Token | None = None) -> float:
    """The Kullback-Leibler divergence KL(baseline || candidate) in nats, as far as the likeliest tokens show it.

    Tokens that both show are told apart, and all others are one bucket with what is left of either probability. To put
    outcomes together never makes a divergence larger (the data-processing inequality), so this is a lower bound of the
    divergence over the whole vocabulary. Where a token that the baseline shows is not among the candidate's, its
    probability there is at most that of the least likely one shown, and that of all such together at most what the
    shown ones leave: where the one bucket would take it to be more, they are a bucket of their own with that much,
    which is still a lower bound. Without it two builds that show no token in common would not seem to differ.

    What is left is 1 less the sum of what is shown, and of the candidate's never less than `LEAST_MASS`. The result is
    never below 0.

    Parameters
    ----------
    baseline, candidate
        The likeliest tokens with their log-probabilities in nats.
    scored
        The token that stands there, which servers show besides, however unlikely it is: it may be no bound for those
        that are not shown.

    Raises
    ------
    DataError
        When what is shown sums to more than 1, so that it is of no distribution.

    References
    ----------
    Cover and Thomas 2006, Elements of Information Theory, 2.7 (the log-sum inequality).

    Examples
    --------
    >>> print(f"{truncated_kl({5: -0.223144, 7: -1.609438}, {5: -0.693147, 7: -0.693147}):.4f}")
    0.1927
    >>> print(f"{truncated_kl({5: -0.01}, {7: -0.01}):.2f}")
    4.51
    """
    ours, theirs = _masses(baseline), _masses(candidate)
    shared = [token for token in ours if token in theirs]
    divergence = math.fsum(ours[token] * (baseline[token] - candidate[token]) for token in shared)
    left = max(1 - math.fsum(ours[token] for token in shared), 0.0)
    left_there = max(1 - math.fsum(theirs[token] for token in shared), LEAST_MASS)
    alone = [token for token in ours if token not in theirs]
    shown = min(math.fsum(ours[token] for token in alone), left)
    most = _most_unshown(theirs, len(alone), scored)
    if alone and shown * left_there > most * left:
        divergence += _term(shown, most) + _term(left - shown, left_there - most)
    else:
        divergence += _term(left, left_there)
    return max(divergence, 0.0)


def _masses(top: Top) -> dict[Token, float]:
    masses = {token: math.exp(value) for token, value in top.items()}
    if (total := math.fsum(masses.values())) > _MOST_MASS:
        raise DataError(
            f"the likeliest tokens' probabilities sum to {total:.4g}: these are no log-probabilities of one "
            "distribution (vLLM gives them with logprobs_mode raw_logprobs)"
        )
    return masses


def _most_unshown(masses: Mapping[Token, float], tokens: int, scored: Token | None) -> float:
    """The most that so many tokens that are not shown can have together."""
    left = max(1 - math.fsum(masses.values()), LEAST_MASS)
    least = min(masses, key=masses.__getitem__, default=None)
    others = [mass for token, mass in masses.items() if token != scored or token != least]
    return max(min(left, tokens * min(others, default=1.0)), LEAST_MASS)


def _term(mass: float, there: float) -> float:
    return 0.0 if mass <= 0 else mass * math.log(mass / max(there, LEAST_MASS))
