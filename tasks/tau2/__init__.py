"""tau2 through its own orchestrator and grader, in worker processes, one stored simulation at a time."""
