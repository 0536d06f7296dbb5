"""Sends a decision's summary to experiment trackers."""
