"""When a task is looked at and what each look may err: planned before the first request, kept in the user's cache."""
