"""The exact unconditional test for one 0/1 answer per item, and its bounds."""
