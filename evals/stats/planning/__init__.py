"""Items and repeats that a margin needs, and the power of a plan."""
