"""The release file that `init` writes: whole as it stands, and with each of its comments made a line."""

import re

import pytest

from quantgate.cli.installed import known_tasks
from quantgate.evals.documents import parse_yaml
from quantgate.evals.settings.release import Order, release_of
from quantgate.evals.settings.release.starting import Answers, Start, StartTask, labels_of, starting_file
from quantgate.tasks.registry import find_task

FP8 = Start("http://127.0.0.1:8000/v1", "glm-5.2-fp8")
MXFP4 = Start("http://127.0.0.1:8001/v1", "glm-5.2-mxfp4", api_key_env="MXFP4_KEY")
TASKS = [
    StartTask(find_task("gsm8k"), 0.02),
    StartTask(find_task("tau2"), {"recovery": 0.98}, {"user_model": "the: user"}),
    StartTask(find_task("arithmetic"), 0.05),
]
TEXT = starting_file(Answers(FP8, MXFP4, TASKS))
OUT = re.compile(r"( *)# (\w+:(?: .*)?)")
COMMENTED = [number for number, line in enumerate(TEXT.splitlines()) if OUT.fullmatch(line)]


def read(text, tmp_path):
    return release_of(parse_yaml(text), tmp_path / "release.yaml", None, known_tasks())


def test_it_asks_for_what_was_answered(tmp_path):
    release = read(TEXT, tmp_path)
    assert (release.name, release.out) == ("glm-5.2-mxfp4", tmp_path / "releases" / "glm-5.2-mxfp4")
    assert [build.label for build in release.asked] == ["fp8", "mxfp4"]
    assert release.run_config("mxfp4", "gsm8k").api_key_env == "MXFP4_KEY"
    assert release.run_config("fp8", "gsm8k").base_url == FP8.base_url
    assert [release.policy.for_task(task).margin.written for task in release.tasks] == [0.02, {"recovery": 0.98}, 0.05]
    assert release.run_config("fp8", "tau2").options == {"user_model": "the: user"}


def test_every_line_says_what_it_does():
    lines = [line for line in TEXT.splitlines() if ":" in line and not re.match(r"# [A-Z]", line)]
    silent = [line for line in lines if "  # " not in line and not re.fullmatch(r" *(?:# )?\w+:.*", line)]
    assert not silent
    assert sum("  # " in line for line in lines) > 40


@pytest.mark.parametrize("number", COMMENTED, ids=lambda number: TEXT.splitlines()[number].split(":")[0].strip())
def test_each_line_that_is_commented_out_could_stand(tmp_path, number):
    lines = TEXT.splitlines()
    lines[number] = OUT.sub(r"\1\2", lines[number])
    changed, before = read("\n".join(lines), tmp_path), read(TEXT, tmp_path)
    name = OUT.fullmatch(TEXT.splitlines()[number])[2].partition(":")[0]
    defaults = ("looks", "futility")
    if name not in defaults and not lines[number].partition("#")[0].rstrip().endswith(":"):
        assert changed != before


def test_the_comments_are_found():
    assert len(COMMENTED) > 25


def test_a_finished_run_and_builds_in_turn(tmp_path):
    (tmp_path / "runs" / "fp8").mkdir(parents=True)
    text = starting_file(Answers(Start(run="runs/fp8"), MXFP4, TASKS[:1], order=Order.BASELINE_FIRST, name="one: two"))
    release = read(text, tmp_path)
    assert (release.baseline.run, release.order) == (tmp_path / "runs" / "fp8", Order.BASELINE_FIRST)
    assert (release.name, release.out.name) == ("one: two", "one--two")


@pytest.mark.parametrize(
    ("baseline", "candidate", "labels"),
    [
        ("org/glm-5.2-fp8", "org/glm-5.2-MXFP4", ("fp8", "mxfp4")),
        ("m-fp8", "m-fp8", ("baseline", "candidate")),
        ("a", "b", ("a", "b")),
        ("m", "m-int4", ("m", "m-int4")),
        ("org/a", "corp/a", ("baseline", "candidate")),
        ("m:7b-q8", "m:7b-q4", ("q8", "q4")),
        ("a*", "b?", ("baseline", "candidate")),
        ("../..", "x", ("baseline", "candidate")),
        ("m-", "m-x", ("baseline", "candidate")),
        ("gate.json", "x", ("baseline", "candidate")),
    ],
)
def test_builds_are_called_by_what_their_names_do_not_share(baseline, candidate, labels):
    assert labels_of(Start(model=baseline), Start(model=candidate)) == labels


@pytest.mark.parametrize("model", ["a: b # c", "'", '"', "- x", "{a}", "null", "1e3", "*x", "&x", "é", "x" * 300])
def test_any_models_name_is_written_so_that_it_is_read_again(tmp_path, model):
    text = starting_file(Answers(FP8, Start("http://h/v1", model), TASKS[:1]))
    release = read(text, tmp_path)
    assert release.run_config(release.candidates[0].label, "gsm8k").model == model
