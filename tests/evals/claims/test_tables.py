"""Tables of cards as grids: Markdown and HTML alike, spans written out, nothing hostile followed."""

import time

import pytest

from quantgate.evals.claims.tables import read_tables
from quantgate.evals.errors import UsageError

NESTED = """
<h2>Accuracy</h2>
<table><thead>
<tr><th rowspan="2">Set</th><th colspan="2">GSM8K</th><th colspan="2">MMLU</th></tr>
<tr><th>BF16</th><th>FP8</th><th>BF16</th><th>FP8</th></tr>
</thead><tbody><tr><td>test</td><td>95.1</td><td>95.0</td><td>80.2</td><td>80.1</td></tr></tbody></table>
"""


def test_markdown_is_read_with_its_escapes_links_and_emphasis():
    (table,) = read_tables(
        "---\na: b\n---\n## Eval\n\n| a \\| b | **X** |\n|:-|-:|\n| [n](http://x)[^1] | *1* ~~2~~ |\n"
    )
    assert table.cells == (("a | b", "X"), ("n", "1"))
    assert (table.headers, table.heading) == (1, "Eval")


def test_a_code_block_and_a_comment_are_no_tables():
    assert read_tables("```\n| a | b |\n|-|-|\n| 1 | 2 |\n```\n\n<!--\n<table><tr><td>1<td>2</table>\n-->\n") == []


def test_spanning_cells_stand_in_every_place_that_they_cover():
    (table,) = read_tables(NESTED)
    assert table.headers == 2
    assert table.columns == [("Set",), ("GSM8K", "BF16"), ("GSM8K", "FP8"), ("MMLU", "BF16"), ("MMLU", "FP8")]
    assert table.heading == "Accuracy"


def test_a_table_of_html_goes_on_after_a_blank_line_in_markdown():
    (table,) = read_tables(
        "# x\n\n<table>\n<tr><th>a</th><th>b</th></tr>\n\n      <tr><td>1</td><td>2</td></tr>\n</table>\n"
    )
    assert table.body == (("1", "2"),)


def test_scripts_footnotes_and_tables_in_cells_say_nothing_for_their_cell():
    page = "<table><tr><th>a<th>b<tr><td>1<sup>2</sup><script>3</script><td>4"
    page += "<table><tr><td>5<td>6<tr><td>7<td>8</table></table>"
    outer, inner = read_tables(page)
    assert outer.body == (("1", "4"),)
    assert inner.cells == (("5", "6"), ("7", "8"))


def test_turned_round_the_leading_columns_of_words_become_the_header():
    (table,) = read_tables("| size | build | GSM8K |\n|-|-|-|\n| 8B | BF16 | 95.1 |\n| 8B | FP8 | 95.0 |\n")
    turned = table.transposed()
    assert turned.columns == [("size", "build"), ("8B", "BF16"), ("8B", "FP8")]
    assert turned.body == (("GSM8K", "95.1", "95.0"),)


@pytest.mark.parametrize(
    "text",
    [
        "x" * ((1 << 20) + 1),
        "<table>" + ("<tr>" + "<td>1" * 500) * 300 + "</table>",
        "<table><tr>" + '<td colspan="1000">1' * 200 + "<tr><td>2</table>",
        "<table><tr>" + '<td rowspan="1000" colspan="1000">1' + "<tr><td>2" * 999 + "</table>",
    ],
)
def test_what_is_larger_than_any_card_is_refused(text):
    with pytest.raises(UsageError, match="more than"):
        read_tables(text)


def test_control_characters_are_dropped():
    (table,) = read_tables("| a | b\x1b[31m |\n|-|-|\n| \u202e1 | 2\x07 |\n")
    assert table.cells == (("a", "b[31m"), ("1", "2"))


def test_comments_that_never_end_cost_no_time():
    begun = time.process_time()
    assert read_tables("<!--" * 200_000) == []
    assert time.process_time() - begun < 5
