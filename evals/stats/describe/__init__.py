"""Figures that describe and never decide."""
