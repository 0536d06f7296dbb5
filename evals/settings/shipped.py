"""Settings that ship with quantgate, by name: a folder of YAML files of one kind."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from quantgate.evals.errors import UsageError

_SUFFIX = ".yaml"


@dataclass(frozen=True, slots=True)
class Shipped:
    """The files of one `folder` of the package; `what` each of them is, as messages say it."""

    folder: str
    what: str

    def names(self) -> list[str]:
        """What can be said in place of a file."""
        entries = (entry.name for entry in self._folder().iterdir())
        return sorted(name.removesuffix(_SUFFIX) for name in entries if name.endswith(_SUFFIX))

    def file(self, chosen: str | Path, option: str) -> Traversable | Path:
        """The file behind a name or path; `option` is how a message names the place where it was chosen.

        A name wins over a file called so in the working directory, so that it means the same everywhere; `./NAME`, or
        a `Path`, is the file.

        Raises
        ------
        UsageError
            For a text that is neither, with the nearest name.
        """
        names = self.names()
        if isinstance(chosen, str) and chosen in names:
            return self._folder() / f"{chosen}{_SUFFIX}"
        if isinstance(chosen, Path) or os.path.exists(chosen):
            return Path(chosen)
        near = difflib.get_close_matches(Path(chosen).stem.lower(), names, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else "."
        known = f"{', '.join(names[:-1])} and {names[-1]}"
        raise UsageError(
            f"{option} {chosen}: there is no such file and no {self.what} of that name{hint} The names are {known}"
        )

    def _folder(self) -> Traversable:
        return resources.files("quantgate") / self.folder


POLICIES = Shipped("policies", "policy")
SUITES = Shipped("suites", "suite")


def policy_names() -> list[str]:
    """The names that `--policy` knows without a file."""
    return POLICIES.names()


def policy_file(chosen: str | Path, option: str = "--policy") -> Traversable | Path:
    """The file behind a policy's name or path; raises UsageError as `Shipped.file` does."""
    return POLICIES.file(chosen, option)
