"""`python -m quantgate` is `quantgate`."""

from quantgate.cli import main

main()
