"""The adapters: what to ask, and how to grade it."""
