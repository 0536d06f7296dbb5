"""lm-eval's tasks, with its own prompts, hashes and scores."""
