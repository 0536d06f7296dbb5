"""`quantgate import` and `export`, and other tools' files in place of run directories."""

from __future__ import annotations

import json

import pytest

from quantgate.evals.errors import DataError
from quantgate.evals.foreign.export.types import Target

FP8, MXFP4 = "docs/example-runs/fp8", "docs/example-runs/mxfp4"
HEAD = "task,item_id,repeat,score,status\n"


@pytest.fixture
def table(tmp_path):
    def make(name: str, right: int, items: int = 200) -> str:
        file = tmp_path / f"{name}.csv"
        file.write_text(HEAD + "".join(f"sums,{item},0,{int(item < right)},\n" for item in range(items)))
        return str(file)

    return make


def test_it_says_what_was_read_and_what_was_not(quantgate, tmp_path):
    (tmp_path / "a.csv").write_text(HEAD + "sums,1,0,1,\nsums,2,0,0,error\nsums,3,0,7,\nsums,4,0,0,\n")
    code, out, _ = quantgate(["import", "auto", str(tmp_path / "a.csv"), "--out", str(tmp_path / "run")])
    assert code == 0
    assert "sums: 3 items, accuracy 0.5000 (score)" in out
    assert "2 of 3 answered; errors 1" in out
    assert "paired by id alone" in out
    assert "1 row could not be read" in out
    assert "1 fault is missing here, which had been scored 0" in out
    assert "unknown: version" in out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["auto", "{folder}/none"], "there is nothing of that name"),
        (["lotus", "{table}"], "no format is called 'lotus'"),
        (["csv", "{table}", "--task", "gsm8k"], "holds no such task; it holds sums"),
        (["csv", "{table}", "--model", "gpt"], "holds fp8 alone"),
        (["auto", "docs/example-runs/fp8"], "is a run directory already"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(quantgate, table, tmp_path, more, said):
    told = [each.format(folder=tmp_path, table=table("fp8", 100)) for each in more]
    code, _, err = quantgate(["import", *told, "--out", str(tmp_path / "run")])
    assert code == 2
    assert said in err
    assert not (tmp_path / "run").exists()


def test_gate_takes_files_and_names_them(quantgate, table, tmp_path):
    fp8, mxfp4 = table("fp8", 160), table("mxfp4", 100)
    code, out, err = quantgate(["gate", fp8, mxfp4, "--json", str(tmp_path / "gate.json")])
    assert code == 1
    assert f"{fp8} is read as csv: sums 200 items" in err
    assert "paired by id alone: nobody has checked" in " ".join(out.split())
    assert f"quantgate diff {fp8} {mxfp4}" in out
    told = json.loads((tmp_path / "gate.json").read_text())
    assert told["folders"] == {"baseline": fp8, "candidate": mxfp4}
    assert told["tasks"][0]["paired_by"] == "id"
    assert told["tasks"][0]["description"]["agreement"] is None
    assert told["tasks"][0]["validity"]["baseline"]["unparsed"] == 0


def test_a_decision_about_files_finds_them_again(quantgate, table, tmp_path):
    fp8, mxfp4 = table("fp8", 160), table("mxfp4", 100)
    quantgate(["gate", fp8, mxfp4, "--json", str(tmp_path / "gate.json")])
    code, out, _ = quantgate(["diff", str(tmp_path / "gate.json")])
    assert code == 0
    assert "60 lost" in out or "losses (60)" in out.lower()


@pytest.mark.parametrize("verb", [["compare"], ["plan"], ["diff"]])
def test_other_verbs_take_them_too(quantgate, table, verb):
    code, out, err = quantgate([*verb, table("fp8", 160), table("mxfp4", 100)])
    assert code in (0, 1)
    assert "sums" in out
    assert "is read as csv" in err


def test_show_does_not_call_unparsed_what_no_source_tells(quantgate, table):
    code, out, _ = quantgate(["show", table("fp8", 160), "--wrong"])
    assert code == 0
    assert "40 wrong" in out
    assert "unparsed" not in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["regrade", "{run}"], "nothing is graded again"),
        (["run", "--task", "arithmetic", "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--out", "{run}"],
         "nothing is asked into it"),
    ],
)  # fmt: skip
def test_nothing_is_asked_or_graded_in_an_imported_run(quantgate, table, tmp_path, arguments, said):
    run = str(tmp_path / "run")
    quantgate(["import", "csv", table("fp8", 160), "--out", run])
    code, _, err = quantgate([each.format(run=run) for each in arguments])
    assert code == 2
    assert f"{run} was imported from csv files" in err
    assert said in err


def test_files_of_another_tool_are_not_graded_again(quantgate, table):
    code, _, err = quantgate(["regrade", table("fp8", 160)])
    assert code == 2
    assert "holds another tool's answers (csv), and nothing is graded again" in err


def test_missing_answers_are_not_asked_by_us(quantgate, tmp_path):
    text = HEAD + "".join(f"sums,{item},0,1,{'error' if item < 30 else ''}\n" for item in range(100))
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(text)
    code, out, _ = quantgate(["gate", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    assert code == 4
    assert "quantgate run" not in out
    assert "evaluate those items again" in " ".join(out.split())


@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
def test_gate_says_the_same_of_what_was_exported(quantgate, tmp_path, target):
    decisions = []
    tables = []
    for run in (FP8, MXFP4):
        tables.append(str(tmp_path / f"{run.rpartition('/')[2]}.{target}"))
        code, _, _ = quantgate(["export", run, "--to", target, "--out", tables[-1]])
        assert code == 0
    for pair in ([FP8, MXFP4], tables):
        quantgate(["gate", *pair, "--json", str(tmp_path / "gate.json")])
        told = json.loads((tmp_path / "gate.json").read_text())
        (task,) = told["tasks"]
        decisions.append({name: value for name, value in task.items() if name != "paired_by"})
    assert decisions[0] == decisions[1]
    assert task["paired_by"] == "prompt"


def test_export_writes_over_nothing_and_knows_its_targets(quantgate, tmp_path):
    (tmp_path / "x.csv").write_text("mine")
    code, _, err = quantgate(["export", FP8, "--to", "csv", "--out", str(tmp_path / "x.csv")])
    assert (code, (tmp_path / "x.csv").read_text()) == (2, "mine")
    assert "is there already" in err
    code, _, err = quantgate(["export", FP8, "--to", "lotus"])
    assert code == 2
    assert "there is no such target; there are" in err


def test_an_export_that_breaks_off_leaves_nothing(quantgate, tmp_path, monkeypatch):
    def broken(run, out):
        (out / "data").mkdir(parents=True)
        raise DataError("it has no answer with a score")

    monkeypatch.setattr("quantgate.evals.foreign.export.every_eval_ever.EVERY_EVAL_EVER", Target("x", "", "", broken))
    code, _, err = quantgate(["export", FP8, "--to", "every-eval-ever", "--out", str(tmp_path / "records")])
    assert (code, "no answer with a score" in err) == (2, True)
    assert not (tmp_path / "records").exists()


def test_a_table_of_our_own_run_is_paired_with_another_run_of_it(quantgate, tmp_path):
    quantgate(["export", FP8, "--to", "csv", "--out", str(tmp_path / "fp8.csv")])
    quantgate(["gate", str(tmp_path / "fp8.csv"), MXFP4, "--json", str(tmp_path / "gate.json")])
    (task,) = json.loads((tmp_path / "gate.json").read_text())["tasks"]
    assert (task["verdict"], task["paired_by"]) == ("regressed", "prompt")


@pytest.mark.parametrize("verb", ["gate", "compare"])
def test_every_report_says_by_what_was_paired(quantgate, tmp_path, verb):
    tables = [str(tmp_path / f"{run.rpartition('/')[2]}.jsonl") for run in (FP8, MXFP4)]
    for run, table in zip((FP8, MXFP4), tables, strict=True):
        quantgate(["export", run, "--to", "jsonl", "--out", table])
    outputs = {option: tmp_path / f"report.{option}" for option in ("html", "markdown", "junit")}
    _, out, _ = quantgate(
        [verb, *tables, *(word for name, file in outputs.items() for word in (f"--{name}", str(file)))]
    )
    for said in (out, *(file.read_text() for file in outputs.values())):
        assert "paired by prompt" in " ".join(said.split()).lower()
