"""Statistics of paired evaluation results: pure numpy and scipy, no knowledge of models."""

from evals.stats.bounds import PairedBounds, UnsupportedData, paired_bounds
from evals.stats.exact import exact_pvalue, noninferiority_pvalue
from evals.stats.exact_bounds import exact_lower_bound, exact_upper_bound
from evals.stats.mcnemar import mcnemar_pvalue
from evals.stats.planning import items_needed, plan_items, smallest_passing_n
from evals.stats.tango import score_statistic, tango_interval

__all__ = [
    "PairedBounds",
    "UnsupportedData",
    "exact_lower_bound",
    "exact_pvalue",
    "exact_upper_bound",
    "items_needed",
    "mcnemar_pvalue",
    "noninferiority_pvalue",
    "paired_bounds",
    "plan_items",
    "score_statistic",
    "smallest_passing_n",
    "tango_interval",
]
