"""The statistics of paired evaluation results, usable on their own: pure numpy and scipy.

>>> from quantgate.stats import noninferiority_pvalue
>>> round(noninferiority_pvalue(losses=36, gains=23, n=1319, margin=0.02), 6)
0.046152
"""

from quantgate.evals.stats import *  # noqa: F403
from quantgate.evals.stats import __all__ as __all__
