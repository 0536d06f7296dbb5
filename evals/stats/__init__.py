"""Statistics of paired evaluation results: pure numpy and scipy, no knowledge of models."""

from quantgate.evals.stats.bayesian.unseen_item import bayesian_lower_bound, bayesian_pvalue, bayesian_upper_bound
from quantgate.evals.stats.bounds import paired_bounds
from quantgate.evals.stats.describe.intervals import bonett_price_interval, bootstrap_interval, newcombe_interval
from quantgate.evals.stats.describe.mcnemar import mcnemar_pvalue
from quantgate.evals.stats.describe.repeats import (
    ItemMeans,
    RepeatSummary,
    item_differences,
    item_means,
    summarise_repeats,
)
from quantgate.evals.stats.exact.bounds import exact_lower_bound, exact_upper_bound
from quantgate.evals.stats.exact.noninferiority import exact_pvalue, noninferiority_pvalue, smallest_passing_n
from quantgate.evals.stats.exact.tango import score_statistic, tango_interval
from quantgate.evals.stats.planning.items import items_needed
from quantgate.evals.stats.planning.search import plan_items
from quantgate.evals.stats.ratio.exact import ratio_lower_bound, ratio_pvalue
from quantgate.evals.stats.results import PairedBounds

__all__ = [
    "ItemMeans",
    "PairedBounds",
    "RepeatSummary",
    "bayesian_lower_bound",
    "bayesian_pvalue",
    "bayesian_upper_bound",
    "bonett_price_interval",
    "bootstrap_interval",
    "exact_lower_bound",
    "exact_pvalue",
    "exact_upper_bound",
    "item_differences",
    "item_means",
    "items_needed",
    "mcnemar_pvalue",
    "newcombe_interval",
    "noninferiority_pvalue",
    "paired_bounds",
    "plan_items",
    "ratio_lower_bound",
    "ratio_pvalue",
    "score_statistic",
    "smallest_passing_n",
    "summarise_repeats",
    "tango_interval",
]
