"""A release file: both builds, all tasks, what must hold, and when to stop."""

from quantgate.evals.settings.release.names import KnownTasks
from quantgate.evals.settings.release.parts import COPY, Budget, Build, Given, Order, Report, Stop
from quantgate.evals.settings.release.reading import load_release
from quantgate.evals.settings.release.said import OwnOption
from quantgate.evals.settings.release.types import Release

__all__ = [
    "COPY",
    "Budget",
    "Build",
    "Given",
    "KnownTasks",
    "Order",
    "OwnOption",
    "Release",
    "Report",
    "Stop",
    "load_release",
]
