"""How often the gate on log-probabilities passes a build that is exactly the margin worse, and its bound misses.

    python benchmarks/likelihood_errors.py [DRAWS]

Documents are drawn from populations whose mean lies exactly at the margin: of agreement 1 - margin, of divergence the
margin itself. A pass is then an error, and must not come more often than alpha. Each figure of the two tables rests on
2,000 samples of documents: of a true .05 one in a thousand shows .065.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.contract.fidelity import KL_CLIP
from quantgate.evals.stats.bayesian.unseen_item import bayesian_pvalue
from quantgate.evals.stats.sequential.betting import log_gains

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, float], Floats]
"""Generator, documents, mean -> disagreement of each document in [0, 1], or its divergence in nats."""

ALPHA = 0.05
DOCUMENTS = (20, 50, 100, 300, 1000)
POSITIONS = 256


def _beta(concentration: float) -> Draw:
    return lambda draw, n, mean: draw.beta(mean * concentration, (1 - mean) * concentration, n)


def _two_point(size: float) -> Draw:
    """All disagreement in few documents, of each of which so much is lost."""
    return lambda draw, n, mean: size * (draw.random(n) < mean / size)


def _heavy(draw: np.random.Generator, n: int, mean: float) -> Floats:
    """Most documents lose next to nothing, one in twenty a part that has no typical size."""
    tail = np.minimum(draw.pareto(0.8, n) * 0.02, 1.0)
    whole = 0.02 * (51**0.2 - 1) / 0.2
    return np.where(draw.random(n) < mean / whole, tail, 0.0)


def _bursts(draw: np.random.Generator, n: int, mean: float) -> Floats:
    """Positions that depend on one another: where one disagrees, so do the next ones, for 64 positions on average."""
    stay, found = 1 - 1 / 64, np.zeros(n)
    enter = (1 - stay) * mean / (1 - mean)
    off = draw.random(n) < mean
    for _ in range(POSITIONS):
        found += off
        off = draw.random(n) < np.where(off, stay, enter)
    return found / POSITIONS


AGREEMENT: dict[str, Draw] = {
    "beta, alike": _beta(200),
    "beta, spread": _beta(5),
    "beta, all or nothing": _beta(0.5),
    "two points, whole documents": _two_point(1.0),
    "two points, a tenth of them": _two_point(0.1),
    "heavy tail": _heavy,
    "correlated positions": _bursts,
}


def _scaled(law: Callable[[np.random.Generator, int], Floats]) -> Draw:
    """A law of any mean, scaled so that the mean of what is clipped at `KL_CLIP` is the one asked."""
    known: dict[float, float] = {}
    grid = law(np.random.default_rng(1), 2_000_000)

    def drawn(draw: np.random.Generator, n: int, mean: float) -> Floats:
        if mean not in known:
            low, high = 0.0, 1e6
            for _ in range(80):
                middle = (low + high) / 2
                clipped = float(np.minimum(middle * grid, KL_CLIP).mean())
                low, high = (middle, high) if clipped < mean else (low, middle)
            known[mean] = low
        return known[mean] * law(draw, n)

    return drawn


DIVERGENCE: dict[str, Draw] = {
    "gamma": _scaled(lambda draw, n: draw.gamma(2.0, size=n)),
    "lognormal, sd 1 of the logarithm": _scaled(lambda draw, n: draw.lognormal(0, 1, n)),
    "lognormal, sd 2": _scaled(lambda draw, n: draw.lognormal(0, 2, n)),
    "lognormal, sd 3": _scaled(lambda draw, n: draw.lognormal(0, 3, n)),
    "Pareto, no mean": _scaled(lambda draw, n: draw.pareto(0.9, n)),
    "two points, 1 nat or none": lambda draw, n, mean: KL_CLIP * (draw.random(n) < mean),
}


def false_pass(law: Draw, documents: int, margin: float, draws: int, seed: int) -> float:
    """How often agreement passes a build whose mean disagreement is the margin."""
    draw = np.random.default_rng(seed)
    passed = 0
    for _ in range(draws):
        lost = np.minimum(law(draw, documents, margin), 1.0)
        # The lower bound lies above minus the margin exactly where the p-value of a loss of the margin is below alpha.
        passed += bayesian_pvalue(1 - 2 * lost, 1 - 2 * margin) < ALPHA
    return passed / draws


def miss(law: Draw, documents: int, mean: float, draws: int, seed: int) -> float:
    """How often the upper bound of divergence lies below the mean: the bets have won 1 / alpha against the truth."""
    draw = np.random.default_rng(seed)
    missed = 0
    for _ in range(draws):
        values = np.minimum(law(draw, documents, mean), KL_CLIP) / KL_CLIP
        gains = log_gains(values, mean / KL_CLIP, 1.0)
        missed += float(logsumexp(gains.sum(axis=0))) - math.log(gains.shape[1]) > -math.log(ALPHA)
    return missed / draws


def tables(draws: int) -> Iterator[str]:
    """The lines of both tables."""
    for title, laws, measured, means in (
        ("agreement, false pass", AGREEMENT, false_pass, (0.01, 0.05)),
        ("divergence, miss", DIVERGENCE, miss, (0.01, 0.05, 0.2)),
    ):
        yield f"| {title} | mean | {' | '.join(f'{n:,}' for n in DOCUMENTS)} |"
        yield f"| --- | ---: |{' ---: |' * len(DOCUMENTS)}"
        for name, law in laws.items():
            for mean in means:
                rates = [measured(law, n, mean, draws, seed=n) for n in DOCUMENTS]
                yield f"| {name} | {mean:g} | {' | '.join(f'{rate:.3f}' for rate in rates)} |"
        yield ""


if __name__ == "__main__":
    for line in tables(int(sys.argv[1]) if len(sys.argv) > 1 else 2000):
        print(line, flush=True)
