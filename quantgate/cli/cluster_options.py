"""The options of a cluster, which several verbs have."""

from __future__ import annotations

from typing import Annotated

import typer

RayExecutor = Annotated[
    str | None, typer.Option("--executor", help="Who asks and grades: local, this process; ray, workers on a cluster.")
]
RayAddress = Annotated[
    str | None, typer.Option(help="ray: the cluster, as HOST:6379; default: RAY_ADDRESS, or the one started here.")
]
RayWorkers = Annotated[
    int | None, typer.Option(help="ray: workers at most; default: one for each processor of the cluster.")
]
