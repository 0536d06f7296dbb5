"""Bounds that hold for a benchmark's very questions, where nothing but re-run noise is left."""
