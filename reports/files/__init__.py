"""What is written for other programs, and for pull requests and model cards."""
