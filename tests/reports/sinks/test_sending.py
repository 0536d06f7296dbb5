"""How a summary is sent: a library's noise, faults and silence change nothing but one line."""

import os
import select
from contextlib import suppress
from pathlib import Path

import pytest

from quantgate.reports.sinks import sending
from quantgate.reports.sinks.sheets import sheets
from tests.reports import made

SHEETS = sheets(made.verdict(made.decision()))


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A tracker whose library does what is given; its module lies where only the child looks."""

    def write(body: str) -> None:
        lines = "\n    ".join(["import getpass, os, subprocess, sys, time", *body.splitlines()])
        script = f"from quantgate.reports.sinks.child import answer\n\ndef send(order):\n    {lines}\n\nanswer(send)\n"
        (tmp_path / "stub_tracker.py").write_text(script)
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(__file__).resolve().parents[3]}")
        monkeypatch.setitem(sending._MODULES, "mlflow", "stub_tracker")

    return write


def sent(target: str = "http://127.0.0.1:5000") -> sending.Delivery:
    (delivery,) = sending.send(SHEETS, {"mlflow": target})
    return delivery


def test_what_a_library_prints_goes_nowhere(library, capfd):
    library('print("noise")\nos.write(1, b"more")\nos.write(2, b"yet more")\nreturn order.sheets[0].name')
    assert sent() == sending.Delivery(True, "sent: --mlflow http://127.0.0.1:5000: mxfp4 against fp8")
    assert capfd.readouterr() == ("", "")


def test_nobody_is_asked_for_a_key(library):
    library("try:\n    return 'asked: ' + getpass.getpass()\nexcept EOFError:\n    return 'nobody is there'")
    assert sent().told.endswith("nobody is there")


def test_a_library_that_is_not_installed_is_named_with_what_to_type(library):
    library("import a_library_that_nobody_has")
    assert not sent().arrived
    assert "pip install 'quantgate[mlflow]'" in sent().told


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('the server\\nsays no')", "ValueError: the server says no"),
        ("raise OSError('[Errno 111] Connection refused by x')", "the connection was refused"),
        ("os._exit(3)", "its process ended with code 3"),
        ("sys.exit('bye')", "its process ended with code 1"),
    ],
)
def test_a_fault_is_a_line(library, body, said):
    library(body)
    told = sent()
    assert not told.arrived
    assert told.told == f"--mlflow http://127.0.0.1:5000: nothing is known to have arrived: {said}"


@pytest.mark.slow  # it waits for as long as the child may take to start
def test_a_server_that_never_answers_ends_with_all_that_was_started(library, monkeypatch, tmp_path):
    monkeypatch.setattr(sending, "_MOST_SECONDS", 6)
    library(
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\ntime.sleep(60)"
    )
    assert sent().told.endswith("no answer within 6 seconds")
    with suppress(ProcessLookupError):
        ended = os.pidfd_open(int((tmp_path / "pid").read_text()))
        assert select.select([ended], [], [], 30)[0]
        os.close(ended)


@pytest.mark.parametrize(
    "target", ["http://bob:pw1@host.example:5000/x?token=abc", "postgresql://bob:pw1@db/x?password=abc"]
)
def test_no_secret_of_an_address_is_shown(library, target):
    library("raise ValueError(f'API request to {order.target}/api failed, as did http://bob:pw1@host.example/')")
    told = sent(target).told
    assert not any(secret in told for secret in ("pw1", "abc", "bob"))
    assert "failed" in told


def test_keys_of_the_environment_are_not_shown(library, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432")
    library("raise ValueError('bad key ' + os.environ['WANDB_API_KEY'])")
    assert sent().told.endswith("bad key ***")
