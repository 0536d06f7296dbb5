"""Several formats on the terminal: by what their bounds hold together."""

import io

from rich.console import Console

from quantgate.evals.decision.comparison import Format
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.reports.html.compare import comparison_html
from quantgate.reports.terminal.compare import print_comparison
from tests.reports import made


def printed(comparison):
    out = io.StringIO()
    print_comparison(Console(file=out, width=160), comparison)
    return out.getvalue()


def formats(task):
    return [Format(name, name, made.run_record(name), (task,), ReleaseVerdict.PASS) for name in ("nvfp4", "mxfp4")]


def test_formats_that_were_gated_hold_together_by_step_down():
    assert "(Holm): wider than those of `gate`" in printed(made.comparison(*formats(made.decision())))


def test_formats_that_were_looked_at_have_their_parts_of_alpha_from_the_design():
    comparison = made.comparison(*formats(made.looked()))
    for said in (printed(comparison), comparison_html(comparison)):
        assert "hold for all formats together: each has its part of alpha." in said
        assert "Holm" not in said
