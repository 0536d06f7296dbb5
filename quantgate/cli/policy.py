"""The option that says what must hold, shared by the verbs that decide."""

from __future__ import annotations

from typing import Annotated

import typer

from quantgate.evals.settings.named_policies import policy_names

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
