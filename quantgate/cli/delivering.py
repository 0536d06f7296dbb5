"""Writes a decision's renderings and sends its summary: what every verb that decides does at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from quantgate.cli.notice import notice
from quantgate.cli.telling import tell

if TYPE_CHECKING:
    from quantgate.evals.decision.comparison import Comparison
    from quantgate.evals.decision.types import Verdict
    from quantgate.reports.files.options import Outputs


def deliver(decision: Verdict | Comparison, outputs: Outputs, told: Callable[[str], None] | None = tell) -> bool:
    """Write the files, `told` what was written, then send to the trackers; gives whether all of these have it.

    What a tracker does not take is a warning: it changes neither files nor exit code.

    Raises
    ------
    UsageError
        After all is written and sent, naming each file that could not be.
    """
    from quantgate.reports.files.write import write_reports

    arrived = True
    try:
        write_reports(decision, outputs, told)
    finally:
        if trackers := outputs.trackers():
            arrived = _send(decision, trackers)
    return arrived


def _send(decision: Verdict | Comparison, trackers: Mapping[str, str]) -> bool:
    from quantgate.reports.sinks.sending import send
    from quantgate.reports.sinks.sheets import sheets

    deliveries = send(sheets(decision), trackers)
    for delivery in deliveries:
        (tell if delivery.arrived else notice)(delivery.told)
    return all(delivery.arrived for delivery in deliveries)
