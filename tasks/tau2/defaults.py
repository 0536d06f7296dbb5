"""What tau2 is called, and how it asks unless it is told otherwise."""

from __future__ import annotations

from quantgate.evals.contract.records import Sampling

NAME = "tau2"
METRIC = "reward"
TRIALS = 4
"""The field's practice."""

SEED = 300
SAMPLING = Sampling(temperature=0.0, max_tokens=None, seed=SEED)
"""The seed is tau2's own default."""
