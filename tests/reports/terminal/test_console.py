"""What is printed to a CI service's log is no command to it, and no line that somebody else has made."""

import pytest
from rich.table import Table
from rich.text import Text

from quantgate.reports.terminal.console import output_console, progress_console


@pytest.mark.parametrize("console", [output_console, progress_console])
def test_a_text_is_one_line_and_no_cell_begins_a_command(capsys, console):
    table = Table(box=None)
    table.add_column("::error::header")
    table.add_row("::warning::cell")
    out = console()
    out.print(Text("task\n::error::no\u2028::stop\x1b[31m"), soft_wrap=True)
    out.print(table)
    out.print(Text("::add-mask::x"))
    captured = capsys.readouterr()
    lines = (captured.out + captured.err).splitlines()
    assert lines[0] == "task ::error::no ::stop[31m"
    assert len(lines) == 4
    assert not [line for line in lines if line.strip().startswith("::")]
