"""Keys on the command line, over real HTTP: what a server repeats of them, and where they do not belong."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.events import chunk, event
from tests.server.served import Reply, error_body, served_model

KEY = "sk-live/Quiet+0123456789"


def test_a_key_that_a_server_repeats_is_written_and_shown_nowhere(quantgate, arguments, rule, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    forms = [KEY, b64encode(f"user:{KEY}".encode()).decode(), json.dumps(KEY).replace("/", "\\/"), quote(KEY, safe="")]
    asked: list[object] = []

    def repeating(body):
        asked.append(body)
        said = f"you sent {forms[len(asked) % 4]}"
        if len(asked) % 3 == 0:
            return Reply(status=400, body=error_body(said))
        return replace(rule(body), content=f"{said}\n#### 5", reasoning=said, finish_reason=said)

    with served_model(repeating, streams=True) as server:
        code, out, err = quantgate(arguments(server.base_url, "--api-key-env", "MY_KEY", "--first", "12"))
        told = quantgate(["doctor", "--base-url", server.base_url, "--api-key-env", "MY_KEY"])
    written = "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    assert code == 5
    assert "you sent ***" in written + out
    for form in (*forms, KEY[8:], quote(KEY[8:], safe=""), forms[1][8:]):
        assert form not in written + out + err + told[1] + told[2]


def test_a_key_across_two_events_of_a_stream_is_found(quantgate, arguments, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    pieces = [chunk({"content": part}) for part in ("it is ", KEY[:9], KEY[9:], " #### 5")]
    whole = Reply(stream=[event(each) for each in (*pieces, chunk({}, "stop"))])
    with served_model(lambda _: whole) as server:
        _, out, err = quantgate(arguments(server.base_url, "--api-key-env", "MY_KEY", "--first", "1"))
    written = (tmp_path / "run" / "samples.jsonl").read_text()
    assert "it is *** #### 5" in written
    for part in (KEY, KEY[:9], KEY[9:]):
        assert part not in written + out + err


def test_a_placeholder_for_a_key_spoils_no_answer(quantgate, arguments, rule, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", "EMPTY")
    with served_model(lambda body: replace(rule(body), content="EMPTY\n#### 5")) as server:
        quantgate(arguments(server.base_url, "--api-key-env", "MY_KEY", "--first", "1"))
    assert next(iter(RunDirectory(tmp_path / "run").samples().values())).response == "EMPTY\n#### 5"


@pytest.mark.parametrize(
    "more",
    [
        ["--api-key-env", KEY],
        ["--header", f"Authorization={KEY}"],
        ["--header", f"Authorization: Bearer {KEY}"],
        ["--header", "x-key:", "Bearer", KEY],
        ["--extra-body", json.dumps({"metadata": {"api_key": "anything"}})],
        ["--extra-body", json.dumps({"metadata": [f"Bearer {KEY}"]})],
        ["--base-url", f"http://127.0.0.1:9/{KEY}/v1"],
        ["--base-url", "http://127.0.0.1:9/plain-but-private-7/v1", "--api-key-env", "MY_KEY"],
        ["--label", "plain-but-private-7", "--api-key-env", "MY_KEY"],
        ["--extra-body", '{"user": "plain-but-private-7"}', "--api-key-env", "MY_KEY"],
    ],
)
def test_a_key_where_none_belongs_is_refused_without_being_repeated(quantgate, arguments, monkeypatch, more, tmp_path):
    monkeypatch.setenv("MY_KEY", "plain-but-private-7")
    code, out, err = quantgate(arguments("http://127.0.0.1:9/v1", *more))
    assert code == 2
    for secret in (KEY, KEY[8:], "plain-but-private-7", "anything"):
        assert secret not in out + err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "text",
    [
        f"api_key_env: [{KEY}]",
        f"api_key_env: {{name: {KEY}}}",
        "api_key_env: 12345678901234567890",
        f"api_key: {KEY}",
        f"header: {KEY}",
        f"header: {{x-key: [{KEY}]}}",
        f"api_key_env: {KEY}: x",
        f"api_key_env: *{KEY.replace('/', '-').replace('+', '-')}",
        f"? {KEY}",
        "options: {user_extra_body: {password: hunter22-team}}",
        "user_api_key_env: [hunter22-team]",
    ],
)
def test_a_key_in_a_file_where_its_variable_belongs_is_not_repeated(quantgate, arguments, tmp_path, text):
    (tmp_path / "run.yaml").write_text(text)
    code, out, err = quantgate(arguments("http://127.0.0.1:9/v1", "--config", str(tmp_path / "run.yaml")))
    assert code == 2
    for secret in (KEY, KEY[8:], "12345678901234567890", "hunter22-team", "Quiet"):
        assert secret not in out + err


def test_not_even_a_bugs_traceback_shows_a_key(quantgate, arguments, monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)

    def broken(*_: object) -> None:
        raise RuntimeError(f"no header {KEY!r}")

    monkeypatch.setattr("quantgate.cli.loading.check_task_names", broken)
    code, _, err = quantgate(arguments("http://127.0.0.1:9/v1", "--api-key-env", "MY_KEY"))
    assert code == 70
    assert "RuntimeError: no header '***'" in err
    assert KEY not in err
