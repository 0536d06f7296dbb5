"""The HTML report says everything in its order, loads nothing, and shows any text as text."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.checks.lengths import Ratio
from quantgate.evals.decision.comparison import Format
from quantgate.evals.decision.described import FlipTexts
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.settings.requirements import Tier
from quantgate.reports.html.compare import comparison_html
from quantgate.reports.html.gate import gate_html
from tests.reports import made
from tests.reports.hostile import with_text

SECTIONS = [
    "Differences",
    "Tasks",
    "Validity",
    "Flips",
    "How narrow the bounds are, and how narrow they could get",
    "How long the answers are",
    "What was compared",
    "What would settle it",
    "Decide it again",
    "Flipped items",
]


class Page(HTMLParser):
    """The elements of a page, each with the names of its attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[tuple[str, ...]] = set()
        self.text = ""
        self.headings: list[str] = []
        self._in: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.add((tag, *sorted(name for name, _ in attributes)))
        self._in.append(tag)

    def handle_endtag(self, tag):
        if tag in self._in:
            while self._in.pop() != tag:
                pass

    def handle_data(self, data):
        if self._in[-1:] == ["h2"]:
            self.headings.append(data)
        if "style" not in self._in:
            self.text += data


@pytest.fixture(scope="module")
def html(everything):
    return gate_html(everything)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.mark.slow
def test_the_sections_stand_in_the_order_of_a_readers_questions(page):
    assert page.headings == SECTIONS


def test_the_verdict_and_the_sentence_that_decided_come_first(page):
    text = page.text
    assert text.index("regressed") < text.index("mmlu_pro: regressed. With 95% confidence") < text.index("Differences")


def test_the_table_has_every_figure(page):
    for figure in ("198 × 2", "92.17%", "90.26%", "-1.91", "-5.31 to +1.42", "97.9%", "36 / 23", "✗ regressed"):
        assert figure in page.text


def test_the_flips_are_a_two_by_two_with_the_noise_floor_beside_it():
    text = Page(gate_html(made.verdict(made.decision()))).text
    for told in ("1,237", "36 lost", "23 won", "31 items flip between two runs of the baseline", "Net change"):
        assert told in text


def test_strata_stand_below_their_task_and_are_said_not_to_decide():
    text = Page(gate_html(made.verdict(made.tau2(), release=ReleaseVerdict.INCONCLUSIVE))).text
    assert text.index("tau2") < text.index("airline") < text.index("retail") < text.index("telecom")
    assert "Rows of strata never decide" in text


def test_a_finding_that_blocks_is_told_apart_from_a_warning_by_a_word():
    found = tuple(Finding(FindingCode.LOOPING, severity, f"a {severity} finding", None) for severity in Severity)
    text = Page(gate_html(made.verdict(made.decision(findings=found)))).text
    assert "■ blocks a pass gsm8k: a blocks finding" in text
    assert "▲ warning gsm8k: a warns finding" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tasks", "release"),
    [
        ((), ReleaseVerdict.INVALID),
        ((made.invalid(),), ReleaseVerdict.INVALID),
        ((made.decision(tier=Tier.ADVISORY),), ReleaseVerdict.INVALID),
        ((made.inconclusive(repeats=16, lengths=None, description=None),), ReleaseVerdict.INCONCLUSIVE),
        ((made.decision(items=1, losses=0, gains=0, lower=-0.95, upper=0.95),), ReleaseVerdict.INCONCLUSIVE),
        ((made.decision(precision=made.over_items(room=-0.01)),), ReleaseVerdict.PASS),
        (
            (made.decision(validity={"baseline": StatusCounts(), "candidate": StatusCounts()}, flips=()),),
            ReleaseVerdict.PASS,
        ),
    ],
    ids=["no task", "invalid", "advisory only", "16 repeats", "1 item", "no room", "nothing counted"],
)
def test_odd_cases_have_a_page_too(tasks, release):
    html = gate_html(made.verdict(*tasks, release=release))
    assert Page(html).text.count("None") == 0
    assert release.value in html


@pytest.mark.slow
def test_forty_tasks_have_a_page():
    tasks = [made.decision(f"task-{number}", precision=None, lengths=None) for number in range(40)]
    html = gate_html(made.verdict(*tasks))
    assert "task-39" in html
    assert len(html) < 5_000_000


@pytest.mark.slow
def test_the_same_decision_gives_the_same_bytes(everything, html):
    assert gate_html(everything) == html


def test_the_page_forbids_scripts_and_loading_and_holds_neither(html, page):
    assert "default-src 'none'" in html
    elements = page.elements
    assert not {"script", "img", "iframe", "object", "embed", "form", "a"} & {tag for tag, *_ in elements}
    assert not [name for _, *names in elements for name in names if name.startswith("on")]


@pytest.mark.slow
def test_ids_are_unique_so_that_no_plot_takes_anothers_clip(html):
    ids = [part.partition('"')[0] for part in html.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def plain_elements(everything):
    """The elements of a page and of a comparison's, with harmless text everywhere."""
    pages = gate_html(with_text(everything, "plain")), comparison_html(with_text(made.comparison(), "plain"))
    return tuple(Page(html).elements for html in pages)


@pytest.mark.slow
def test_hostile_text_adds_no_element_and_no_attribute(hostile_verdict, plain_elements):
    html = gate_html(hostile_verdict)
    assert Page(html).elements <= plain_elements[0]
    assert_readable(html)


@pytest.mark.slow
def test_hostile_text_in_a_comparison_adds_none_either(hostile_comparison, plain_elements):
    html = comparison_html(hostile_comparison)
    assert Page(html).elements <= plain_elements[1]
    assert_readable(html)


def assert_readable(html: str) -> None:
    assert len(html) < 5_000_000
    assert not [character for character in html if character < " " and character != "\n"]
    assert not {"\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\x7f", "\x9b", "\ud800"} & set(html)
    html.encode("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("texts", [None, FlipTexts(baseline="<b>" * 2000, candidate="x" * 10_000)])
def test_ten_thousand_flips_weigh_less_than_five_megabytes(texts):
    flips = tuple(made.flip(number, texts=texts) for number in range(10_000))
    html = gate_html(made.verdict(made.decision(flips=flips)))
    assert len(html.encode()) < 5_000_000
    assert html.count("▼ lost") + html.count("▲ won") == 10_000


@pytest.mark.slow
def test_texts_that_would_weigh_too_much_are_left_out_and_said_so():
    flips = tuple(made.flip(number, texts=FlipTexts("x" * 4000, "y" * 4000)) for number in range(1000))
    text = Page(gate_html(made.verdict(made.decision(flips=flips)))).text
    assert "Left out to keep the page light, all of it in the JSON: the texts of" in text


def test_a_comparison_shows_formats_by_tasks_and_the_cheapest_that_passes():
    text = Page(comparison_html(made.comparison())).text
    assert "★ cheapest that passes" in text
    assert text.index("nvfp4") < text.index("mxfp4") < text.index("int4")
    for told in ("1 of 3 formats passes: nvfp4", "-6.29", "-8.41 to -4.12", "Accuracy against cost", "of FP8's bytes"):
        assert told in text


def bare(task):
    """The same without what the page draws small plots of, which takes time."""
    return replace(task, precision=None, lengths=None)


def test_the_box_says_n_both_accuracies_the_target_the_models_and_the_days():
    text = Page(gate_html(made.verdict(bare(made.decision()), bare(made.inconclusive())))).text
    box = " ".join(text[: text.index("Differences")].split())
    assert "mxfp4 against fp8 on gsm8k and gpqa_diamond" in box
    for told in (
        "fp8 → mxfp4",
        "gsm8k 1,319 96.49% → 95.50%",
        "gpqa_diamond 198 × 2 92.17% → 90.26%",
        "The verdicts hold for questions like these (target: questions).",
        "fp8: glm-5.2-fp8, asked 2026-11-20",
        "mxfp4: glm-5.2-mxfp4, asked 2026-11-20",
    ):
        assert told in box


def test_the_box_names_what_an_alias_stands_for():
    aliased = made.run_record(endpoint={"served": {"id": "prod", "root": "zai-org/GLM-5.2-FP8"}}, model="prod")
    assert (
        "fp8: prod (served: zai-org/GLM-5.2-FP8)"
        in Page(gate_html(made.verdict(bare(made.decision()), baseline=aliased))).text
    )


def test_a_box_of_many_tasks_shows_those_that_failed_and_counts_the_rest():
    tasks = [bare(made.decision(f"t{number}")) for number in range(9)]
    text = Page(gate_html(made.verdict(*tasks, bare(made.regressed()), release=ReleaseVerdict.REGRESSED))).text
    box = text[: text.index("Differences")]
    assert box.index("mmlu_pro", box.index("fp8 → mxfp4")) < box.index("t0", box.index("fp8 → mxfp4"))
    assert "2 more below." in box


def test_a_regression_says_what_remains_without_cut_answers_and_not_that_it_blocks():
    cut = Finding(FindingCode.TRUNCATED, Severity.BLOCKS, "70 were cut", "candidate")
    remains = Finding(FindingCode.LOSS_WITHOUT_CUT, Severity.WARNS, "Without the 70 items -5 points remain")
    text = Page(
        gate_html(made.verdict(bare(made.regressed(findings=(cut, remains))), release=ReleaseVerdict.REGRESSED))
    ).text
    assert "Without the 70 items -5 points remain." in text[: text.index("Differences")]
    assert "blocks a pass" not in text
    assert "▲ warning mmlu_pro: 70 were cut" in text


def test_lengths_that_do_not_vary_are_not_told():
    alike = replace(made.lengths(), edges=(1.0, 1.5, 2.0))
    assert "How long the answers are" not in gate_html(made.verdict(replace(bare(made.decision()), lengths=alike)))


def test_one_median_for_both_builds_is_told_once():
    same = replace(made.lengths(), median_ratio=Ratio(1.0, 1.0, 1.0), candidate=made.lengths().baseline)
    text = Page(gate_html(made.verdict(replace(bare(made.decision()), lengths=same)))).text
    assert "tokens in both builds. Mean" in text
    assert "times as long" not in text


@pytest.mark.slow
@pytest.mark.parametrize(("count", "wide"), [(1, 2), (2, 4), (3, 0)])
def test_few_small_plots_are_drawn_for_a_desk_too(count, wide):
    page = gate_html(made.verdict(*(made.decision(f"t{number}") for number in range(count))))
    assert page.count('<div class="wide">') == 1 + wide


def test_a_comparison_says_first_what_to_ship_and_how_the_whole_ends():
    text = Page(comparison_html(made.comparison())).text
    box = " ".join(text[: text.index("Formats and tasks")].split())
    assert box.startswith("Ship nvfp4: nvfp4, mxfp4 and int4 against fp8 on gsm8k, gpqa_diamond and ifeval")
    assert "✓ Ship nvfp4 Ship nvfp4: it passes, the only one of these." in box
    assert "As a whole: invalid (exit code 4), for every format was to pass" in box
    assert "✗" not in box


def test_a_comparison_that_nothing_passes_shows_the_worst_verdict():
    failed = made.comparison(*made.comparison().formats[1:], verdict=ReleaseVerdict.REGRESSED, cheapest=())
    box = Page(comparison_html(failed)).text.split("Formats and tasks")[0]
    assert "✗ regressed Ship none of these: no format passes." in " ".join(box.split())


def test_a_format_to_ship_that_the_bounds_that_hold_do_not_pass_is_not_praised():
    formats = made.comparison().formats
    doubted = made.comparison(replace(formats[0], holds=ReleaseVerdict.INCONCLUSIVE))
    box = Page(comparison_html(doubted)).text.split("Formats and tasks")[0]
    assert "? Ship nvfp4" in " ".join(box.split())


def test_a_comparison_without_costs_has_no_plot_of_them():
    formats = tuple(made.replace(build, cost=None, record=made.run_record("a")) for build in made.comparison().formats)
    assert "Accuracy against cost" not in comparison_html(made.comparison(*formats, cheapest=()))


def test_without_costs_the_bits_in_the_names_are_the_axis():
    formats = [
        Format(name, name, made.run_record(name), (made.decision(),), ReleaseVerdict.PASS) for name in ("mxfp4", "int8")
    ]
    page = comparison_html(made.comparison(*formats, cheapest=(), cost_unit=""))
    assert "Accuracy against cost" in page
    assert "bits of a weight, by name" in page
    assert "Ship mxfp4<" in page
