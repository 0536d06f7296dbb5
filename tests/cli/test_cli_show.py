"""`quantgate show`: the answers of a run, as a table and item by item."""

from __future__ import annotations

import json
import re

import pytest

from quantgate.evals.contract.records import Status
from tests.evals.inspection.made import asked, made_run, sample, task

EXAMPLES = "Question: How many legs has a spider?\nAnswer: 8\n\n" * 40


@pytest.fixture
def run(tmp_path):
    answers = [
        sample("10", usage={"completion_tokens": 1234}, latency_s=3.456, finish_reason="stop", reasoning="Hm. " * 50),
        sample("9", 0.0, "176", metrics={"strict": 0.0, "flexible": 0.0}),
        sample("a/b", 0.0, None, status=Status.TRUNCATED, finish_reason="length", response="It never ends"),
        sample("down", None, None, status=Status.ERROR, response=None, error="HTTP 503 from the server", attempts=5),
    ]
    prompts = [asked("10", "How many apples are there?"), asked("9", EXAMPLES + "Question: And a cat?\nAnswer:", "175")]
    return str(made_run(tmp_path / "run", answers, prompts=prompts))


def rows(out):
    lines = out.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("item"))
    return [line.split() for line in lines[start + 1 : lines.index("", start)]]


def test_a_table_has_a_line_for_each_answer_in_natural_order(quantgate, run):
    code, out, err = quantgate(["show", run])
    assert (code, err) == (0, "")
    assert out.startswith("gsm8k: 4 answers, 2 wrong, 1 unparsed, 1 truncated, 1 error\n")
    assert rows(out) == [
        ["9", "ok", "0", "176", "175", "–", "–", *["So", "the", "answer", "is", "176."]],
        ["10", "ok", "1", "18", "18", "1,234", "3.46", "s", *["So", "the", "answer", "is", "18."]],
        ["a/b", "truncated", "0", "unparsed", "–", "–", "–", "It", "never", "ends"],
        ["down", "error", "–", "–", "–", "–", "–", *["HTTP", "503", "from", "the", "server"]],
    ]


@pytest.mark.parametrize(
    ("options", "items"),
    [
        (["--wrong"], ["9", "a/b"]),
        (["--truncated", "--error"], ["a/b", "down"]),
        (["--search", "APPLES"], ["10"]),
        (["--unparsed", "--search", "never"], ["a/b"]),
    ],
)
def test_options_choose_the_lines(quantgate, run, options, items):
    code, out, _ = quantgate(["show", run, *options])
    assert code == 0
    assert [row[0] for row in rows(out)] == items
    assert f"; {len(items)} shown" in out


def test_nothing_of_a_kind_is_an_answer_too(quantgate, run):
    code, out, _ = quantgate(["show", run, "--empty"])
    assert code == 0
    assert "; 0 shown" in out


def test_an_item_is_shown_whole_with_its_thoughts_folded(quantgate, run):
    code, out, _ = quantgate(["show", run, "10"])
    assert code == 0
    assert "status ok, score 1, extracted 18\nfinish reason stop, 1,234 tokens, 3.46 s\n" in out
    assert "question\n  How many apples are there?\nreference  18\nthoughts  200 characters: --thoughts\n" in out
    assert "answer\n  So the answer is »18«.\n" in out
    assert "Hm. Hm." not in out
    assert "Hm. Hm." in quantgate(["show", run, "10", "--thoughts"])[1]


def test_worked_examples_are_folded_unless_the_whole_prompt_is_wanted(quantgate, run):
    out = quantgate(["show", run, "9"])[1]
    assert f"question  ({len(EXAMPLES):,} characters before it: --prompt)\n  Question: And a cat?\n  Answer:\n" in out
    assert "spider" not in out
    assert quantgate(["show", run, "9", "--prompt"])[1].count("spider") == 40


def test_a_long_question_without_examples_is_whole(quantgate, tmp_path):
    story = "Alice: Hello, Bob.\nBob: Hello, Alice.\n" * 60 + "What did they say?"
    run = str(made_run(tmp_path / "run", [sample("1")], prompts=[asked("1", story)]))
    out = quantgate(["show", run, "1"])[1]
    assert out.count("Alice: Hello") == 60
    assert "--prompt" not in out


def test_of_several_messages_the_last_question_is_shown_with_what_was_laid_into_the_models_mouth(quantgate, tmp_path):
    told = [("system", "Be brief."), ("user", "1 + 1?"), ("assistant", "2"), ("user", "2 + 2?"), ("assistant", "So")]
    messages = tuple({"role": role, "content": text} for role, text in told)
    run = str(made_run(tmp_path / "run", [sample("1")], prompts=[asked("1", messages=messages)]))
    out = quantgate(["show", run, "1"])[1]
    assert "question  (16 characters before it: --prompt)\n  2 + 2?\nquestion, assistant\n  So\n" in out
    assert "question, system\n  Be brief.\n" in quantgate(["show", run, "1", "--prompt"])[1]


def test_a_fault_is_told_with_how_often_it_was_tried(quantgate, run):
    out = quantgate(["show", run, "down"])[1]
    assert "status error, score –, extracted –\n5 attempts\nfault: HTTP 503 from the server\n" in out
    assert "answer  none" in out


def test_every_metric_is_told_where_there_are_several(quantgate, run):
    assert "strict 0, flexible 0" in quantgate(["show", run, "9"])[1]


def test_a_run_that_kept_no_questions_says_so_and_how_to_have_them(quantgate, tmp_path):
    folder = made_run(tmp_path / "old", [sample("1")])
    code, out, _ = quantgate(["show", str(folder), "1"])
    assert code == 0
    note = " ".join(out.partition("\n\n")[0].split())
    assert re.fullmatch(r"note: .*old has no prompts.jsonl, .*A run into a new folder keeps them", note)
    assert "question  this run has not kept it\n" in out
    assert "So the answer is »18«." in out


def test_json_has_a_line_for_each_answer_and_nothing_else_on_standard_output(quantgate, run):
    code, out, err = quantgate(["show", run, "--wrong", "--json"])
    told = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [(one["item_id"], one["status"], one["reference"]) for one in told] == [
        ("9", "ok", "175"),
        ("a/b", "truncated", None),
    ]


SECRET = "the secret text"


@pytest.fixture
def private(tmp_path):
    answers = [sample("7", 0.0, SECRET, response=SECRET, reasoning=SECRET, error=SECRET)]
    prompts = [asked("7", SECRET, SECRET)]
    return str(made_run(tmp_path / "gpqa", answers, [task(["7"], private="Do not publish it")], prompts))


@pytest.mark.parametrize("options", [[], ["7"], ["--json"], ["7", "--json", "--thoughts"], ["--search", SECRET]])
def test_the_text_of_a_private_task_is_shown_only_when_it_is_asked_for(quantgate, private, options):
    code, out, err = quantgate(["show", private, *options])
    assert code == 0
    assert SECRET not in out + err
    assert "--reveal" in out + err
    assert SECRET in quantgate(["show", private, *options, "--reveal"])[1]


def test_what_is_not_there_ends_with_2_and_the_nearest(quantgate, run, tmp_path):
    assert quantgate(["show", run, "dawn"])[::2] == (
        2,
        f"quantgate: dawn: {run} has no such item; the nearest are down\n",
    )
    assert quantgate(["show", str(tmp_path / "none")])[0] == 2
    assert quantgate(["show", run, "--task", "aime"])[0] == 2


def test_a_saved_decision_is_told_from_a_run(quantgate, tmp_path):
    (tmp_path / "gate.json").write_text("{}")
    code, _, err = quantgate(["show", str(tmp_path / "gate.json")])
    assert code == 2
    assert "is a file, and quantgate show shows a run directory: give the folder that has run.json" in err


def test_repeats_have_a_column_and_can_be_chosen(quantgate, tmp_path):
    answers = [sample("1", repeat=repeat, extracted=f"r{repeat}") for repeat in range(3)]
    run = str(made_run(tmp_path / "run", answers, [task(["1"], repeats=3)]))
    assert [row[:5] for row in rows(quantgate(["show", run])[1])] == [
        ["1", str(repeat), "ok", "1", f"r{repeat}"] for repeat in range(3)
    ]
    out = quantgate(["show", run, "1", "--repeat", "2"])[1]
    assert "── gsm8k/1, repeat 2 ──" in out
    assert "r1" not in out


def test_hostile_text_commands_neither_terminal_nor_ci_service(quantgate, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    hostile = "\x1b[31mred\x1b[0m\u202e\x9b2J\n::error::gotcha\r::warning::two\n##vso[task.complete]\n[bold]kept[/bold]"
    answers = [sample("\x1b[2J", extracted="\x1b]0;title\x07", response=hostile, reasoning=hostile)]
    run = str(made_run(tmp_path / "run", answers, prompts=[asked("\x1b[2J", hostile, hostile)]))
    for options in (["--thoughts"], ["--json"], []):
        out = quantgate(["show", run, *(["\x1b[2J"] if options else []), *options])[1]
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
        assert not re.search(r"^\s*::|##vso\[", out, re.MULTILINE)
    assert "[bold]kept[/bold]" in quantgate(["show", run, "\x1b[2J"])[1]


def test_a_very_long_answer_is_whole(quantgate, tmp_path):
    run = str(made_run(tmp_path / "run", [sample("1", response="word " * 20_000 + "end")]))
    out = quantgate(["show", run, "1"])[1]
    assert out.count("word") == 20_000
    assert out.rstrip().endswith("end")
