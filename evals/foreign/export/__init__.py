"""Runs written as other tools' files."""
