"""The policies that ship with quantgate, by name."""

from __future__ import annotations

import difflib
import os
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from quantgate.evals.errors import UsageError

_SUFFIX = ".yaml"


def policy_names() -> list[str]:
    """The names that `--policy` knows without a file."""
    return sorted(entry.name.removesuffix(_SUFFIX) for entry in _shipped().iterdir() if entry.name.endswith(_SUFFIX))


def policy_file(chosen: str | Path, option: str = "--policy") -> Traversable | Path:
    """The file behind a policy's name or path; `option` is how a message names the place where it was chosen.

    A name wins over a file called so in the working directory, so that `--policy strict` asks the same everywhere;
    `./strict`, or a `Path`, is the file.

    Raises
    ------
    UsageError
        For a text that is neither, with the nearest name.
    """
    names = policy_names()
    if isinstance(chosen, str) and chosen in names:
        return _shipped() / f"{chosen}{_SUFFIX}"
    if isinstance(chosen, Path) or os.path.exists(chosen):
        return Path(chosen)
    near = difflib.get_close_matches(Path(chosen).stem.lower(), names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else "."
    known = f"{', '.join(names[:-1])} and {names[-1]}"
    raise UsageError(f"{option} {chosen}: there is no such file and no policy of that name{hint} The names are {known}")


def _shipped() -> Traversable:
    return resources.files("quantgate") / "policies"
