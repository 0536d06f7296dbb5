"""`quantgate run` as its user meets it: over real HTTP, through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import FAULTS, Reply, error_body, faults_that_heal, served_model

ROOT = Path(__file__).resolve().parents[2]


def test_a_complete_run_says_its_scores_and_exits_0(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        code, out, err = quantgate(arguments(server.base_url))
    assert code == 0
    assert "gsm8k: 40 of 40 answered; truncated 0, empty 0, unparsed 0, errors 0, missing 0" in out
    assert "exact_match,flexible-extract 0.8000 (the score)" in out
    assert "40/40" in err
    record = RunDirectory(tmp_path / "run").record()
    assert record.endpoint["served"] == {"id": "test-model", "max_model_len": 8192}
    assert record.label == "run"


def test_no_secret_is_written_anywhere(quantgate, arguments, rule, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    with served_model(rule) as server:
        url = server.base_url.replace("http://", "http://me:hunter2@") + "?token=abc"
        code, out, err = quantgate(arguments(server.base_url, "--api-key-env", "MY_KEY"))
        assert code == 0
        assert set(server.log.authorizations) == {"Bearer sk-very-secret"}
        more_code, more_out, more_err = quantgate(arguments(url.partition("?")[0], out=tmp_path / "two"))
        assert more_code == 0
    written = "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    for secret in ("sk-very-secret", "hunter2", "me:"):
        assert secret not in written + out + err + more_out + more_err


def test_the_same_command_again_asks_nothing(quantgate, arguments, rule):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url))
        code, out, _ = quantgate(arguments(server.base_url))
        assert (code, len(server.log.bodies)) == (0, 40)
    assert "40 of 40 answered" in out


def test_a_run_that_misses_samples_exits_5_and_the_same_command_heals_it(quantgate, arguments, rule):
    def one_refused(body):
        if "Test 7:" in body["messages"][-1]["content"]:
            return Reply(status=400, body=error_body("unlucky"))
        return rule(body)

    with served_model(one_refused) as server:
        code, out, _ = quantgate(arguments(server.base_url))
        assert code == 5
        assert "errors 1" in out
        assert "unlucky" in out
        assert "The same command goes on" in out
        server.rule = rule
        assert quantgate(arguments(server.base_url))[0] == 0
        assert len(server.log.bodies) == 41


def test_faults_that_heal_change_no_number(quantgate, arguments, rule, tmp_path):
    with served_model(faults_that_heal(rule, 0.3, FAULTS)) as server:
        code, out, err = quantgate(arguments(server.base_url))
    assert code == 0
    assert "flexible-extract 0.8000" in out
    assert "retried faults" in err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--temperature", "0.7"], "gsm8k: temperature 0.0 there, 0.7 in this command"),
        (["--max-tokens", "99"], "max_tokens 2048 there, 99 in this command"),
        (["--seed", "5"], "seed 1234 there, 5 in this command"),
        (["--metric", "gsm8k=strict-match"], "metric"),
        (["--limit", "3"], "items 40 there, 3 in this command"),
        (["--extra-body", '{"top_k": 1}'], "extra_body"),
    ],
)
def test_a_resume_that_asks_something_else_is_refused(quantgate, arguments, rule, change, said):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url))
        code, _, err = quantgate(arguments(server.base_url, *change))
        assert len(server.log.bodies) == 40
    assert code == 2
    assert said in err


def test_a_resume_with_other_questions_is_refused(quantgate, arguments, rule, gsm8k_files, tmp_path):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url))
        other = tmp_path / "other.jsonl"
        other.write_text(gsm8k_files[0].read_text().replace("Ana", "Eva"))
        (tmp_path / "train.jsonl").write_bytes(gsm8k_files[1].read_bytes())
        code, _, err = quantgate(arguments(server.base_url, "--data", f"gsm8k={other}"))
    assert code == 2
    assert "data_hash" in err


def test_a_larger_limit_asks_only_the_new_items(quantgate, arguments, rule):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--limit", "10"))
        assert quantgate(arguments(server.base_url, "--limit", "25"))[0] == 0
        assert len(server.log.bodies) == 25


def test_a_configuration_file_gives_the_options_and_the_command_line_wins(quantgate, rule, gsm8k_files, tmp_path):
    with served_model(rule) as server:
        (tmp_path / "run.yaml").write_text(
            f"task: gsm8k\nbase_url: {server.base_url}\nmodel: test-model\nout: {tmp_path / 'run'}\nlimit: 30\n"
            f"label: FP8\ndata: {{gsm8k: {gsm8k_files[0]}}}\ntemperature: 0.5\n"
        )
        code, _, _ = quantgate(["run", "--config", str(tmp_path / "run.yaml"), "--limit", "4"])
    assert code == 0
    record = RunDirectory(tmp_path / "run").record()
    assert (record.label, record.tasks[0].items, record.tasks[0].sampling["temperature"]) == ("FP8", 4, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--limit", "0"], "--limit 0: input should be greater than or equal to 1"),
        (["--concurrency", "many"], "--concurrency"),
        (["--concurrency", "0"], '--concurrency "0": give a number from 1 to 1000, or auto'),
        (["--concurrency", "5000"], '--concurrency "5000": give a number'),
        (["--temperature", "-1"], "--temperature -1.0"),
        (["--top-p", "1.5"], "--top-p 1.5"),
        (["--timeout", "0"], "--timeout 0.0"),
        (["--extra-body", "{x"], "--extra-body: not JSON"),
        (["--extra-body", "[1]"], "--extra-body must be a JSON object"),
        (["--data", "gsm8k"], "--data 'gsm8k': write NAME=VALUE"),
        (["--data", "gpqa=x"], "--data gpqa=...: no --task gpqa is run"),
        (["--data", "gsm8k.dev=x"], "--data gsm8k.dev: the task gsm8k takes no such data file"),
        (["--metric", "gsm8k=bleu"], "no metric 'bleu'"),
        (["--api-key-env", "NO_SUCH_KEY"], "--api-key-env NO_SUCH_KEY"),
        (["--base-url", "localhost:8000"], "--base-url 'localhost:8000'"),
        (["--task", "chess"], "no task is called 'chess'"),
        (["--config", "/no/such.yaml"], "/no/such.yaml cannot be read"),
        (["--out", "/proc/version/run"], "is a file, not a folder"),
        (["--out", "x" * 300], "File name too long"),
        (["--base-url", "http://h:port/v1"], "give a URL such as"),
        (["--base-url", "http://h/v1?token=abc"], "leave out what follows the ?"),
        (["--extra-body", '{"x": NaN}'], "must be plain JSON"),
        (["--extra-body", '{"messages": []}'], "may not set messages"),
        (["--max-steps", "5"], "--max-steps: is an option of tau2, tau3_airline, "),
        (["--option", "shots=5"], "--option shots: gsm8k takes no option 'shots'; it has no options of its own"),
        (["--option", "shots"], "--option 'shots': write NAME=VALUE"),
        (["--concurrency=--5"], "give a number from 1 to 1000, or auto"),
    ],
)
def test_wrong_usage_is_one_message_and_exit_2(quantgate, arguments, tmp_path, more, said):
    code, out, err = quantgate(arguments("http://127.0.0.1:9/v1", *more))
    assert code == 2
    assert said in err
    assert "Traceback" not in out + err
    assert len(err.strip().splitlines()) <= 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1: 2", "1 is no name of an option"),
        ("extra_body: {day: 2026-01-01}", "must be plain JSON"),
        ("label: &a [*a]", "label"),
        ("task: 5", "task.0"),
        ("concurrency: 8.5", "give a number from 1 to 1000, or auto"),
    ],
)
def test_a_strange_configuration_is_named_with_its_key(quantgate, tmp_path, text, said):
    (tmp_path / "run.yaml").write_text(text + "\n")
    given = ["--base-url", "http://h/v1", "--model", "m", "--out", str(tmp_path / "run")]
    given += [] if text.startswith("task") else ["--task", "gsm8k"]
    code, _, err = quantgate(["run", *given, "--config", str(tmp_path / "run.yaml")])
    assert code == 2
    assert str(tmp_path / "run.yaml") in err
    assert said in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_steps: 0", "max_steps 0: must be a whole number from 1 to "),
        ("options: {max_steps: 0}", "max_steps 0: must be a whole number from 1 to "),
        ("options: {user_model: a}\nuser_model: b", "user_model is given twice, at the top and under options"),
        ("options: [user_model]", "options"),
        ("user_modle: a", "user_modle is not known; did you mean user_model?"),
        ("options: {user_modle: a}", "options.user_modle: tau2 takes no option 'user_modle'; did you mean user_model?"),
        ("user_model: a", "--user-base-url is missing"),
    ],
)
def test_an_option_of_a_tasks_own_in_a_file_is_named_with_its_place(quantgate, tmp_path, text, said):
    (tmp_path / "run.yaml").write_text(text + "\n")
    given = ["--task", "tau2", "--base-url", "http://h/v1", "--model", "m", "--out", str(tmp_path / "run")]
    code, _, err = quantgate(["run", *given, "--config", str(tmp_path / "run.yaml")])
    assert code == 2
    assert said in err
    assert str(tmp_path / "run.yaml") in err or text == "user_model: a"


def test_the_command_line_wins_over_the_file_option_by_option(quantgate, tmp_path):
    (tmp_path / "run.yaml").write_text("max_steps: 0\ndomains: airline\n")
    given = ["--task", "tau2", "--base-url", "http://h/v1", "--model", "m", "--out", str(tmp_path / "run")]
    _, _, err = quantgate(["run", *given, "--config", str(tmp_path / "run.yaml"), "--max-steps", "-1"])
    assert "--max-steps -1: must be a whole number" in err


@pytest.mark.parametrize("key", ["sk-1\n2", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(quantgate, arguments, monkeypatch, key):
    monkeypatch.setenv("MY_KEY", key)
    code, _, err = quantgate(arguments("http://127.0.0.1:9/v1", "--api-key-env", "MY_KEY"))
    assert code == 2
    assert key not in err


def test_a_key_with_the_newline_of_a_secret_file_is_sent_without_it(quantgate, arguments, rule, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-1\n")
    with served_model(rule) as server:
        assert quantgate(arguments(server.base_url, "--api-key-env", "MY_KEY", "--limit", "1"))[0] == 0
    assert server.log.authorizations == ["Bearer sk-1"]


def test_samples_without_their_record_are_not_taken_for_this_runs(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--limit", "3"))
        (tmp_path / "run" / "run.json").unlink()
        code, _, err = quantgate(arguments(server.base_url, "--limit", "3"))
    assert code == 2
    assert "holds samples but no run.json" in err


def test_only_the_tasks_of_the_command_decide_whether_it_is_complete(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        server.rule = lambda body: Reply(status=400, body=error_body("no"))
        incomplete = quantgate(arguments(server.base_url, "--limit", "5"))[0]
        server.rule = lambda body: Reply("The answer is 5.")
        sums = ["--base-url", server.base_url, "--model", "test-model", "--out", str(tmp_path / "run")]
        code, out, _ = quantgate(["run", "--task", "arithmetic", "--limit", "4", *sums])
    assert incomplete == 5
    assert code == 0
    assert "arithmetic: 4 of 4 answered" in out
    assert "gsm8k: 0 of 5 answered" in out


def test_a_server_whose_list_of_models_comes_and_goes_does_not_lock_its_run_out(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        listed, server.models = server.models, []
        assert quantgate(arguments(server.base_url, "--limit", "3"))[0] == 0
        server.models = listed
        assert quantgate(arguments(server.base_url, "--limit", "4"))[0] == 0
        server.models = []
        assert quantgate(arguments(server.base_url, "--limit", "5"))[0] == 0
    record = RunDirectory(tmp_path / "run").record()
    assert record.endpoint["served"]["id"] == "test-model"
    assert record.earlier[0]["endpoint"] == {"base_url": server.base_url}


def test_a_hostile_list_of_models_comes_out_as_text(quantgate, arguments, rule):
    with served_model(rule, models=[{"id": "\x1b]0;pwn\x07\u202e", "max_model_len": float("inf")}]) as server:
        code, out, err = quantgate(arguments(server.base_url, "--limit", "2"))
    assert code == 0
    assert "\x1b]0" not in out + err
    assert "\u202e" not in out + err


def test_an_unknown_key_of_a_configuration_is_named_with_the_nearest(quantgate, tmp_path):
    (tmp_path / "run.yaml").write_text("task: gsm8k\nbase_url: http://h/v1\nmodel: m\nout: o\nconcurency: 4\n")
    code, _, err = quantgate(["run", "--config", str(tmp_path / "run.yaml")])
    assert code == 2
    assert f"{tmp_path / 'run.yaml'}: concurency is not known; did you mean concurrency?" in err


def test_a_missing_option_is_named(quantgate):
    code, _, err = quantgate(["run", "--task", "gsm8k", "--model", "m", "--out", "o"])
    assert code == 2
    assert "--base-url is missing" in err


@pytest.mark.usefixtures("hurried")
def test_nothing_at_the_address_exits_5_and_writes_nothing(quantgate, arguments, tmp_path):
    code, _, err = quantgate(arguments("http://127.0.0.1:9/v1"))
    assert code == 5
    assert "nothing answers at http://127.0.0.1:9/v1" in err
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("hurried")
def test_a_web_page_instead_of_an_api_exits_2(quantgate, arguments):
    page = "<!doctype html><title>Hello</title>"
    with served_model(lambda _: Reply(body=page), models=page) as server:
        code, _, err = quantgate(arguments(server.base_url))
    assert code == 2
    assert "check --base-url" in err


def test_a_wrong_model_name_exits_2_and_says_what_is_served(quantgate, arguments):
    def only_known(body):
        return Reply(status=404, body=error_body(f"The model `{body['model']}` does not exist."))

    with served_model(only_known) as server:
        code, _, err = quantgate(arguments(server.base_url, model="typo"))
    assert code == 2
    assert "lists the models test-model, not typo" in err
    assert "The model `typo` does not exist." in err


def test_a_server_that_answers_under_any_name_is_asked_with_a_notice(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        code, _, err = quantgate(arguments(server.base_url, model="alias"))
    assert code == 0
    assert "lists the models test-model, not alias" in err
    endpoint = RunDirectory(tmp_path / "run").record().endpoint
    assert "served" not in endpoint
    assert endpoint["context_length"] == 8192


def test_a_run_directory_of_another_version_is_refused(quantgate, arguments, rule, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"schema_version": 7}')
    with served_model(rule) as server:
        code, _, err = quantgate(arguments(server.base_url))
    assert code == 2
    assert "schema version 7, this quantgate reads 1" in err


def test_two_builds_with_one_limit_are_asked_the_same_random_items(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as one, served_model(rule) as other:
        quantgate(arguments(one.base_url, "--limit", "12", out=tmp_path / "a"))
        quantgate(arguments(other.base_url, "--limit", "12", out=tmp_path / "b"))
    asked = [{item for _, item, _ in RunDirectory(tmp_path / name).samples()} for name in "ab"]
    assert asked[0] == asked[1] != {str(number) for number in range(12)}
    record = RunDirectory(tmp_path / "a").record().task("gsm8k")
    assert (record.items, record.whole, record.draw) == (12, 40, "random")


@pytest.mark.slow
def test_a_verdict_on_the_first_items_says_so_in_every_report(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as one, served_model(rule) as other:
        quantgate(arguments(one.base_url, "--first", "12", out=tmp_path / "a"))
        quantgate(arguments(other.base_url, "--first", "12", out=tmp_path / "b"))
    files = {kind: tmp_path / f"gate.{kind}" for kind in ("json", "markdown", "html", "junit")}
    written = [part for kind, file in files.items() for part in (f"--{kind}", str(file))]
    _, out, _ = quantgate(["gate", str(tmp_path / "a"), str(tmp_path / "b"), *written])
    for text in (out, *(file.read_text() for file in files.values())):
        assert "the first 12 of 40 items, no random sample" in " ".join(text.split())


@pytest.mark.slow
def test_first_and_drawn_items_are_neither_compared_nor_mixed(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as one, served_model(rule) as other:
        quantgate(arguments(one.base_url, "--first", "12", out=tmp_path / "a"))
        quantgate(arguments(other.base_url, "--limit", "12", out=tmp_path / "b"))
        code, _, err = quantgate(arguments(one.base_url, "--limit", "12", out=tmp_path / "a"))
        assert (code, "the first documents there, a random subset in this command" in err) == (2, True)
        assert quantgate(arguments(one.base_url, "--first", "20", out=tmp_path / "c"))[0] == 0
    code, out, _ = quantgate(["gate", str(tmp_path / "a"), str(tmp_path / "b")])
    assert code == 4
    assert "the baseline was asked the first documents, the candidate a random subset" in " ".join(out.split())


def test_a_limit_and_the_first_items_exclude_each_other(quantgate, arguments):
    code, _, err = quantgate(arguments("http://127.0.0.1:9/v1", "--first", "3", "--limit", "3"))
    assert (code, "give one of them" in err) == (2, True)


@pytest.mark.slow
def test_a_pass_that_only_one_reading_of_the_answers_gives_is_none(quantgate, arguments, rule, tmp_path):
    def in_dollars(body):
        answer = rule(body)
        return Reply(answer.content.replace("#### ", "#### $") + ".00.")

    with served_model(rule) as plain, served_model(in_dollars) as dollars:
        quantgate(arguments(plain.base_url, out=tmp_path / "a"))
        quantgate(arguments(dollars.base_url, out=tmp_path / "b"))
    code, out, _ = quantgate(["gate", str(tmp_path / "a"), str(tmp_path / "b"), "--margin", "0.2"])
    assert code != 0
    assert "two readings of the same answers disagree" in " ".join(out.split())
    for name in "ab":
        assert quantgate(["regrade", str(tmp_path / name), "--metric", "gsm8k=tolerant"])[0] == 0
    read = [{key: sample.score for key, sample in RunDirectory(tmp_path / name).samples().items()} for name in "ab"]
    assert read[0] == read[1]
