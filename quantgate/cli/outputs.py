"""Where a decision's renderings go: options shared by `gate`, `compare` and `report`, and the files of a release."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from quantgate.cli.panels import OUTPUT
from quantgate.reports.files.options import Outputs

if TYPE_CHECKING:
    from quantgate.evals.settings.release import Release

OUTPUT_NAMES = tuple(each.name for each in fields(Outputs))
_HELP = {each.name: each.metadata["help"] for each in fields(Outputs)}

Mlflow = Annotated[str | None, typer.Option(help=_HELP["mlflow"], rich_help_panel=OUTPUT)]
Wandb = Annotated[str | None, typer.Option(help=_HELP["wandb"], rich_help_panel=OUTPUT)]
TRACKERS = ("mlflow", "wandb")


def with_outputs(verb: Callable[..., None], leave_out: Collection[str] = ()) -> Callable[..., None]:
    """A verb for typer, with an option for each field of `Outputs` in the place of the verb's parameter `outputs`."""
    names = [name for name in OUTPUT_NAMES if name not in leave_out]

    def called(**given: Any) -> None:
        outputs = Outputs(**{name: given.pop(name) for name in names})
        verb(**given, outputs=outputs)

    hints = get_type_hints(verb, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=Parameter.KEYWORD_ONLY)
        for name, parameter in signature(verb).parameters.items()
        if name != "outputs"
    ]
    shown = Signature([*own, *(_option(name) for name in names)])
    called.__name__, called.__doc__ = verb.__name__, verb.__doc__
    called.__annotations__ = {name: parameter.annotation for name, parameter in shown.parameters.items()}
    # What typer reads a command's options from; functions have no such attribute of their own.
    vars(called)["__signature__"] = shown
    return called


def _option(name: str) -> Parameter:
    (of,) = (each for each in fields(Outputs) if each.name == name)
    kind: Any = get_type_hints(Outputs)[name]
    option = typer.Option(help=of.metadata["help"], rich_help_panel=OUTPUT)
    return Parameter(name, Parameter.KEYWORD_ONLY, default=of.default, annotation=Annotated[kind, option])


def outputs_of(release: Release, *, compared: bool = False) -> Outputs:
    """Where the renderings of its decision go; `compared` as in `Release.report_files`."""
    from quantgate.evals.settings.release import Report

    files = release.report_files(compared=compared)
    return Outputs(
        json=files.get(Report.JSON),
        html=files.get(Report.HTML),
        markdown=files.get(Report.MARKDOWN),
        junit=files.get(Report.JUNIT),
        plots=files.get(Report.PLOTS),
    )
