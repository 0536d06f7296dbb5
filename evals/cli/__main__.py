"""`python -m evals.cli` is `quantgate`."""

from evals.cli import main

main()
