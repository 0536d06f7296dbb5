"""The Bayesian bootstrap with one unseen item, for repeats, fractional scores and strata."""
