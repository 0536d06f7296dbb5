"""How many items and repeats a margin needs."""
