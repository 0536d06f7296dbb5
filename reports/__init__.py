"""Renders decisions and runs for people: terminal, files, live progress."""
