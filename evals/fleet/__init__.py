"""Servers that are started, asked and stopped: many candidates against one baseline."""
