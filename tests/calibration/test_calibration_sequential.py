"""Stopping early keeps the error, and stops as early as is said: by enumeration, and by seeded simulation."""

import math

import numpy as np
import pytest

from quantgate.evals.designs.futility import levels_of_means
from quantgate.evals.designs.planned import planned_design
from quantgate.evals.stats import bayesian_pvalue
from quantgate.evals.stats.sequential.regression import regression_pvalue
from quantgate.evals.stats.sequential.shown import regression_shown

pytestmark = pytest.mark.slow

ALPHA, BAR = 0.05, 0.055


@pytest.mark.parametrize("items", [198, 500, 1319])
@pytest.mark.parametrize("discordance", [0.02, 0.04, 0.1, 0.2])
def test_a_build_exactly_the_margin_worse_is_called_regressed_at_most_as_often_as_alpha(items, discordance):
    assert regression_shown(items, 0.02, discordance, -0.02, ALPHA).power <= ALPHA


@pytest.mark.parametrize(("loss", "discordance", "most"), [(0.08, 0.12, 220), (0.3, 0.4, 40)])
def test_a_build_that_is_far_worse_is_stopped_soon(loss, discordance, most):
    found = regression_shown(1319, 0.02, discordance, -loss, ALPHA)
    assert found.power > 0.999
    assert found.mean_items <= most


@pytest.mark.parametrize("margin", [0.02, 0.03])
@pytest.mark.parametrize("kind", ["spread", "broken", "sure", "noise"])
def test_looks_at_whole_passes_keep_the_error(margin, kind):
    """198 items x 16 answers, exactly the margin worse."""
    runs, items, repeats = 250, 198, 16
    rng = np.random.default_rng(round(1000 * margin))
    design = planned_design(
        items, repeats, margin=margin, alpha=ALPHA, regression_alpha=ALPHA, order="any", exact=False
    )
    passed = worse = 0
    for _ in range(runs):
        first = {"sure": np.ones(items), "noise": np.full(items, 0.5)}.get(kind)
        first = rng.beta(1.4, 0.6, items) if first is None else first
        kept = np.full(items, 1 - margin / first.mean())
        if kind in ("broken", "sure"):
            kept = rng.random(items) >= margin / (0.7 if kind == "broken" else 1.0)
        table = (rng.random((repeats, items)) < first * kept).astype(float) - (rng.random((repeats, items)) < first)
        sums = table.cumsum(axis=0)
        means = [sums[look.repeats - 1] / look.repeats for look in design.looks]
        passed += any(
            bayesian_pvalue(mean, -margin) < level for mean, level in zip(means, levels_of_means(design), strict=True)
        )
        worse += regression_pvalue(table[0], means, null=-margin, repeats=repeats) <= ALPHA
    allowed = BAR + 3 * math.sqrt(BAR * (1 - BAR) / runs)
    assert passed / runs <= allowed
    assert worse / runs <= allowed
