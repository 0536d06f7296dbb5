"""`quantgate init`: a release file from options, or from what is answered on a terminal."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from quantgate.cli.installed import known_tasks
from quantgate.evals.settings.release import Order, load_release
from tests.server.served import Reply, served_model

FLAGS = [
    *("--base-url", "http://127.0.0.1:8001/v1", "--model", "glm-mxfp4"),
    *("--baseline-base-url", "http://127.0.0.1:8000/v1", "--baseline-model", "glm-fp8"),
]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def unattended(quantgate, monkeypatch):
    """Runs `init` where there is no terminal."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with open(os.devnull, encoding="utf-8") as nothing:
            monkeypatch.setattr(sys, "stdin", nothing)
            return quantgate(["init", *arguments])

    return run


@pytest.fixture
def answering(quantgate, monkeypatch):
    """Runs `init` on a pseudo-terminal on which somebody types these lines; `None` is the end of the input."""

    def run(lines: list[str | None], *arguments: str) -> tuple[int, str, str]:
        ours, theirs = pty.openpty()
        try:
            os.write(ours, b"".join(b"\x04" if line is None else f"{line}\n".encode() for line in lines))
            with open(theirs, encoding="utf-8") as stdin:
                monkeypatch.setattr(sys, "stdin", stdin)
                return quantgate(["init", *arguments])
        finally:
            os.close(ours)

    return run


@pytest.fixture
def server():
    with served_model(lambda _: Reply(), model="glm-mxfp4") as model:
        yield model


def written(file: str = "release.yaml"):
    return load_release(Path(file), None, known_tasks())


def test_options_make_a_whole_file(unattended):
    code, out, err = unattended(*FLAGS, "--task", "gsm8k", "--task", "gpqa_diamond", "--margin", "gsm8k=0.01")
    assert (code, err) == (0, "")
    assert "release.yaml is written: read it, then `quantgate check release.yaml`" in out
    release = written()
    assert [build.label for build in release.asked] == ["fp8", "mxfp4"]
    assert release.tasks == ("gsm8k", "gpqa_diamond")
    assert [release.policy.for_task(task).margin.points for task in release.tasks] == [0.01, 0.02]
    assert release.run_config("mxfp4", "gsm8k").model == "glm-mxfp4"
    assert Path("release.yaml").read_text().count("  # ") > 30


def test_without_a_terminal_and_options_it_says_what_to_give(unattended):
    code, out, err = unattended()
    assert (code, out) == (2, "")
    assert "there is no terminal to ask on: give --base-url and --model of the candidate" in err
    assert not Path("release.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--task", "gsm8k"], "--base-url is missing: the candidate's API root"),
        (["--base-url", "h:1"], "--base-url 'h:1': give a URL such as"),
        ([*FLAGS, "--task", "gsm8"], "no task is called 'gsm8'; did you mean gsm8k"),
        (
            [*FLAGS, "--margin", "2%"],
            "--margin 2%: a margin is a fraction such as 0.02 (two points): for 2% write 0.02",
        ),
        ([*FLAGS, "--margin", "tau2=0.01"], "task 'tau2'"),
        ([*FLAGS, "--option", "user_model=x"], "--option user_model: no task that is asked takes it"),
        ([*FLAGS, "--baseline-run", "."], "--baseline-run: a finished run is not asked again"),
        ([*FLAGS[:4], "--baseline-run", "none"], "--baseline-run 'none': there is no such folder"),
        ([*FLAGS[:4], "--baseline-model", "glm-mxfp4"], "both builds would be glm-mxfp4 at http://127.0.0.1:8001/v1"),
        (["--base-url", "http://me:pw@h/v1"], "--base-url: leave user and password out"),
        ([*FLAGS, "--api-key-env", "sk-live-0123456789"], "--api-key-env: no environment variable is called so"),
        ([*FLAGS, "--name", "a\nb"], "name"),
        ([*FLAGS, "--out", "."], "--out .: there is such a file already"),
        ([*FLAGS, "--out", ".", "--force"], "--out .: cannot be written"),
        (
            [*FLAGS, "--task", "tau2", "--option", "user_api_key_env=sk-live-0123456789"],
            "tasks.tau2.user_api_key_env: no environment variable is called so",
        ),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_and_nothing_written(unattended, arguments, said):
    code, _, err = unattended(*arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert "0123456789" not in err
    assert not Path("release.yaml").exists()


def test_a_file_that_is_there_is_written_over_only_when_told(unattended):
    Path("release.yaml").write_text("mine\n")
    code, _, err = unattended(*FLAGS)
    assert (code, Path("release.yaml").read_text()) == (2, "mine\n")
    assert "--out release.yaml: there is such a file already; --force writes over it" in err
    assert unattended(*FLAGS, "--force")[0] == 0
    assert written().tasks == ("gsm8k",)


def test_nothing_is_written_through_a_link(unattended):
    Path("release.yaml").symlink_to("elsewhere")
    assert unattended(*FLAGS)[0] == 2
    assert unattended(*FLAGS, "--force")[0] == 2
    assert not Path("elsewhere").exists()


def test_the_only_model_that_is_listed_is_meant(unattended, server):
    code, _, err = unattended("--base-url", server.base_url, *FLAGS[4:])
    assert (code, err) == (0, "")
    assert written().run_config("mxfp4", "gsm8k").model == "glm-mxfp4"


def test_an_endpoint_that_is_down_is_said_where_it_is_needed_and_else_not_asked(unattended):
    down = "http://127.0.0.1:9/v1"
    code, _, err = unattended("--base-url", down, *FLAGS[4:])
    assert code == 2
    assert "--model is missing: nothing answers at http://127.0.0.1:9/v1" in err
    assert unattended("--base-url", down, "--model", "m", *FLAGS[4:])[0] == 0


def test_one_server_may_serve_the_builds_in_turn(unattended):
    assert unattended(*FLAGS[:4], "--baseline-model", "glm-mxfp4", "--in-turn")[0] == 0
    release = written()
    assert release.order is Order.BASELINE_FIRST
    assert [build.label for build in release.asked] == ["baseline", "candidate"]


def test_a_finished_run_is_named_from_the_files_folder(unattended, tmp_path):
    Path("runs/fp8").mkdir(parents=True)
    assert unattended(*FLAGS[:4], "--baseline-run", "runs/fp8", "--out", "ci/release.yaml")[0] == 0
    assert yaml.safe_load(Path("ci/release.yaml").read_text())["baseline"]["run"] == "../runs/fp8"
    assert written("ci/release.yaml").baseline.run.resolve() == tmp_path / "runs" / "fp8"


def test_on_a_terminal_it_asks(answering, server):
    lines = ["http://127.0.0.1:9/v1", "", "glm-fp8", server.base_url, "", "gsm8k, gpqa_diamond", "", "0.03"]
    code, out, err = answering(lines)
    assert code == 0
    assert "nothing answers at http://127.0.0.1:9/v1" in err
    assert f"{server.base_url} lists glm-mxfp4" in err
    assert "release.yaml is written" in out
    release = written()
    assert [build.label for build in release.asked] == ["fp8", "mxfp4"]
    assert release.run_config("fp8", "gsm8k").base_url == "http://127.0.0.1:9/v1"
    assert [release.policy.for_task(task).margin.points for task in release.tasks] == [0.02, 0.03]


def test_what_is_the_baseline_already_is_not_proposed(answering):
    models = [{"id": "glm-fp8"}, {"id": "glm-mxfp4"}]
    with served_model(lambda _: Reply(), models=models) as server:
        code, _, err = answering([server.base_url, "", server.base_url, "", "tau2", ""])
    assert (code, err.count(f"{server.base_url} lists glm-fp8, glm-mxfp4")) == (0, 2)
    assert [written().run_config(label, "tau2").model for label in ("fp8", "mxfp4")] == ["glm-fp8", "glm-mxfp4"]
    assert "note: tau2 has options of its own, which stand in the file for you to fill in" in err


def test_only_what_is_not_given_is_asked(answering):
    code, _, err = answering([], *FLAGS, "--task", "gsm8k")
    assert (code, err) == (0, "")
    code, _, err = answering(["gpqa_diamond", "0.05"], *FLAGS, "--force")
    assert (code, written().policy.for_task("gpqa_diamond").margin.points) == (0, 0.05)


def test_an_answer_that_cannot_be_used_is_asked_for_again(answering):
    code, _, err = answering(["gsm9k", ",", "gsm8k", "two", "2%", "gsm8k=0.1", "0.04"], *FLAGS)
    assert code == 0
    for said in ("no task is called 'gsm9k'", "name one task at least", "for 2% write 0.02", "write the margin alone"):
        assert said in err
    assert written().policy.for_task("gsm8k").margin.points == 0.04


def test_a_finished_run_may_be_the_answer(answering):
    Path("runs/fp8").mkdir(parents=True)
    code, _, err = answering(["runs/none", "runs/fp8", "gsm8k", ""], *FLAGS[:4])
    assert code == 0
    assert "the folder 'runs/none': there is no such folder; an address begins with http://" in err
    assert written().baseline.run == Path("runs/fp8")


def test_a_key_is_asked_for_by_its_variable_alone(answering, monkeypatch):
    monkeypatch.setenv("LOCKED_KEY", "secret-7f3a")
    replies = iter([Reply(status=401, body='{"error": {"message": "no key"}}'), [{"id": "glm-fp8"}]])
    with served_model(lambda _: Reply(), models=lambda: next(replies)) as locked:
        lines = [locked.base_url, "secret-7f3a", "LOCKED_KEY", "", "gsm8k", ""]
        code, _, err = answering(lines, *FLAGS[:4])
    assert code == 0
    assert "refuses with HTTP 401" in err
    assert "no environment variable is called so" in err
    assert f"{locked.base_url} lists glm-fp8" in err
    assert "secret-7f3a" not in Path("release.yaml").read_text()
    assert written().run_config("fp8", "gsm8k").api_key_env == "LOCKED_KEY"


@pytest.mark.parametrize(("answer", "order"), [("y", Order.BASELINE_FIRST), ("n", Order.INTERLEAVED)])
def test_one_build_twice_is_asked_about(answering, answer, order):
    url = "http://127.0.0.1:9/v1"
    again = [] if answer == "y" else ["http://127.0.0.1:8001/v1", "", "m"]
    lines = [url, "", "m", url, "", "m", answer, *again, "gsm8k", ""]
    code, _, err = answering(lines)
    assert code == 0
    assert "Does one server serve both, one after the other?" in err
    assert written().order is order


def test_who_goes_away_leaves_nothing(answering):
    code, _, err = answering(["http://127.0.0.1:9/v1", None])
    assert code == 2
    assert "stopped; nothing was written" in err
    assert not Path("release.yaml").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c")
def test_in_a_process_of_its_own_ctrl_c_leaves_nothing():
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "quantgate", "init"]
    process = subprocess.Popen(command, stdin=theirs, stderr=subprocess.PIPE, start_new_session=True)
    try:
        seen = b""
        while b"Baseline: its API root" not in seen:
            part = os.read(process.stderr.fileno(), 4096)
            assert part
            seen += part
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().decode()
        assert process.wait(30) == 2
        assert "stopped; nothing was written" in said
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)
    assert not Path("release.yaml").exists()
