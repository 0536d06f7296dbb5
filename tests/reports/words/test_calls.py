"""The table of tool calls: the verifiers' names, a column a build, in every kind of report."""

from dataclasses import replace

from quantgate.evals.contract.call_figures import CallComparison, CallFigures, CallStratum, Ratio, Trigger
from quantgate.evals.decision.described import Description
from quantgate.reports.files.markdown import gate_markdown
from quantgate.reports.html.gate import gate_html
from quantgate.reports.terminal.calls import print_calls
from quantgate.reports.words.calls import call_tables, ratio_text, run_lines
from tests.reports import made
from tests.reports.made import decision

SOUND = CallFigures(
    480, 360, Ratio(1.0, 0.9898, 1.0), {"InvalidJson": 0, "UnknownName": 0, "SchemaMismatch": 0},
    Trigger(360, 0, 0, 120, Ratio(1.0, 0.9949, 1.0)), 0, 0, 0, 48,
)  # fmt: skip
FAULTY = replace(
    SOUND, called=350, schema_accuracy=Ratio(0.9, 0.8637, 0.9293), only_reasoning=3, leaked=2, streams_unlike=1,
    mismatches={"InvalidJson": 20, "UnknownName": 10, "SchemaMismatch": 5},
    trigger=Trigger(345, 5, 15, 115, Ratio(0.9718, 0.9567, 0.9828)),
)  # fmt: skip


def verdict():
    calls = CallComparison(SOUND, FAULTY, FAULTY.trigger, (CallStratum("001 tool", SOUND, FAULTY),))
    return made.verdict(decision("tool_calls", description=Description({}, None, calls=calls)))


def test_figures_stand_under_the_names_that_verifiers_use():
    (table,) = call_tables(verdict())
    rows = {name: cells for name, *cells in table.rows}
    assert rows["Trigger F1"][1] == "97.18% (95.67 to 98.28)"
    assert rows["schema accuracy"] == ["100.00% (98.98 to 100.00)", "90.00% (86.37 to 92.93)"]
    assert [rows[name][1] for name in ("InvalidJson", "UnknownName", "SchemaMismatch")] == [
        "20 (5.71%)", "10 (2.86%)", "5 (1.43%)"
    ]  # fmt: skip
    assert rows["streamed unlike not streamed"] == ["0 of 48", "1 of 48"]
    assert rows["· 001 tool: schema accuracy"][1] == "90.00% (86.37 to 92.93)"


def test_every_report_has_the_table(capsys):
    from rich.console import Console

    told = verdict()
    print_calls(Console(width=120), told)
    for text in (capsys.readouterr().out, gate_markdown(told), gate_html(told)):
        assert "SchemaMismatch" in text
        assert "90.00% (86.37 to 92.93)" in text


def test_a_decision_without_calls_has_no_table():
    assert call_tables(made.verdict(decision())) == []
    assert "Tool calls" not in gate_html(made.verdict(decision()))


def test_what_is_not_known_is_left_out_of_a_runs_lines():
    nothing = replace(SOUND, called=0, schema_accuracy=None, trigger=None, streams_compared=0)
    assert [name for name, _ in run_lines(nothing)] == [
        "replies with calls", "nothing but reasoning", "a call left in the text"
    ]  # fmt: skip
    assert ratio_text(None) == "—"
