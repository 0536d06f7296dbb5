"""What a check is about to ask, told before it does; all that a dry run says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from quantgate.cli.manner import Manner
    from quantgate.evals.contract.records import Answer
    from quantgate.evals.release.ready import Ready


def print_coming(ready: Ready, manner: Manner) -> int:
    """Print what would be asked, with the first prompt of each task, and ask nothing."""
    from quantgate.reports.terminal.console import output_console
    from quantgate.reports.terminal.dry_run import print_dry_run

    if not manner.quiet:
        say_what_is_coming(ready, {}, output_console())
        print_dry_run(output_console(), ready.first_requests())
    return 0


def say_what_is_coming(ready: Ready, first: Mapping[str, Mapping[str, Answer]], console: Console) -> None:
    """Print a row for each task, and of a suite what it is, what was changed, and what it settles as it is asked."""
    from rich.text import Text

    from quantgate.evals.planning.settled import settled_by
    from quantgate.reports.terminal.forecast import print_forecast
    from quantgate.reports.words.settled import settled_lines
    from quantgate.reports.words.suites import suite_lines

    release = ready.release
    title = f"{release.name}: {', '.join(ready.candidates)} against {release.baseline.label}"
    print_forecast(console, title, ready.forecasts(first))
    if release.suite is not None:
        settled = settled_by(ready.sizes, ready.infos, release.policy)
        for line in [*suite_lines(release.suite), *settled_lines(settled, release.policy.suite)]:
            console.print(Text(line), soft_wrap=True)
