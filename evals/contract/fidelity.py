"""How a record says that a task's answers are log-probabilities of tokens, and how much a document counts for."""

ANSWERS, TOKEN_LOGPROBS = "answers", "token_logprobs"
"""The setting of a task whose answers are these, and its value: by it, not by the task's name, they are known."""
TOP1 = "top1_accuracy"
"""The metric that tasks with such answers declare: the share of tokens that were the likeliest where they stand."""
TOKENS, GENERATED = "tokens", "generated"
"""The setting that says that each build has scored tokens that it generated itself, and not given ones."""

ENDED = ""
"""What stands for a token where a build that generates its own has ended, and no likeliest tokens are told."""
KL_CLIP = 1.0
"""The most that a document's mean divergence counts for in its bounds, in nats.

A bound of a mean needs an end that no value exceeds. It is put on the document, which is the unit, and not on single
positions: those of a sound build exceed 1 nat here and there, while the mean over a whole document only does where the
build is broken. So nearly always nothing is clipped, and the bound is one of the mean itself.
"""
