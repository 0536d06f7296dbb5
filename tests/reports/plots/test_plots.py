"""The plots are drawn for every odd case, the same bytes each time, with text as text."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

import pytest

from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.errors import UsageError
from quantgate.reports.plots import canvas
from quantgate.reports.plots.forest import draw_forest, forest_rows
from quantgate.reports.plots.named import named_figures
from quantgate.reports.words.palette import LIGHT
from tests.reports import made

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_files_are_forest_flips_and_a_power_plot_for_each_task(everything):
    names = [name for name, _ in named_figures(everything)]
    assert names == ["forest", "flips", "power-gsm8k", "power-gpqa_diamond", "power-mmlu_pro"]


def test_a_comparison_has_a_forest_and_a_tradeoff_for_each_task():
    names = [name for name, _ in named_figures(made.comparison())]
    assert names == ["forest", "tradeoff-gsm8k", "tradeoff-gpqa_diamond"]


def test_text_stays_text_and_names_every_task_with_its_word(everything):
    said = texts(canvas.svg_file(draw_forest(forest_rows(everything.tasks))))
    for text in ("gsm8k", "non-inferior", "mmlu_pro", "regressed", "ifeval", "invalid", "airline"):
        assert text in said


@pytest.mark.slow
def test_the_same_figure_gives_the_same_bytes(everything):
    for make in (canvas.svg_file, canvas.png_file):
        first, second = (make(draw_forest(forest_rows(everything.tasks))) for _ in range(2))
        assert first == second


def test_a_files_svg_carries_no_date_and_no_font():
    svg = canvas.svg_file(draw_forest(forest_rows([made.decision()])))
    assert "dc:date" not in svg
    assert "font-face" not in svg
    assert "DejaVu" not in svg


def test_in_a_page_every_colour_is_a_variable_of_the_palette(everything):
    svg = canvas.inline_svg(draw_forest(forest_rows(everything.tasks)), "a", "title")
    assert not [colour for colour in LIGHT.values() if colour in svg]
    assert "var(--regressed)" in svg
    ElementTree.fromstring(svg)


def test_text_that_looks_like_mathematics_is_not_read_as_such():
    svg = canvas.svg_file(draw_forest(forest_rows([made.decision(r"$\frac{a}{$")])))
    assert r"$\frac{a}{$" in texts(svg)


@pytest.mark.slow
def test_hostile_names_parse_and_write_safe_file_names(hostile_verdict):
    figures = list(named_figures(hostile_verdict))
    for name, figure in figures:
        ElementTree.fromstring(canvas.svg_file(figure))
        assert name.strip(".-_").replace("-", "").replace("_", "").replace(".", "").isascii()
        assert "/" not in name
    assert len({name for name, _ in figures}) == len(figures)


@pytest.mark.slow
@pytest.mark.parametrize(
    "tasks",
    [
        (),
        (made.invalid(),),
        (made.decision(items=1, lower=-0.95, upper=0.95, difference=0.0, flip_table=None, losses=0, gains=0),),
        (made.decision(precision=made.over_items(half_width=0.0)),),
        (made.inconclusive(precision=made.over_repeats(here=16, settles=None)),),
    ],
)
def test_odd_cases_are_drawn(tasks):
    for _, figure in named_figures(made.verdict(*tasks, release=ReleaseVerdict.INVALID)):
        assert canvas.png_file(figure).startswith(b"\x89PNG")


def test_without_matplotlib_the_message_says_what_to_install(monkeypatch, everything):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r'--plots draws plots with matplotlib: pip install "quantgate\[plots\]"'):
        list(named_figures(everything))
