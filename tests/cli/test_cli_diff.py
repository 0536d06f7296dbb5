"""`quantgate diff`: what changed between two runs, as a list and side by side."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.evals.inspection.made import asked, made_run, sample, task

ITEMS = ["1", "2", "10", "11", "100"]


@pytest.fixture
def runs(tmp_path):
    """Items 2, 10 and 100 are lost, 1 is won, 11 is wrong in both in another way."""
    right = {item: sample(item, extracted="175", response="It is 175, I think.") for item in ITEMS}
    wrong = {
        item: sample(item, 0.0, "176", response="It is 176, I think.", usage={"completion_tokens": 7}) for item in ITEMS
    }
    other = sample("11", 0.0, None, response="No idea.")
    prompts = [asked(item, f"What is {item}?", "175") for item in ITEMS]
    left = [right["100"], right["10"], right["2"], wrong["1"], wrong["11"]]
    theirs = [right["1"], wrong["2"], wrong["10"], other, wrong["100"]]
    return [str(made_run(tmp_path / name, answers, prompts=prompts))
            for name, answers in (("fp8", left), ("mxfp4", theirs))]  # fmt: skip


def listed(out):
    """The rows under each title."""
    found, title = {}, None
    for line in out.splitlines():
        if heading := re.fullmatch(r"(.+) \(\d+\)", line):
            found[title := heading[1]] = []
        elif title and not line:
            title = None
        elif title and not line.startswith("item"):
            found[title].append(re.split(r"\s{2,}", line)[:3])
    return found


def test_counts_come_first_then_losses_and_gains_in_natural_order(quantgate, runs):
    code, out, err = quantgate(["diff", *runs])
    assert (code, err) == (0, "")
    counts = "gsm8k, fp8 -> mxfp4: 3 losses, 1 gain, 1 wrong in both with another result; 5 answers in both"
    assert out.splitlines()[0] == counts
    assert listed(out) == {
        "losses": [[item, "175 -> 176", "175"] for item in ("2", "10", "100")],
        "gains": [["1", "176 -> 175", "175"]],
    }


@pytest.mark.parametrize(
    ("option", "title", "items"),
    [
        ("--losses", "losses", ["2", "10", "100"]),
        ("--gains", "gains", ["1"]),
        ("--both-wrong", "wrong in both, with another result", ["11"]),
    ],
)
def test_an_option_lists_those_alone(quantgate, runs, option, title, items):
    assert {name: [row[0] for row in rows] for name, rows in listed(quantgate(["diff", *runs, option])[1]).items()} == {
        title: items
    }
    told = [json.loads(line) for line in quantgate(["diff", *runs, option, "--json"])[1].splitlines()]
    assert [one["item_id"] for one in told] == items


def test_an_item_stands_side_by_side_with_what_was_read_and_where_the_texts_part(quantgate, runs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    code, out, _ = quantgate(["diff", *runs, "10"])
    assert code == 0
    assert "question\n  What is 10?\nreference  175\n" in out
    assert re.search(r"^fp8 +│ mxfp4$", out, re.MULTILINE)
    assert re.search(r"^status ok, score 1, extracted 175 +│ status ok, score 0, extracted 176$", out, re.MULTILINE)
    assert re.search(r"^  It is ▸»175«, I think\. +│   It is ▸»176«, I think\.$", out, re.MULTILINE)
    assert "the answers part at character 7: “175” here, “176” there\n" in out


def test_on_a_narrow_terminal_they_are_stacked(quantgate, runs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    out = quantgate(["diff", *runs, "10"])[1]
    assert "│" not in out
    assert max(map(len, out.splitlines())) <= 60
    assert out.index("\nfp8\n") < out.index("▸»175«") < out.index("\nmxfp4\n") < out.index("▸»176«")


def test_wide_signs_keep_the_columns_straight(quantgate, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    folders = [str(made_run(tmp_path / name, [sample("1", score, "8", response="答えは八です。🙂" * 12 + name)]))
               for name, score in (("fp8", 1.0), ("mxfp4", 0.0))]  # fmt: skip
    lines = [line for line in quantgate(["diff", *folders, "1"])[1].splitlines() if "│" in line]
    assert len(lines) > 5
    assert {cell_len(line.partition("│")[0]) for line in lines} == {39}


def test_several_items_may_be_named_with_their_task_or_without(quantgate, runs):
    out = quantgate(["diff", *runs, "gsm8k/100", "11"])[1]
    assert out.index("── gsm8k/11 ──") < out.index("── gsm8k/100 ──")


def test_equal_answers_are_said_to_be(quantgate, tmp_path):
    folders = [str(made_run(tmp_path / name, [sample("1", response="It is 18." + end)]))
               for name, end in (("a", ""), ("b", "\u200b"), ("c", ""))]  # fmt: skip
    assert "both answers are the same\n" in quantgate(["diff", folders[0], folders[2], "1"])[1]
    assert "differ only in signs that are not shown" in quantgate(["diff", *folders[:2], "1"])[1]


def test_thoughts_are_folded_and_said_to_part(quantgate, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    folders = [str(made_run(tmp_path / name, [sample("1", extracted=name, reasoning=f"Let me see, {name}.")]))
               for name in ("a", "b")]  # fmt: skip
    out = quantgate(["diff", *folders, "1"])[1]
    assert "Let me see" not in out
    assert "the thoughts part at character 13\n" in out
    assert "Let me see, ▸a" in quantgate(["diff", *folders, "1", "--thoughts"])[1]


def records(folders):
    return [json.loads((Path(folder) / "run.json").read_text()) for folder in folders]


def test_a_gates_json_stands_for_its_two_runs(quantgate, runs, tmp_path):
    left, right = records(runs)
    file = tmp_path / "gate.json"
    file.write_text(json.dumps({"baseline": left, "candidate": right}))
    assert listed(quantgate(["diff", str(file)])[1]) == listed(quantgate(["diff", *runs])[1])
    assert "── gsm8k/10 ──" in quantgate(["diff", str(file), "10"])[1]
    assert f"give {runs[0]} or {runs[1]}; `quantgate diff {runs[0]} {runs[1]}`" in quantgate(["show", str(file)])[2]


def test_a_comparisons_json_says_which_two_to_give(quantgate, runs, tmp_path):
    third = str(made_run(tmp_path / "q4", [sample(item) for item in ITEMS]))
    baseline, *others = records([*runs, third])
    file = tmp_path / "compare.json"
    file.write_text(json.dumps({"baseline": baseline, "formats": [{"candidate": other} for other in others]}))
    code, _, err = quantgate(["diff", str(file)])
    assert code == 2
    assert f"give `quantgate diff {runs[0]} {runs[1]}` or `quantgate diff {runs[0]} {third}`" in err


def test_a_file_that_names_no_runs_is_refused(quantgate, tmp_path):
    (tmp_path / "gate.json").write_text("{}")
    code, _, err = quantgate(["diff", str(tmp_path / "gate.json")])
    assert code == 2
    assert "is no decision whose runs are found here: give the two run directories" in err


def test_one_run_alone_is_no_difference(quantgate, runs):
    code, _, err = quantgate(["diff", runs[0]])
    assert (code, err) == (2, "quantgate: diff needs two run directories, or a gate's JSON: quantgate diff BASELINE "
                              "CANDIDATE\n")  # fmt: skip


def test_the_folder_that_holds_both_runs_is_told_from_a_run(quantgate, runs):
    folder = str(Path(runs[0]).parent)
    code, _, err = quantgate(["show", folder])
    assert code == 2
    assert (
        f"is the folder of several runs, and quantgate show shows a run directory: give {runs[0]} or {runs[1]};" in err
    )
    assert quantgate(["diff", folder])[2].endswith(f"quantgate diff {runs[0]} {runs[1]}\n")


def test_an_unknown_item_ends_with_2(quantgate, runs):
    code, _, err = quantgate(["diff", *runs, "101"])
    assert code == 2
    assert re.search(r"101: .*fp8 has no such item; the nearest are .*\b10\b", err)


def test_scores_between_right_and_wrong_have_a_column(quantgate, tmp_path):
    folders = [str(made_run(tmp_path / name, [sample("1", score)])) for name, score in (("a", 0.75), ("b", 0.25))]
    out = quantgate(["diff", *folders])[1]
    assert "scores" in out
    assert "0.75 -> 0.25" in out


SECRET = "the secret text"


@pytest.mark.parametrize("options", [[], ["7"], ["--json"], ["7", "--thoughts"]])
def test_the_text_of_a_private_task_is_shown_only_when_it_is_asked_for(quantgate, tmp_path, options):
    def answer(score):
        return sample("7", score, f"{SECRET} {score}", response=SECRET, reasoning=SECRET)

    private = task(["7"], private="Do not publish it")
    folders = [str(made_run(tmp_path / name, [answer(score)], [private], [asked("7", SECRET, SECRET)]))
               for name, score in (("a", 1.0), ("b", 0.0))]  # fmt: skip
    code, out, err = quantgate(["diff", *folders, *options])
    assert code == 0
    assert SECRET not in out + err
    assert SECRET in quantgate(["diff", *folders, *options, "--reveal"])[1]
