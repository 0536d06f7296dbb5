"""`python -m quantgate` is `quantgate`."""

from quantgate.start import main

main()
