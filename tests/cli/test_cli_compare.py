"""`quantgate compare` as its user meets it."""

import json

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.evals.made_runs import run_of


def scores(losses, gains):
    return [0.0] * losses + [1.0] * (1170 - losses) + [1.0] * gains + [0.0] * (149 - gains)


@pytest.fixture
def saved(tmp_path):
    """Writes a run with so many losses and gains against `fp8`; returns its path."""

    def save(folder, losses=0, gains=0, **changes):
        run = run_of(scores(losses, gains), **{"label": folder, **changes})
        with RunDirectory(tmp_path / folder).writing(run.record) as writer:
            for sample in run.samples.values():
                writer.append(sample)
        return str(tmp_path / folder)

    return save


def lines(out, start):
    return [line for line in out.splitlines() if line.startswith(start)]


def test_one_row_a_format_with_every_figure(quantgate, saved):
    runs = [saved("fp8"), saved("nvfp4", 20, 15), saved("int8", 3, 2)]
    code, out, _ = quantgate(["compare", *runs])
    assert code == 0
    assert "2 formats against fp8" in out
    (row,) = lines(out, "nvfp4")
    for cell in ("gsm8k", "1,319", "88.70%", "88.32%", "-0.38", "-1.31 to +0.52", "20/15", "✓ equivalent"):
        assert cell in row
    assert out.index("int8") < out.index("nvfp4"), "the best comes first"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("counts", "changes", "code", "word"),
    [
        ((3, 2), {}, 0, "✓ equivalent"),
        ((100, 5), {}, 1, "✗ regressed"),
        ((60, 40), {}, 3, "? inconclusive"),
        ((3, 2), {"version": "2"}, 4, "! invalid"),
    ],
)
def test_one_bad_format_beside_a_good_one_makes_the_exit_code(quantgate, saved, counts, changes, code, word):
    runs = [saved("fp8"), saved("good", 2, 2), saved("other", *counts, **changes)]
    exit_code, out, _ = quantgate(["compare", *runs])
    assert exit_code == code
    assert word in lines(out, "other")[0]
    assert f"(exit code {code})" in out


@pytest.mark.slow
def test_one_format_that_passes_is_enough_where_any_will_do(quantgate, saved, tmp_path):
    runs = [saved("fp8"), saved("good", 2, 2), saved("bad", 100, 5)]
    code, out, _ = quantgate(["compare", *runs, "--pass-if", "any", "--json", str(tmp_path / "c.json")])
    assert code == 0
    assert out.startswith("Ship good: it passes, the only one of these.")
    document = json.loads((tmp_path / "c.json").read_text())
    assert (document["verdict"], document["pass_if"]) == ("pass", "any")
    code, out, _ = quantgate(["compare", runs[0], runs[2], "--pass-if", "any"])
    assert (code, out.splitlines()[0]) == (1, "Ship none of these: no format passes.")


def test_an_invalid_row_says_why_in_the_row(quantgate, saved):
    _, out, _ = quantgate(["compare", saved("fp8"), saved("old", 3, 2, version="2")])
    assert "not comparable: the builds were not asked alike" in lines(out, "old")[0]


@pytest.mark.slow
def test_the_cheapest_that_passes_is_marked_and_rows_come_by_cost(quantgate, saved):
    runs = [saved("fp8"), saved("int4", 100, 5), saved("nvfp4", 20, 15), saved("int8", 3, 2)]
    costs = ["--cost", "int4=0.4", "--cost", "nvfp4=0.52", "--cost", "int8=1"]
    code, out, _ = quantgate(["compare", *runs, *costs])
    assert code == 1
    assert "cheapest that passes: ★ nvfp4 (cost 0.52)" in out
    assert [line.split()[0] for line in out.splitlines()[3:6]] == ["int4", "nvfp4", "int8"]
    assert lines(out, "nvfp4")[0].startswith("nvfp4 ★")


def test_with_costs_and_no_pass_none_is_the_cheapest(quantgate, saved):
    _, out, _ = quantgate(["compare", saved("fp8"), saved("int4", 100, 5), "--cost", "int4=1"])
    assert "cheapest that passes: none" in out
    assert "★" not in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("costs", "said"),
    [
        (["mxpf4=1", "int8=1"], "--cost mxpf4: no format is called so; did you mean mxfp4?"),
        (["mxfp4=1"], "--cost: int8 has none; give a cost for every format, or for none"),
        (["mxfp4=1", "mxfp4=2", "int8=1"], "the cost of mxfp4 is given twice"),
        (["mxfp4"], "--cost mxfp4: write NAME=VALUE"),
        (["mxfp4=cheap"], "--cost mxfp4=cheap: a cost is a number of 0 or more"),
        (["mxfp4=nan"], "--cost mxfp4=nan: a cost is a number of 0 or more"),
        (["mxfp4=-1"], "--cost mxfp4=-1: a cost is a number of 0 or more"),
    ],
)
def test_a_cost_that_cannot_be_is_refused(quantgate, saved, costs, said):
    runs = [saved("fp8"), saved("mxfp4", 3, 2), saved("int8", 3, 2)]
    code, _, err = quantgate(["compare", *runs, *(word for cost in costs for word in ("--cost", cost))])
    assert code == 2
    assert said in err


@pytest.mark.slow
def test_formats_of_one_label_are_told_apart_by_folder(quantgate, saved):
    runs = [saved("fp8"), saved("monday", 3, 2, label="mxfp4"), saved("friday", 100, 5, label="mxfp4")]
    _, out, _ = quantgate(["compare", *runs, "--cost", "monday=1", "--cost", "friday=2"])
    assert "✓ equivalent" in lines(out, "mxfp4 (monday)")[0]
    assert "✗ regressed" in lines(out, "mxfp4 (friday)")[0]
    code, _, err = quantgate(["compare", *runs, "--cost", "mxfp4=1", "--cost", "friday=2"])
    assert code == 2
    assert "told apart as mxfp4 (monday), mxfp4 (friday)" in err


def test_a_run_against_itself_is_refused_for_it_would_always_pass(quantgate, saved):
    baseline, other = saved("fp8"), saved("int8", 3, 2)
    code, _, err = quantgate(["compare", baseline, other, baseline])
    assert code == 2
    assert "is given twice: it is the baseline already" in err
    assert quantgate(["compare", baseline, other, other])[0] == 2


@pytest.mark.slow
def test_json_margin_and_policy_work_as_for_the_gate(quantgate, saved, tmp_path):
    runs = [saved("fp8"), saved("mxfp4", 36, 23)]
    (tmp_path / "policy.yaml").write_text("margin: 0.05\n")
    options = ["--policy", str(tmp_path / "policy.yaml"), "--json", str(tmp_path / "out.json")]
    assert quantgate(["compare", *runs, *options])[0] == 0
    assert json.loads((tmp_path / "out.json").read_text())["formats"][0]["tasks"][0]["margin"] == 0.05
    assert quantgate(["compare", *runs, "--margin", "gsm8k=0.01"])[0] == 3
    code, _, err = quantgate(["compare", *runs, "--margin", "gpqa=0.01"])
    assert code == 2
    assert "'gpqa', which the runs do not hold" in err


@pytest.mark.slow
def test_a_shipped_policy_goes_by_its_name(quantgate, saved):
    runs = [saved("fp8"), saved("mxfp4", 36, 23)]
    assert quantgate(["compare", *runs, "--policy", "smoke"])[0] == 0
    assert quantgate(["compare", *runs, "--policy", "strict"])[0] == 3


def test_what_is_no_run_directory_exits_2_by_name(quantgate, saved, tmp_path):
    code, _, err = quantgate(["compare", saved("fp8"), str(tmp_path / "none")])
    assert code == 2
    assert f"{tmp_path / 'none'} is no run directory" in err


def test_hostile_labels_come_out_as_text(quantgate, saved):
    _, out, _ = quantgate(["compare", saved("fp8"), saved("a", 3, 2, label="[red]\x1b]0;pwn\x07\u202eevil")])
    assert "\x1b]0;" not in out
    assert "\u202e" not in out
    assert "[red]" in out
