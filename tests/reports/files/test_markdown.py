"""The Markdown report is short, complete, and shows hostile text as text: read back by a Markdown parser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.reports.files.character_plot import character_plot
from quantgate.reports.files.markdown import comparison_markdown, gate_markdown
from quantgate.reports.files.markdown_text import markdown_code, markdown_text
from quantgate.reports.files.model_card import model_card
from tests.reports import made
from tests.reports.hostile import TEXTS, with_text

FOREIGN = {"html_block", "html_inline", "link_open", "image", "hr", "blockquote_open"}


def kinds(text: str) -> list[str]:
    """The kinds of all tokens, inline ones after their block."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return [kind for token in tokens for kind in (token.type, *(child.type for child in token.children or ()))]


def structure(text: str) -> list[str]:
    return [kind for kind in kinds(text) if kind not in ("text", "text_special", "softbreak", "code_inline")]


def test_it_says_the_verdict_what_decided_and_every_task(everything):
    text = gate_markdown(everything)
    assert text.startswith("### ✗ regressed: mxfp4 against fp8\n\nmmlu\\_pro: regressed. With 95% confidence")
    assert (
        "| gpqa\\_diamond | 198 × 2 | 92.17% | 90.26% | -1.91 | -5.31 to +1.42 | 3 | 97.9% | 14 / 9 | ? inconclusive |"
        in text
    )
    assert "■ blocks a pass: mmlu" in text
    assert "fp8: glm-5.2-fp8, asked 2026-11-20; mxfp4: glm-5.2-mxfp4, asked 2026-11-20. The verdicts hold for" in text
    assert "`quantgate gate runs/fp8 runs/mxfp4 --margin 0.02 --json gate.json`" in text
    assert len(text.splitlines()) < 45


def test_the_plot_in_characters_has_a_line_for_each_task_that_has_bounds(everything):
    lines = character_plot([(task.task, task) for task in everything.tasks]).splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["gsm8k", "gpqa_diamond", "mmlu_pro", "tau2"]
    assert len({len(line.rpartition("  ")[0]) for line in lines[:-1]}) == 1
    assert "✗" in lines[2]
    assert "░" in lines[0]


def test_the_plot_of_no_task_is_empty():
    assert character_plot([("x", made.invalid())]) == ""


def test_a_comparison_has_a_row_for_each_format_and_task_and_stars_the_cheapest():
    text = comparison_markdown(made.comparison())
    assert text.startswith("### ! invalid: 3 formats against fp8\n\nShip nvfp4: it passes, the only one of these. ")
    assert "1 of 3 formats passes: nvfp4." in text
    assert "| nvfp4 ★ | 0.56 | gsm8k |" in text
    assert "| int4 | 0.5 | ifeval | 0 | — | — | — | — | 2 | ! invalid | ! invalid |" in text


@pytest.mark.parametrize("verdict", [made.verdict(release=ReleaseVerdict.INVALID), made.verdict(made.invalid())])
def test_a_verdict_without_figures_is_told_too(verdict):
    assert "None" not in gate_markdown(verdict)


def test_hostile_text_changes_nothing_of_the_structure(hostile_verdict, everything):
    if not hostile_verdict.command.strip():
        pytest.skip("a paragraph without text is none")
    plain = with_text(everything, "plain")
    for render in (gate_markdown, model_card):
        text = render(hostile_verdict)
        assert structure(text) == structure(render(plain))
        assert not FOREIGN & set(kinds(text))
        assert len(text) < 60_000


def test_hostile_text_in_a_comparison_changes_nothing_either(hostile_comparison):
    text = comparison_markdown(hostile_comparison)
    assert structure(text) == structure(comparison_markdown(with_text(made.comparison(), "plain")))


@pytest.mark.parametrize("text", [one for name, one in TEXTS.items() if name not in ("blank", "half a pair")])
def test_a_parser_reads_back_the_text_that_went_in(text):
    from quantgate.evals.text import one_line

    token = MarkdownIt("commonmark").parseInline(markdown_text(text, 200))[0]
    read = "".join(child.content for child in token.children)
    assert read.replace("\u200b", "") == one_line(text, 200)


@pytest.mark.parametrize("text", ["@octocat", "https://evil.example", "www.evil.example", "a@b.example", "#12", "GH-3"])
def test_what_a_forge_would_link_or_mention_is_broken_invisibly(text):
    assert "\u200b" in markdown_text(text)


@pytest.mark.parametrize("text", ["a `b` c", "``", "`", "a\nb", "--x='`'"])
def test_a_command_stays_one_code_span(text):
    assert kinds(markdown_code(text)).count("code_inline") == 1


def test_the_first_ten_flips_are_a_table_losses_first_in_natural_order():
    flips = [made.flip(1, item=str(n), answers=made.answers(f"{n}|", "*b*"), reference="@x") for n in range(20, 0, -1)]
    verdict = made.verdict(made.regressed(flips=tuple(flips)), release=ReleaseVerdict.REGRESSED)
    lines = gate_markdown(replace(verdict, folders={"baseline": "a", "candidate": "b"})).splitlines()
    head = lines.index("| first 10 of 20 flipped | turned | baseline -&gt; candidate | right | ended | score |")
    rows = lines[head + 2 : head + 12]
    assert [row.split(" | ")[0] for row in rows] == [f"| {n}" for n in range(1, 11)]
    assert rows[0] == "| 1 | ▼ lost | 1\\| -&gt; \\*b\\* | @\u200bx | ok | 1 -&gt; 0 |"
    assert lines[head + 12 : head + 14] == ["", "Side by side: `quantgate diff a b`"]


def test_among_several_tasks_each_flip_says_of_which_it_is():
    tasks = (made.decision(flips=(made.flip(1),)), made.regressed(flips=(made.flip(2),)))
    text = gate_markdown(made.verdict(*tasks, release=ReleaseVerdict.REGRESSED))
    assert text.index("| mmlu\\_pro: item-2 |") < text.index("| gsm8k: item-1 |")
