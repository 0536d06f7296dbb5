"""Serving the real model: it answers, and its process never outlives whoever started it."""

import http.client
import json
import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from quantgate.evals.embedded.errors import MissingExtra, ServeError
from quantgate.evals.embedded.serving import serve

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
ENDS_WITHIN_MS = 60_000

PARENT = """
import json, os, signal, sys
from pathlib import Path
from quantgate.evals.embedded.serving import serve

with serve(Path(sys.argv[1]), name="small", threads=1, context=256) as served:
    if sys.argv[2] == "fork" and os.fork() == 0:
        signal.pause()
    print(json.dumps([served.pid, served.base_url]), flush=True)
    sys.stdin.read()
"""


def request(base_url, path, body=None):
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
    try:
        payload = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", address.path + path, payload)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def parent_process(model, mode="plain"):
    """A Python process of its own group that serves `model`; gives it with the server's pid and a pidfd of it."""
    command = [sys.executable, "-c", PARENT, str(model), mode]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])}
    parent = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        pid, base_url = json.loads(parent.stdout.readline())
        watched = os.pidfd_open(pid)
        try:
            yield parent, watched, base_url
        finally:
            os.close(watched)
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.communicate()


def ended(watched):
    """Wait until the process behind a pidfd has ended."""
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    return bool(poll.poll(ENDS_WITHIN_MS))


def test_a_chat_completion_is_answered_over_http(model):
    with serve(model, name="smollm2-q4_1", threads=1, context=256) as served:
        status, reply = request(
            served.base_url,
            "/chat/completions",
            {"model": served.model, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 4},
        )
        assert status == 200
        assert reply["choices"][0]["message"]["content"]
        assert reply["usage"]["completion_tokens"] <= 4
        _, listed = request(served.base_url, "/models")
        assert [entry["id"] for entry in listed["data"]] == ["smollm2-q4_1"]
        assert is_alive(served.pid)
    assert not is_alive(served.pid)


def test_each_slot_has_the_whole_context(model):
    with serve(model, name="small", threads=1, context=512, slots=2) as served:
        _, slots = request(served.base_url.removesuffix("/v1"), "/slots")
    assert [slot["n_ctx"] for slot in slots] == [512, 512]


def test_two_models_are_served_at_once(model):
    with (
        serve(model, name="one", threads=1, context=256) as one,
        serve(model, name="two", threads=1, context=256) as two,
    ):
        assert one.base_url != two.base_url
        assert request(one.base_url, "/models")[1]["data"][0]["id"] == "one"
        assert request(two.base_url, "/models")[1]["data"][0]["id"] == "two"


def test_the_server_ends_with_an_exception(model):
    with pytest.raises(RuntimeError), serve(model, name="small", threads=1, context=256) as served:
        raise RuntimeError
    assert not is_alive(served.pid)


def test_nothing_reaches_the_terminal(model, capfd):
    with serve(model, name="small", threads=1, context=256) as served:
        request(served.base_url, "/chat/completions", {"messages": "nonsense"})
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("mode", ["plain", "fork"])
def test_the_server_ends_when_its_parent_is_killed(model, mode):
    with parent_process(model, mode) as (parent, watched, _):
        parent.kill()
        assert ended(watched)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_parent_and_server_without_a_trace_of_the_server(model):
    with parent_process(model) as (parent, watched, _):
        os.killpg(parent.pid, signal.SIGINT)
        assert ended(watched)
        errors = parent.stderr.read().decode()
    assert errors.count("Traceback") == 1
    assert "server_process" not in errors


@pytest.mark.usefixtures("ctrl_c")
def test_the_server_itself_outlives_a_ctrl_c(model):
    with serve(model, name="small", threads=1, context=256) as served:
        os.kill(served.pid, signal.SIGINT)
        # An answer long enough that a process on its way out could not finish it.
        question = {"messages": [{"role": "user", "content": "Count to fifty."}], "max_tokens": 64}
        assert request(served.base_url, "/chat/completions", question)[0] == 200
        assert request(served.base_url, "/models")[0] == 200


@pytest.mark.parametrize("kept", [0, 40, 5_000_000])
def test_a_broken_model_is_told_with_the_servers_last_words(model, tmp_path, kept):
    broken = tmp_path / "broken.gguf"
    with model.open("rb") as whole:
        broken.write_bytes(whole.read(kept))
    with (
        pytest.raises(ServeError, match=r"broken\.gguf ended while it loaded the file(.|\n)*failed to load model"),
        serve(broken, name="small", threads=1, context=256),
    ):
        pass


def test_a_missing_model_is_named(tmp_path):
    with (
        pytest.raises(ServeError, match=r"no model file .*absent\.gguf"),
        serve(tmp_path / "absent.gguf", name="small", threads=1, context=256),
    ):
        pass


def test_a_server_that_is_not_ready_in_time_is_ended(model):
    with (
        pytest.raises(ServeError, match="did not load it in time"),
        serve(model, name="small", threads=1, context=256, ready_within=0),
    ):
        pass


def test_a_missing_package_is_named_with_what_to_install(model, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with (
        pytest.raises(MissingExtra, match=r'xllamacpp.*pip install "quantgate\[demo\]"'),
        serve(model, name="small", threads=1, context=256),
    ):
        pass
