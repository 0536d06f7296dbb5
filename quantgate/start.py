"""Where the command begins: imports next to nothing, so that Ctrl-C is heeded before all that takes its time."""

from quantgate import stopping

stopping.heed()

import os  # noqa: E402  (all that is imported from here on can be interrupted)
import sys  # noqa: E402

from quantgate.working_directory import leave_out  # noqa: E402


def main() -> None:
    """Run the command line; after an interrupt it ends at once, whatever is still under way in other threads."""
    leave_out()
    try:
        stopping.raise_them()
        from quantgate.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        stopping.end()
    except SystemExit as ended:
        if not _are_others_at_work():
            stopping.finish()
        elif stopping.stopped():
            # Python would wait for them: for a connection to a host that does not answer, minutes.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended.code if isinstance(ended.code, int) else 1)
        raise


def _are_others_at_work() -> bool:
    import threading

    return any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread())
