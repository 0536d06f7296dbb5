"""Cells of cards: the accuracy in what stands around it, or that there is none."""

import pytest

from quantgate.evals.claims.figures import items_said, read_figure


@pytest.mark.parametrize(
    ("cell", "number", "percent"),
    [
        ("95.5", "95.5", False),
        ("95.50 %", "95.50", True),
        ("0.955", "0.955", False),
        (".955", ".955", False),
        ("95.5 ± 0.3", "95.5", False),
        ("95.5 +/- 0.3%", "95.5", True),
        ("95.5 (99.1%)", "95.5", False),
        ("**95.5**¹", "95.5", False),
        ("95.5†", "95.5", False),
        ("95.5 [1]", "95.5", False),
        ("\u00a095,5", "95.5", False),
        ("0,955", "0.955", False),
        ("1,319", "1319", False),
        ("✅ 95.5", "95.5", False),
        ("９５.５", "95.5", False),
    ],
)
def test_an_accuracy_is_found(cell, number, percent):
    figure = read_figure(cell)
    assert (figure.number, figure.percent, figure.why) == (number, percent, "")


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "-",
        "—",
        "N/A",
        "tbd",
        "95.5 / 94.1",
        "95.5 → 94",
        "~95",
        "<95",
        "-0.4",
        "+0.4",
        "=1+1",
        "100 GB",
        "1e2",
        "95.5.1",
    ],
)
def test_nothing_is_guessed_of_another_cell(cell):
    assert read_figure(cell).why


def test_a_share_keeps_every_decimal_that_was_printed():
    assert [read_figure("95.50").share(True), read_figure("0.9550").share(False)] == ["0.9550", "0.9550"]


@pytest.mark.parametrize(("name", "items"), [("GSM8K (n=200)", 200), ("X, 1,319 questions", 1319), ("avg@64", None)])
def test_the_items_that_a_name_says(name, items):
    assert items_said(name) == items


def test_the_items_that_a_cell_says():
    assert read_figure("95.5 (n=200)").items == 200
