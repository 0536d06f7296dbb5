"""Decisions at looks: what may be said of a task before all of it is asked."""
