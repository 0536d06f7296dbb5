"""Asks the builds of a release side by side, and stops as soon as the verdicts are certain."""

from __future__ import annotations

from quantgate.evals.release.session import ReleaseSession
from quantgate.evals.release.types import Budget, Ended, ReleaseProgress
from quantgate.evals.runs.grading import Graders


def ask_release(
    session: ReleaseSession, *, budget: Budget, progress: ReleaseProgress, graders: Graders | None = None
) -> Ended:
    """Ask what the verdicts need and store it; call it from the main thread, `graders` entered before.

    Where nothing has to be asked any more, nothing is, no endpoint need be there, and how it stands is returned. The
    same call goes on after any stop.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C or SIGTERM, with everything stored that has arrived.
    Unfinished
        When an endpoint is gone, has come to serve another model, a directory cannot be written, or the server has to
        be given the other model now; the same command goes on.
    RequestRefused
        When an endpoint refuses every request.
    """
    raise NotImplementedError
