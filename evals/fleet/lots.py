"""The builds of a fleet as they are served."""

from __future__ import annotations

from quantgate.evals.fleet.types import Lot
from quantgate.evals.settings.fleet.types import Fleet


def lots_of(fleet: Fleet) -> list[Lot]:
    """The builds of a fleet as they are served, the baseline first."""
    release = fleet.release
    return [
        Lot(
            build.label,
            release.run_config(build.label, release.tasks[0]).model if build.run is None else "",
            fleet.serves.get(build.label),
        )
        for build in (release.baseline, *release.candidates)
    ]
