"""Where no sandbox can be had, or one does not hold, nothing is run: with the reason, and what to do."""

import os

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.sandbox import bubblewrap, canary, running
from quantgate.evals.sandbox.canary import why_no_sandbox
from quantgate.evals.sandbox.running import Call, SandboxError, run_calls
from tests.evals.sandbox.needed import needs_sandbox


@pytest.fixture
def bwrap(tmp_path, monkeypatch):
    """Put a program of the given lines of shell in place of bubblewrap."""

    def put(*lines: str) -> None:
        file = tmp_path / "bwrap"
        file.write_text("\n".join(["#!/bin/sh", *lines]))
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return put


def test_without_bubblewrap_the_command_that_gets_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install -y bubblewrap" in why_no_sandbox.__wrapped__()
    with pytest.raises(SandboxError, match="no bubblewrap"):
        run_calls("def f(): return 1", "f", [[Call((), 1.0)]])


def test_one_that_does_not_bound_what_is_written_is_too_old(bwrap):
    bwrap("echo bubblewrap 0.6.1")
    assert "is 0.6" in why_no_sandbox.__wrapped__()


@pytest.mark.parametrize(
    "said",
    [
        "bwrap: No permissions to create new namespace, likely because the kernel does not allow it",
        "bwrap: Creating new namespace failed: Operation not permitted",
        "bwrap: setting up uid map: Permission denied",
        "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
    ],
)
def test_where_no_namespace_may_be_made_it_is_said_what_would_allow_it(bwrap, said):
    bwrap('[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit', f'echo "{said}" >&2', "exit 1")
    why = why_no_sandbox.__wrapped__()
    assert said[:60] in why
    assert "docker run --cap-add SYS_ADMIN" in why
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in why


def test_another_system_than_linux_is_told_to_grade_on_linux(monkeypatch):
    monkeypatch.setattr(bubblewrap.sys, "platform", "darwin")
    assert "grade on a Linux machine" in why_no_sandbox.__wrapped__()


def weaker(monkeypatch, change) -> str | None:
    whole = running.sandbox_command
    monkeypatch.setattr(running, "sandbox_command", lambda *given: change(whole(*given)))
    return why_no_sandbox.__wrapped__()


def without(*options: str):
    def change(command: list[str]) -> list[str]:
        for option in options:
            at = command.index(option)
            command = command[:at] + command[at + 1 + (option in ("--seccomp", "--remount-ro", "--size")) :]
        return command

    return change


def beside(*options: str):
    def change(command: list[str]) -> list[str]:
        at = command.index("--remount-ro")
        return [*command[:at], *options, *command[at:]]

    return change


@needs_sandbox
@pytest.mark.parametrize(
    ("change", "deed"),
    [
        (without("--seccomp"), "start another process"),
        (without("--seccomp"), "reach a network"),
        (without("--seccomp"), "keep memory that is not counted"),
        (without("--size"), "write more than it may"),
        (without("--clearenv"), "see the machine's environment"),
        (
            beside("--perms", "0755", "--dir", "/var", "--ro-bind", "/var/tmp", "/var/tmp"),
            "read a file of this machine",
        ),
        (beside("--proc", "/proc"), "see the machine's processes"),
    ],
)
def test_a_sandbox_with_one_thing_missing_does_not_hold(monkeypatch, change, deed):
    if deed == "read a file of this machine":
        monkeypatch.setattr(canary.tempfile, "tempdir", "/var/tmp")
    why = weaker(monkeypatch, change)
    assert why is not None
    assert deed in why


@needs_sandbox
def test_limits_that_are_not_set_are_found(monkeypatch):
    monkeypatch.setattr(canary, "_LIMITS", running.Limits(memory=8 << 30))
    assert "take more memory than it may" in why_no_sandbox.__wrapped__()


def test_the_refusal_names_the_task(monkeypatch):
    monkeypatch.setattr(canary, "why_no_sandbox", lambda: "there is none")
    with pytest.raises(UsageError, match=r"^humaneval_plus runs the programs .* there is none$"):
        canary.check_sandbox("humaneval_plus")
