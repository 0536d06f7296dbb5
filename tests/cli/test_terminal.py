"""What stands on a real terminal, narrow or wide: tables without a parted cell, progress on one line."""

import re

import pytest
from rich.cells import cell_len

from quantgate.evals.runs.directory import RunDirectory
from tests.evals.made_runs import run_of
from tests.pseudo_terminal import terminal
from tests.server.served import Reply, served_model

WIDTHS = pytest.mark.parametrize("width", [60, 80, 120])
LONG_BUILD = "Qwen3-235B-A22B-Instruct-2507-MXFP4-w4a8"
LONG_TASK = "lm-eval:mmlu_pro_computer_science"
WIDE_BUILD = "量子化された模型"


def on_terminal(width, *arguments):
    """The lines that a command leaves on a terminal of this width."""
    with terminal(width) as opened:
        lines = opened.read_whole(opened.start("-m", "quantgate", *arguments))
        assert opened.cursor_is_shown
    return lines


@pytest.fixture
def compared(quantgate, tmp_path):
    """The JSON of a comparison of two candidates, with names as long as they come."""

    def save(label, task, lost):
        run = run_of([0.0] * lost + [1.0] * (410 - lost), label=label, name=task)
        with RunDirectory(tmp_path / label).writing(run.record) as writer:
            for sample in run.samples.values():
                writer.append(sample)
        return str(tmp_path / label)

    def make(task, *candidates):
        runs = [save("fp8", task, 20), *(save(label, task, lost) for label, lost in candidates)]
        saved = tmp_path / "compared.json"
        quantgate(["compare", *runs, "--json", str(saved)])
        return str(saved)

    return make


@WIDTHS
def test_no_name_verdict_or_number_of_a_comparison_is_parted(compared, width):
    saved = compared(LONG_TASK, (LONG_BUILD, 90), (WIDE_BUILD, 21))
    lines = on_terminal(width, "report", saved)
    table = lines[lines.index(next(line for line in lines if "2 formats against fp8" in line)) :]
    # A character of double width is two cells of the screen, the second of them empty.
    text = [line.replace(" ", "") for line in table]
    for cell in (LONG_BUILD, LONG_TASK, WIDE_BUILD, "✗regressed", "✓equivalent", "410", "95.12%", "78.05%", "-17.07"):
        assert any(cell in line for line in text), cell
    assert any(re.search(r"-20.43to<-2.00", line) for line in text)


@pytest.mark.parametrize("width", [60, 80])
def test_a_short_comparison_fits_80_columns_and_60(compared, width):
    lines = on_terminal(width, "report", compared("arithmetic", ("mxfp4", 90)))
    (named,) = [line for line in lines if line.startswith("mxfp4  arithmetic")]
    assert "✗ regressed" in named or width == 60
    assert any("-17.07" in line for line in lines)


VERBS = """
import sys
from quantgate.cli import app
for arguments in {arguments}:
    try:
        app(arguments)
    except SystemExit:
        pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_tables_of_other_verbs_have_their_cells_whole(width):
    arguments = [
        ["claim", "--n", "200", "--baseline", "0.965", "--candidate", "0.955"],
        ["calibrate", "--n", "100", "--margin", "0.02"],
        ["plan", "--task", "gsm8k", "--margin", "0.02", "--accuracy", "0.9", "--discordance", "0.05"],
        ["tasks"],
    ]
    with terminal(width) as opened:
        lines = opened.read_whole(opened.start("-c", VERBS.format(arguments=arguments)))
    for cell in ("2/0 to 9/7", "0.235 to 0.360", "? inconclusive", "-3.12 to -4.55"):
        assert any(cell in line for line in lines), cell
    for cell in ("naive percentile bootstrap", "exact test", "not used for this", "of 1,319 items once"):
        assert any(cell in line for line in lines), cell
    assert any(line.startswith("gpqa_diamond") for line in lines)
    assert any("lm-eval:NAME" in line for line in lines)


def progress(lines):
    return [line for line in lines if re.search(r" \d+/30", line)]


def answered(body):
    """A sum, as a model would say it, after the time that a small one takes; a word where nothing is to be added."""
    numbers = re.findall(r"\d+", body["messages"][-1]["content"])[-2:]
    return Reply(f"The answer is {sum(map(int, numbers))}." if len(numbers) == 2 else "ready", delay_s=0.05)


def run_of_sums(url, out):
    named = [
        "--task",
        "arithmetic",
        "--base-url",
        url,
        "--model",
        "test-model",
        "--label",
        LONG_BUILD,
        "--concurrency",
        "1",
    ]
    return ["-m", "quantgate", "run", *named, "--limit", "30", "--out", str(out)]


@pytest.mark.parametrize(
    ("width", "then"),
    [pytest.param(40, 40, marks=pytest.mark.slow), (60, 80), pytest.param(120, 60, marks=pytest.mark.slow)],
)
def test_the_progress_of_a_run_is_one_line_also_after_another_size(tmp_path, width, then):
    with served_model(answered) as server, terminal(width) as opened:
        process = opened.start(*run_of_sums(server.base_url, tmp_path / "run"))
        frames = []

        def watched(until):
            def seen():
                frames.append(opened.lines)
                return until()

            opened.read_until(seen)

        watched(lambda: any(re.search(r" [5-9]/30", line) for line in progress(opened.lines)))
        opened.resize(then)
        watched(lambda: any(re.search(r" [12]\d/30", line) for line in progress(opened.lines)))
        opened.read_whole(process)
    assert process.returncode == 0
    assert len({tuple(frame) for frame in frames}) > 3
    for frame in frames:
        assert len(progress(frame)) <= 1, frame
        # Nothing of the line has gone on below it.
        assert not progress(frame) or frame.index(progress(frame)[0]) == len(frame) - 1, frame
        assert max(map(cell_len, frame)) <= max(width, then)


def words(lines):
    return {word.strip(",:;") for line in lines for word in line.split()}


NAMES_OF_COLUMNS = {"task", "verdict"}
"""Where words stand above figures they need none."""


@pytest.mark.parametrize("width", [60, pytest.param(80, marks=pytest.mark.slow)])
def test_every_word_of_a_decision_stands_whole(width):
    saved = "docs/example-gate.json"
    assert words(on_terminal(400, "report", saved)) - words(on_terminal(width, "report", saved)) <= NAMES_OF_COLUMNS


@pytest.mark.slow
def test_every_word_of_a_doctor_stands_whole():
    with served_model(answered) as server:
        asked = ["doctor", "--base-url", server.base_url, "--task", "arithmetic"]
        parted = words(on_terminal(400, *asked)) - words(on_terminal(60, *asked))
    # Two calls take their own time each.
    assert not {word for word in parted if not re.fullmatch(r"[\d.]+", word)}
