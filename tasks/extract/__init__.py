"""Reads results out of texts."""
