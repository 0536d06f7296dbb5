"""`python -m quantgate` is `quantgate`."""

from quantgate.working_directory import leave_out

leave_out()

from quantgate.cli import main  # noqa: E402  (only now that it imports nothing from the working directory)

main()
