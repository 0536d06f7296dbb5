"""Keeps Python from importing what lies in the working directory: an evaluation may be run anywhere."""

from __future__ import annotations

import os
import sys


def leave_out() -> None:
    """Take the working directory off the module path, unless quantgate itself lies there or PYTHONPATH names it.

    `python -m` puts it there, and so does an empty part of PYTHONPATH.
    """
    here = os.path.realpath(os.curdir)
    kept = {os.path.realpath(part) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part}
    kept.add(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    if here not in kept:
        sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or os.curdir) != here]
