"""A recovery as users ask for it: options, policies, reports, plans, claims."""

import json

import pytest

from tests.cli.test_cli_gate import saved
from tests.evals.made_runs import pair_of


@pytest.fixture
def builds(tmp_path):
    """Two run directories of builds that are alike but for some flips."""
    return [saved(run, tmp_path / run.record.label) for run in pair_of(4, 4, 1000)]


def test_gate_takes_a_recovery_and_says_in_every_report_what_is_recovered(quantgate, builds, tmp_path):
    files = {name: tmp_path / f"report.{name}" for name in ("json", "html", "markdown", "junit")}
    options = [word for name, file in files.items() for word in (f"--{name}", str(file))]
    code, out, _ = quantgate(["gate", *builds, "--recovery", "0.98", *options])
    assert code == 0
    assert "The candidate recovers 100% of the baseline's accuracy" in out
    assert "98% recovery" in out
    task = json.loads(files["json"].read_text())["tasks"][0]
    assert task["margin"] == {"recovery": 0.98}
    assert 0.98 < task["recovery_bounds"]["lower"] < 1 < task["recovery_bounds"]["upper"]
    for name in ("html", "markdown", "junit"):
        assert "98% recovery" in files[name].read_text()
        assert f"{100 * task['recovery_bounds']['lower']:.1f}% to" in files[name].read_text()


def test_a_model_card_says_where_the_bounds_of_a_recovery_must_lie(quantgate, builds, tmp_path):
    file = tmp_path / "gate.json"
    quantgate(["gate", *builds, "--recovery", "0.98", "--json", str(file)])
    code, out, _ = quantgate(["report", str(file), "--model-card"])
    assert code == 0
    assert "candidate over baseline, whose lower bound must lie above the margin" in " ".join(out.split())


def test_a_recovery_beside_a_margin_asks_for_both(quantgate, builds):
    code, out, _ = quantgate(["gate", *builds, "--recovery", "0.9", "--margin", "0.001"])
    assert code == 3
    assert "0.1, 90% recovery" in out


def test_compare_takes_it_too(quantgate, builds):
    code, out, _ = quantgate(["compare", *builds, "--recovery", "gsm8k=0.98"])
    assert code == 0
    assert "98% recovery" in out


def test_a_margin_that_looks_like_a_recovery_is_told(quantgate, builds):
    _, out, _ = quantgate(["gate", *builds, "--margin", "0.99"])
    assert "the margin lets 99 points be lost" in out
    assert "write --recovery 0.99" in out
    assert "--recovery" not in quantgate(["gate", *builds, "--margin", "0.05"])[1]


def test_a_recovery_that_looks_like_a_loss_is_told(quantgate, builds):
    _, out, _ = quantgate(["gate", *builds, "--recovery", "0.01"])
    assert "to recover 1% of the baseline's accuracy lets all else be lost" in out
    assert "if 1% of it may be lost, write 0.99" in out
    assert "all else be lost" not in quantgate(["gate", *builds, "--recovery", "0.9"])[1]


@pytest.mark.parametrize("verb", ["gate", "compare"])
def test_a_recovery_that_is_none_exits_2(quantgate, builds, verb):
    code, _, err = quantgate([verb, *builds, "--recovery", "99"])
    assert code == 2
    assert "for 99% write 0.99" in err


def test_a_recovery_is_planned_at_the_accuracy_of_the_baseline(quantgate, tmp_path):
    file = tmp_path / "plan.json"
    options = ["--items", "2000", "--accuracy", "0.5", "--discordance", "0.02", "--json", str(file)]
    code, out, _ = quantgate(["plan", *options, "--recovery", "0.95"])
    assert code == 0
    assert "95% recovery (2.5)" in out
    (row,) = json.loads(file.read_text())["plans"][0]["rows"]
    assert (row["recovery"], row["margin"]) == (0.95, pytest.approx(0.025))
    assert row["power"] == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--discordance", "0.05", "--recovery", "0.9"], "give --accuracy"),
        (["--accuracy", "0.9", "--recovery", "1"], "above 0 and up to 0.9999"),
        (["--accuracy", "0.9", "--recovery", "0.9", "--policy", "strict"], "--recovery and --policy"),
        (["--accuracy", "0.05", "--recovery", "0.5", "--true-loss", "0.06"], "has no more to lose"),
    ],
)
def test_a_plan_that_cannot_be_made_of_a_recovery_says_why(quantgate, options, said):
    code, _, err = quantgate(["plan", "--items", "100", *options])
    assert code == 2
    assert said in err


@pytest.mark.parametrize("loss", ["0.02", "0.03", "0.05"])
def test_a_low_baseline_is_planned_at_a_loss_that_leaves_fewer_flips(quantgate, tmp_path, loss):
    """At an accuracy of 5% with 2 points lost no more than 8% of the items flip."""
    file = tmp_path / "plan.json"
    options = ["--items", "2000", "--accuracy", "0.05", "--discordance", "0.1", "--recovery", "0.5"]
    assert quantgate(["plan", *options, "--true-loss", loss, "--json", str(file)])[0] == 0
    (row,) = json.loads(file.read_text())["plans"][0]["rows"]
    assert (row["power_now"] > 0.05) is (loss == "0.02")


@pytest.mark.parametrize(
    ("numbers", "options", "code", "said"),
    [
        (("0.957", "0.953"), ["--recovery", "0.9"], 0, "at least 96.58%, more than the 90% that must be recovered"),
        (("0.957", "0.953"), ["--recovery", "0.9", "--margin", "0.02"], 3, "not shown to be within the margin of 2 p"),
        (("0.957", "0.953"), ["--recovery", "0.97"], 3, "at best at least 98.36% is shown"),
        (("0.957", "0.953"), ["--recovery", "0.99"], 3, "even in the best case"),
        (("0.957", "0.700"), ["--recovery", "0.98"], 1, "at most 78.17%, less than the 98%"),
        (("0.0", "0.5"), ["--recovery", "0.9"], 4, "a baseline with nothing right has no recovery"),
        (("0.95", "0.95"), ["--recovery", "0.9", "--repeats", "4"], 2, "one answer to each item of one pool"),
        (("0.95", "0.95"), ["--recovery", "90"], 2, "for 90% write 0.9"),
    ],
)
def test_a_claim_is_judged_by_its_recovery(quantgate, numbers, options, code, said):
    baseline, candidate = numbers
    claimed = ["claim", "--n", "300", "--baseline", baseline, "--candidate", candidate]
    found, out, err = quantgate([*claimed, *options])
    assert found == code
    assert said in out + err
