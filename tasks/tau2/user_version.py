"""Which model has played the user, as its replies say themselves: part of what two runs must share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quantgate.evals.contract.found import USER_VERSION
from quantgate.evals.errors import ModelChanged
from quantgate.evals.text import excerpt

SEVERAL = "several"
"""In place of a fingerprint where replies have unlike ones, as those of a service of many servers do."""

_UNKNOWN: Mapping[str, Any] = {"model": None, "fingerprint": None}


class UserVersion:
    """The user's model and its fingerprint, each as told so far; `before` is what earlier sessions have found.

    A change of the model's name ends the run, as a change of the model under test does. A change of the fingerprint
    alone does not: that a service has many servers is nobody's doing.
    """

    def __init__(self, before: Mapping[str, Any] | None = None) -> None:
        self._known = dict(before or _UNKNOWN)

    @property
    def found(self) -> Mapping[str, Any]:
        """What belongs among the settings of the task; empty as long as nothing was told."""
        return {} if self._known == _UNKNOWN else {USER_VERSION: dict(self._known)}

    def note(self, origins: Sequence[Sequence[str | None]]) -> None:
        """Take in what one conversation's replies told, as pairs of model and fingerprint.

        Raises
        ------
        ModelChanged
            When they are of another model than those before.
        """
        model, fingerprint = self._known["model"], self._known["fingerprint"]
        for named, mark in origins:
            if named is not None and model is not None and named != model:
                raise ModelChanged(
                    f"another model plays the user: its replies name {excerpt(named)!r}, those before "
                    f"{excerpt(model)!r}. This conversation is not kept and nothing more is asked, for two runs must "
                    "share their user: serve what was served before and run the same command, or use another --out"
                )
            model = model or named
            if mark is not None and mark != fingerprint:
                fingerprint = mark if fingerprint is None else SEVERAL
        self._known = {"model": model, "fingerprint": fingerprint}
