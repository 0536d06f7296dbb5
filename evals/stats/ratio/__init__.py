"""Recovery, the ratio candidate / baseline of two accuracies: exact for single 0/1 answers, Bayesian for all else."""
