"""`quantgate plan` as its user meets it."""

import json
import re

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.evals.made_runs import joined, pair_of, run_of


@pytest.fixture
def pilot(tmp_path):
    """A pilot's two run directories, with two tasks."""
    paths = []
    for run, name in zip(pair_of(6, 4, 100), ("fp8", "mxfp4"), strict=True):
        both = joined(run, run_of([1.0] * 60, name="mine"))
        paths.append(tmp_path / name)
        with RunDirectory(paths[-1]).writing(both.record) as writer:
            for sample in both.samples.values():
                writer.append(sample)
    return [str(path) for path in paths]


def test_a_known_task_has_enough_items_for_two_points(quantgate, tmp_path):
    options = ["--discordance", "0.03", "--margin", "0.02", "--json", str(tmp_path / "plan.json")]
    code, out, _ = quantgate(["plan", "--task", "gsm8k", *options])
    assert code == 0
    (row,) = json.loads((tmp_path / "plan.json").read_text())["plans"][0]["rows"]
    assert 464 <= row["items_needed"] <= 530
    assert f"{row['items_needed']} of 1,319 items once" in out
    assert f"{row['requests']:,}" in out


def test_what_stopping_early_saves_stands_beside_the_fixed_design(quantgate, tmp_path):
    options = ["--task", "gsm8k", "--discordance", "0.04", "--margin", "0.02", "--json", str(tmp_path / "plan.json")]
    code, out, _ = quantgate(["plan", *options, "--sequential"])
    assert code == 0
    (row,) = json.loads((tmp_path / "plan.json").read_text())["plans"][0]["rows"]
    equal = row["sequential"]["endings"][0]
    assert "stopping early" in out
    assert f"{equal['requests']:,.0f}" in out
    assert f"{equal['passed']:.1%}" in out
    _, without, _ = quantgate(["plan", *options])
    assert "stopping early" not in without
    assert json.loads((tmp_path / "plan.json").read_text())["plans"][0]["rows"][0]["sequential"] is None


@pytest.mark.slow
def test_the_power_of_repeats_is_said_to_be_simulated(quantgate, tmp_path):
    options = ["--items", "198", "--discordance", "0.1", "--margin", "0.05", "--json", str(tmp_path / "plan.json")]
    _, out, _ = quantgate(["plan", *options])
    (row,) = json.loads((tmp_path / "plan.json").read_text())["plans"][0]["rows"]
    assert row["power"] + row["power_error"] >= 0.8
    assert f"{row['power']:.1%}" in out
    assert f"simulated with the bound that decides, {row['simulations']:,} comparisons each" in out


def test_what_is_out_of_reach_is_said_plainly(quantgate):
    code, out, _ = quantgate(["plan", "--items", "50", "--discordance", "0.1", "--margin", "0.03"])
    assert code == 0
    assert "out of reach with up to 64 repeats" in out


@pytest.mark.slow
def test_tokens_and_hours_are_shown_where_they_are_known(quantgate):
    options = ["--discordance", "0.1", "--margin", "0.05", "--tokens-per-answer", "5000", "--throughput", "2000"]
    _, out, _ = quantgate(["plan", "--task", "gpqa_diamond", *options])
    assert "tokens" in out
    assert "hours" in out
    assert "M" in out


@pytest.mark.slow
def test_a_pilot_plans_each_of_its_tasks_for_all_of_them(quantgate, pilot):
    code, out, _ = quantgate(["plan", *pilot, "--margin", "0.05"])
    assert code == 0
    for word in (
        "gsm8k: 1,319 items",
        "mine: 60 items",
        "10 of 100 items flipped",
        "2 required tasks",
        "all tasks at 5",
    ):
        assert word in out


def test_one_task_of_a_pilot(quantgate, pilot):
    _, out, _ = quantgate(["plan", *pilot, "--task", "gsm8k", "--margin", "0.05"])
    assert "mine" not in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give --items N"),
        (["--items", "99", "--accuracy", "95"], "for 95% write 0.95"),
        (["--items", "99", "--margin", "2"], "for 2% write 0.02"),
    ],
)
def test_wrong_usage_exits_2_with_what_to_write(quantgate, arguments, said):
    code, _, err = quantgate(["plan", *arguments])
    assert code == 2
    assert said in err


def test_a_pilot_is_two_directories_and_holds_the_task(quantgate, pilot):
    assert "a pilot is two run directories" in quantgate(["plan", pilot[0]])[2]
    assert "the pilot does not hold it; it holds gsm8k, mine" in quantgate(["plan", *pilot, "--task", "x"])[2]
    assert "say which by --task" in quantgate(["plan", *pilot, "--items", "9"])[2]


def test_a_hostile_task_name_comes_out_as_text(quantgate):
    evil = "[bold]t\x1b]0;pwn\x07\u202e"
    _, out, _ = quantgate(["plan", "--task", evil, "--items", "50", "--discordance", "0", "--margin", "0.2"])
    assert "\x1b]0;" not in out
    assert "\u202e" not in out
    assert "[bold]t" in out


def test_a_policys_suite_is_planned_from_the_tasks_of_a_pilot(quantgate, pilot, tmp_path):
    policy, plan = tmp_path / "policy.yaml", tmp_path / "plan.json"
    policy.write_text("margin: 0.2\nsuite: {tasks: [gsm8k, mine], margin: 0.1}\n")
    code, out, _ = quantgate(["plan", *pilot, "--policy", str(policy), "--json", str(plan)])
    assert code == 0
    plans = json.loads(plan.read_text())["plans"]
    assert [one["assumptions"]["task"] for one in plans] == ["gsm8k", "mine", "suite of 2 tasks"]
    assert [one["rows"][0]["margin"] for one in plans] == [0.2, 0.2, 0.1]
    assert "suite of 2 tasks at 10: " in out
    assert "all tasks at 20: " in out


def test_margins_come_from_the_policy_or_from_the_option(quantgate, pilot):
    code, _, err = quantgate(["plan", *pilot, "--policy", "strict", "--margin", "0.02"])
    assert code == 2
    assert "--margin and --policy" in err


def test_the_repeats_of_a_candidate_are_planned_beside_a_baseline_that_is_paid_once(quantgate):
    code, out, _ = quantgate(
        ["plan", "--items", "100", "--accuracy", "0.9", "--margin", "0.08", "--baseline-repeats", "8"]
    )
    assert code == 0
    assert re.search(r"all 100 items × 8/\d repeats", out)
    assert "8 repeats of the baseline are paid once for all formats" in out


@pytest.mark.slow
def test_a_benchmark_s_very_questions_are_all_asked(quantgate):
    code, out, _ = quantgate(
        ["plan", "--items", "100", "--accuracy", "0.9", "--margin", "0.06", "--target", "benchmark"]
    )
    assert code == 0
    assert "target benchmark: for verdicts on these very questions" in out
    assert re.search(r"all 100 items × \d repeats", out)


def test_a_page_is_written_and_named(quantgate, tmp_path):
    file = tmp_path / "plan.html"
    options = ["--items", "1319", "--margin", "0.02", "--repeats", "1", "--discordance", "0.05"]
    code, _, err = quantgate(["plan", *options, "--html", str(file)])
    assert code == 0
    assert f"written: {file}" in err
    page = file.read_text(encoding="utf-8")
    assert "1,626 requests" in page
    assert "quantgate plan --items 1319 --margin 0.02 --discordance 0.05 --repeats 1</pre>" in page


def test_fresh_items_are_said_beside_what_is_out_of_reach(quantgate, tmp_path):
    options = ["--items", "198", "--margin", "0.01", "--repeats", "1", "--json", str(tmp_path / "plan.json")]
    _, out, _ = quantgate(["plan", *options])
    assert "or gsm_symbolic, 3,138 items" in out
    assert "`quantgate run --task gsm_symbolic --limit N`" in out
    (row,) = json.loads((tmp_path / "plan.json").read_text())["plans"][0]["rows"]
    assert (row["ask"], row["fresh"]["task"], row["fresh"]["items"]) == (None, "gsm_symbolic", 3138)


def test_a_task_that_makes_its_items_is_planned_without_a_size(quantgate):
    _, out, _ = quantgate(["plan", "--task", "gsm_symbolic", "--margin", "0.02"])
    assert "gsm_symbolic: as many items as are asked for" in out
    assert "813 items once" in out


@pytest.mark.slow
def test_repeats_of_thirty_problems_are_said_to_narrow_the_noise_of_re_runs_only(quantgate):
    code, out, _ = quantgate(["plan", "--task", "aime25", "--margin", "0.05"])
    assert code == 0
    told = " ".join(out.split())
    assert "30 items asked 64 times settle a margin of 11 points at best for questions like these" in told
    assert "repeats narrow the noise of re-runs only, not that of so few questions" in told
