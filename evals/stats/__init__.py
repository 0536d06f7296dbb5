"""Statistics of paired evaluation results: pure numpy and scipy, no knowledge of models."""

from evals.stats.bayesian import bayesian_lower_bound, bayesian_pvalue, bayesian_upper_bound
from evals.stats.bounds import PairedBounds, paired_bounds
from evals.stats.descriptive import bonett_price_interval, bootstrap_interval, newcombe_interval
from evals.stats.exact import exact_pvalue, noninferiority_pvalue
from evals.stats.exact_bounds import exact_lower_bound, exact_upper_bound
from evals.stats.mcnemar import mcnemar_pvalue
from evals.stats.planning import items_needed, plan_items, smallest_passing_n
from evals.stats.repeats import ItemMeans, RepeatSummary, item_differences, item_means, summarise_repeats
from evals.stats.tango import score_statistic, tango_interval

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
    "score_statistic",
    "smallest_passing_n",
    "summarise_repeats",
    "tango_interval",
]
