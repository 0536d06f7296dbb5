"""Runs a program of a model's making where it can neither reach nor harm anything, or refuses to run it at all."""
