"""A run: its record, its directory, the asking, and what an endpoint tells beforehand."""
