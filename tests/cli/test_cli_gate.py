"""`quantgate gate` as its user meets it."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.directory import RunDirectory
from tests.evals.made_runs import pair_of, run_of

ROOT = Path(__file__).resolve().parents[2]


def saved(run: Run, path: Path) -> str:
    with RunDirectory(path).writing(run.record) as writer:
        for sample in run.samples.values():
            writer.append(sample)
    return str(path)


@pytest.fixture
def pair(tmp_path):
    """Two run directories with so many losses and gains."""

    def make(losses: int, gains: int, n: int) -> list[str]:
        baseline, candidate = pair_of(losses, gains, n)
        return [saved(baseline, tmp_path / "fp8"), saved(candidate, tmp_path / "mxfp4")]

    return make


@pytest.mark.slow
@pytest.mark.parametrize(
    ("counts", "margin", "code", "word"),
    [
        ((36, 23, 1319), "0.02", 0, "✓ equivalent"),
        ((100, 5, 1319), "0.02", 1, "✗ regressed"),
        ((36, 23, 1319), "0.01", 3, "? inconclusive"),
    ],
)
def test_the_exit_code_is_the_verdict(quantgate, pair, counts, margin, code, word):
    exit_code, out, _ = quantgate(["gate", *pair(*counts), "--margin", margin])
    assert exit_code == code
    assert word in out
    assert f"(exit code {code})" in out


def test_the_table_has_every_figure(quantgate, pair):
    _, out, _ = quantgate(["gate", *pair(36, 23, 1319), "--margin", "gsm8k=0.02"])
    assert "mxfp4 against fp8" in out
    for cell in ("gsm8k", "1,319", "88.70%", "87.72%", "-0.99", "-1.98 to -0.02", "36/23"):
        assert cell in out


def test_no_figure_is_cut_where_there_are_only_80_columns(quantgate, pair, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = quantgate(["gate", *pair(36, 23, 1319)])
    assert "…" not in out
    for cell in ("1,319", "88.70%", "87.72%", "-0.99", "-1.98 to -0.02", "36/23"):
        assert cell in out


def test_json_is_what_the_terminal_says(quantgate, pair, tmp_path):
    code, _, _ = quantgate(["gate", *pair(2, 0, 200), "--margin", "0.03", "--json", str(tmp_path / "gate.json")])
    document = json.loads((tmp_path / "gate.json").read_text())
    assert (code, document["verdict"]) == (3, "inconclusive")
    assert document["tasks"][0]["difference"] == pytest.approx(-0.01)


def test_runs_that_do_not_fit_are_invalid_with_the_reason_and_exit_4(quantgate, tmp_path):
    runs = [saved(run_of([1.0]), tmp_path / "a"), saved(run_of([1.0], version="2"), tmp_path / "b")]
    code, out, _ = quantgate(["gate", *runs])
    assert code == 4
    assert "! invalid" in out
    assert 'version "3.0" for the baseline, "2" for the candidate' in out


@pytest.mark.parametrize("margin", ["0", "-1", "5", "2%"])
def test_a_margin_that_is_none_exits_2(quantgate, pair, margin):
    code, _, err = quantgate(["gate", *pair(1, 1, 50), f"--margin={margin}"])
    assert code == 2
    assert f"--margin {margin}" in err


def test_what_is_no_run_directory_exits_2_by_name(quantgate, tmp_path):
    code, _, err = quantgate(["gate", str(tmp_path), str(tmp_path / "none")])
    assert code == 2
    assert f"{tmp_path} is no run directory" in err


def test_a_json_path_that_cannot_be_written_exits_2(quantgate, pair):
    code, _, err = quantgate(["gate", *pair(0, 0, 50), "--json", "/dev/null/gate.json"])
    assert code == 2
    assert "--json /dev/null/gate.json: cannot be written" in err


@pytest.mark.slow
def test_the_exit_code_stays_the_verdict_when_nobody_reads_the_output(pair):
    command = [sys.executable, "-m", "quantgate", "gate", *pair(36, 23, 1319), "--margin", "0.01"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (3, "")


def test_a_policy_file_decides_what_is_asked(quantgate, pair, tmp_path):
    runs = pair(36, 23, 1319)
    assert quantgate(["gate", *runs, "--policy", str(ROOT / "quantgate" / "policies" / "strict.yaml")])[0] == 3
    (tmp_path / "policy.yaml").write_text("baseline_at_least: 0.95\n")
    code, out, _ = quantgate(["gate", *runs, "--policy", str(tmp_path / "policy.yaml")])
    assert code == 4
    assert "is the harness or the server broken?" in out


def test_a_shipped_policy_goes_by_its_name(quantgate, pair, tmp_path):
    runs = pair(36, 23, 1319)
    json_file = tmp_path / "gate.json"
    assert quantgate(["gate", *runs, "--policy", "strict", "--json", str(json_file)])[0] == 3
    written = json.loads(json_file.read_text())
    assert written["tasks"][0]["margin"] == 0.01
    assert written["command"].endswith("--policy strict")
    assert quantgate(["gate", *runs, "--policy", "release"])[0] == 0


def test_a_policy_that_is_neither_name_nor_file_exits_2_with_the_nearest_name(quantgate, pair):
    code, _, err = quantgate(["gate", *pair(0, 0, 50), "--policy", "strct"])
    assert code == 2
    assert "--policy strct: there is no such file and no policy of that name; did you mean strict?" in err


def test_hostile_labels_and_task_names_come_out_as_text(quantgate, tmp_path):
    evil = "[red]\x1b[31m\u202eevil\nlabel"
    runs = [saved(run_of([1.0] * 99, label=evil, name="[bold]t\x1b]0;pwn\x07"), tmp_path / name) for name in ("a", "b")]
    _, out, _ = quantgate(["gate", *runs])
    assert "\x1b]0;" not in out
    assert "\u202e" not in out
    assert "[bold]t" in out
    assert "[red]" in out


@pytest.fixture
def agentic(tmp_path):
    """A tau2-shaped run: 50, 114 and 114 tasks in four trials, of which the first `lost` of airline always fail."""
    domains = [name for name, count in (("airline", 50), ("retail", 114), ("telecom", 114)) for _ in range(count)]

    def make(name: str, lost: int) -> str:
        scores = [0.0] * lost + [1.0] * (len(domains) - lost)
        run = run_of(scores, name="tau2", repeats=4, label=name)
        samples = {key: replace(sample, stratum=domains[int(key[1])]) for key, sample in run.samples.items()}
        return saved(Run(run.record, samples), tmp_path / name)

    return make


def test_a_loss_in_one_domain_only_is_told_by_the_macro_average_and_by_the_domains_row(quantgate, agentic, tmp_path):
    runs = [agentic("fp8", 0), agentic("mxfp4", 25)]
    code, out, _ = quantgate(["gate", *runs, "--margin", "0.05", "--json", str(tmp_path / "gate.json")])
    assert code == 1
    (task,) = json.loads((tmp_path / "gate.json").read_text())["tasks"]
    assert task["difference"] == pytest.approx(-0.5 / 3)
    assert (task["items"], task["repeats"], task["method"]) == (278, 4, "bayesian")
    assert [row["verdict"] for row in task["strata"]] == ["regressed", "equivalent", "equivalent"]
    rows = {line.split()[1]: line for line in out.splitlines() if line.startswith("· ")}
    assert rows["airline"].rstrip().endswith("✗ regressed (advisory)")
    assert rows["telecom"].rstrip().endswith("✓ equivalent (advisory)")


def test_the_same_build_twice_shows_the_noise_of_its_user_simulator(quantgate, agentic):
    code, out, _ = quantgate(["gate", agentic("fp8", 0), agentic("mxfp4", 6), "--noise", agentic("fp8-again", 4)])
    assert code in (0, 1, 3)
    assert "6 items flip between the builds, 4 between two runs of the baseline" in out


def test_a_run_held_against_itself_shows_nothing(quantgate, pair):
    run, _ = pair(1, 1, 50)
    code, out, _ = quantgate(["gate", run, run])
    assert code == 4
    assert "is both baseline and candidate" in out


def asked_at(run: Run, url: str, *, time: str = "", earlier: str | None = None) -> Run:
    """The run as it was asked at an address, its samples at a time."""
    before = ({"endpoint": {"base_url": earlier}, "software": {}},) if earlier else ()
    samples = {key: replace(sample, time=time) for key, sample in run.samples.items()}
    return Run(replace(run.record, endpoint={"base_url": url}, earlier=before), samples)


def test_a_copy_of_the_baseline_shows_nothing(quantgate, tmp_path):
    run = asked_at(run_of([1.0] * 99), "http://a/v1", time="2026-01-01T00:00:00+00:00")
    runs = [saved(run, tmp_path / "fp8"), saved(run, tmp_path / "copy")]
    code, out, _ = quantgate(["gate", *runs, "--margin", "0.05"])
    assert code == 4
    assert "99 of the candidate's 99 samples are copies of the baseline's" in out


@pytest.mark.parametrize(
    "urls",
    [
        ("http://gpu:8000/v1", "http://gpu:8000/v1"),
        ("http://localhost:8000/v1", "http://127.0.0.1:8000/v1/"),
        ("https://GPU/v1", "https://gpu:443/v1"),
    ],
)
def test_one_server_on_both_sides_does_not_pass_unless_that_is_meant(quantgate, tmp_path, urls):
    runs = [
        saved(asked_at(run_of([1.0] * 99, label=name), url), tmp_path / name)
        for name, url in zip(("a", "b"), urls, strict=True)
    ]
    code, out, _ = quantgate(["gate", *runs, "--margin", "0.05"])
    assert code == 3
    assert "a build was compared with itself" in out
    assert quantgate(["gate", *runs, "--margin", "0.05", "--same-build"])[0] == 0


def test_other_ports_are_other_servers(quantgate, tmp_path):
    runs = [saved(asked_at(run_of([1.0] * 99), f"http://gpu:800{n}/v1"), tmp_path / str(n)) for n in range(2)]
    assert quantgate(["gate", *runs, "--margin", "0.05"])[0] == 0


def test_a_run_put_together_from_two_servers_is_told(quantgate, tmp_path):
    moved = asked_at(run_of([1.0] * 99), "http://b/v1", earlier="http://a/v1")
    runs = [saved(run_of([1.0] * 99), tmp_path / "fp8"), saved(moved, tmp_path / "mxfp4")]
    code, out, _ = quantgate(["gate", *runs, "--margin", "0.05"])
    assert code == 0
    assert "The candidate's answers came from 2 addresses, one after the other (http://a/v1, http://b/v1)" in out


def unread(run: Run, count: int) -> Run:
    """The run with so many answers from which nothing was read."""
    samples = {
        key: replace(sample, extracted=None, score=0.0) if int(key[1]) < count else sample
        for key, sample in run.samples.items()
    }
    return Run(run.record, samples)


@pytest.mark.parametrize(("counts", "said"), [((198, 198), "no more than guessing"), ((30, 30), "does not pass")])
def test_answers_that_nobody_read_do_not_pass(quantgate, tmp_path, counts, said):
    runs = [
        saved(unread(run_of([1.0] * 198, label=name), count), tmp_path / name)
        for name, count in zip(("a", "b"), counts, strict=True)
    ]
    code, out, _ = quantgate(["gate", *runs, "--margin", "0.05"])
    assert code == (4 if counts[0] == 198 else 3)
    assert said in out


def test_two_builds_that_are_wrong_throughout_are_not_equivalent(quantgate, tmp_path):
    runs = [saved(run_of([0.0] * 99, label=name), tmp_path / name) for name in ("a", "b")]
    assert quantgate(["gate", *runs, "--margin", "0.05"])[0] == 4
    expected = tmp_path / "policy.yaml"
    expected.write_text("margin: 0.05\nbaseline_may_guess: true\n")
    assert quantgate(["gate", *runs, "--policy", str(expected)])[0] == 0


def test_a_baseline_that_guesses_its_letters_shows_nothing(quantgate, tmp_path):
    scores = ([1.0] * 27 + [0.0] * 73) * 2
    runs = [saved(run_of(scores, label=name, guess=0.25), tmp_path / name) for name in ("a", "b")]
    code, out, _ = quantgate(["gate", *runs, "--margin", "0.05"])
    assert code == 4
    assert "54 of 200 answers right, no more than guessing gives (25%)" in out


def test_results_that_can_be_read_from_one_build_only_block(quantgate, tmp_path):
    candidate = unread(run_of([1.0] * 300, label="b"), 12)
    runs = [saved(run_of([1.0] * 300, label="a"), tmp_path / "a"), saved(candidate, tmp_path / "b")]
    code, out, _ = quantgate(["gate", *runs, "--margin", "0.1"])
    assert code == 3
    assert "more unlike than chance makes it" in out


def test_the_noise_run_may_be_neither_of_the_two(quantgate, pair):
    runs = pair(1, 1, 50)
    code, _, err = quantgate(["gate", *runs, "--noise", runs[1]])
    assert code == 2
    assert "name a second run of the baseline" in err


@pytest.mark.slow
def test_an_advisory_task_of_the_policy_may_be_absent_and_a_required_one_may_not(quantgate, pair, tmp_path):
    runs, policy = pair(36, 23, 1319), tmp_path / "policy.yaml"
    policy.write_text("tasks:\n  other:\n    tier: advisory\n")
    assert quantgate(["gate", *runs, "--policy", str(policy)])[0] == 0
    policy.write_text("tasks:\n  other:\n    margin: 0.01\n")
    code, _, err = quantgate(["gate", *runs, "--policy", str(policy)])
    assert code == 2
    assert "given for task 'other', which the runs do not hold" in err


def test_an_output_folder_that_is_not_there_is_made(quantgate, pair, tmp_path):
    code, _, _ = quantgate(["gate", *pair(36, 23, 1319), "--json", str(tmp_path / "a" / "b" / "gate.json")])
    assert code == 0
    assert json.loads((tmp_path / "a" / "b" / "gate.json").read_text())["verdict"] == "pass"


def test_a_gain_is_not_called_within_a_margin(quantgate, pair):
    _, out, _ = quantgate(["gate", *pair(0, 60, 1319)])
    assert re.search(r"passes\. With 95% confidence the candidate gains at least \d\.\d+ points\.$", out, re.MULTILINE)
