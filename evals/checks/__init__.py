"""Whether a build's answers are to be trusted."""
