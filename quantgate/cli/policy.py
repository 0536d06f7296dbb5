"""The options that say what must hold and what is asked for it, shared by several verbs."""

from __future__ import annotations

from typing import Annotated

import typer

from quantgate.evals.settings.shipped import SUITES, policy_names

PolicyName = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="NAME|FILE",
        autocompletion=policy_names,
        help="What must hold, per task: strict (1 point), release (2), smoke (5), or a policy.yaml; "
        "--margin wins. A file that is called like one of the three is given as ./strict.",
    ),
]

SuiteName = Annotated[
    str | None,
    typer.Option(
        "--suite",
        metavar="NAME|FILE",
        autocompletion=SUITES.names,
        help="The tasks of a suite, how they are asked and their margins: a name that `quantgate tasks --suites` "
        "lists, or a file.",
    ),
]
