"""A release: a baseline and its candidates asked side by side, no further than the verdicts need."""
