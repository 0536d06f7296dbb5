"""Pairs + policy -> a decision."""
