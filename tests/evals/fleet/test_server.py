"""A build's server: started, waited for, watched and stopped, with all that it has started."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

from quantgate.evals.fleet.keeper import MOST_LOG
from quantgate.evals.fleet.ports import Ports
from quantgate.evals.fleet.server import ServerTrouble, serving
from quantgate.evals.settings.fleet.serve import Serve
from tests.server.served import Reply, served_model


def serve(how, tmp_path, *, port: int | None = None, grace_s: float = 5.0, meanwhile=None):
    """Serve a build for as long as `meanwhile` takes, and return what that has returned."""
    told: list[str] = []

    async def main():
        address = how.at(Ports().free() if port is None else port, model="m", label="fp8")
        async with serving(how, address, tmp_path / "fp8.log", told.append, grace_s) as server:
            return None if meanwhile is None else await meanwhile(server)

    return asyncio.run(main()), told


def trouble_of(how, tmp_path, **more):
    with pytest.raises(ServerTrouble) as raised:
        serve(how, tmp_path, **more)
    return raised.value.failure


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_it_is_up_within_the_block_and_gone_after_it(staged, tmp_path):
    async def look(server):
        return int((tmp_path / "pid").read_text()), server.base_url

    (pid, url), _ = serve(staged("--pid", tmp_path / "pid"), tmp_path, meanwhile=look)
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/v1")
    assert is_gone(pid)


def test_one_that_says_503_for_a_while_is_waited_for(staged, tmp_path):
    _, told = serve(staged("--unready", 2, "--says", "loading shard 1 of 2"), tmp_path)
    assert "loading shard 1 of 2" in told


def test_one_that_ends_before_it_is_up_is_told_at_once_with_its_last_lines(staged, tmp_path):
    failure = trouble_of(staged("--fails", "--says", "CUDA out of memory", timeout_s=600), tmp_path)
    assert failure.reason == "its server ended (exit code 3) before it was up"
    assert failure.log == ("CUDA out of memory",)


def test_one_that_goes_to_the_background_is_told_what_to_do(staged, tmp_path):
    failure = trouble_of(staged(command="sleep 600 & # {port}", timeout_s=600), tmp_path)
    assert "ended (exit code 0) before it was up" in failure.reason
    assert "stay in the foreground" in failure.reason


def test_one_that_is_not_up_in_time_is_given_up_and_ended(staged, tmp_path):
    failure = trouble_of(staged("--mute", "--says", "hm", "--pid", tmp_path / "pid", timeout_s=2), tmp_path)
    assert "is not up after 2s" in failure.reason
    assert "does not answer" in failure.reason
    assert failure.log == ("hm",)
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_a_server_that_answers_there_already_is_not_taken_for_the_one_that_is_started(staged, tmp_path):
    with served_model(lambda _: Reply()) as other:
        port = int(other.base_url.split(":")[2].split("/")[0])
        failure = trouble_of(staged("--pid", tmp_path / "pid"), tmp_path, port=port)
    assert "something answers at" in failure.reason
    assert not (tmp_path / "pid").exists()


def test_a_port_that_is_taken_by_one_that_says_nothing_is_told_from_the_log(staged, tmp_path):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        failure = trouble_of(staged(), tmp_path, port=held.getsockname()[1])
    assert "before it was up" in failure.reason
    assert any("Address already in use" in line for line in failure.log)


def test_one_that_is_deaf_to_sigterm_is_killed_with_a_child_that_left_its_group(staged, tmp_path):
    files = [tmp_path / "pid", tmp_path / "child"]
    how = staged("--deaf", "--pid", files[0], "--child", files[1])
    began = time.monotonic()
    serve(how, tmp_path, grace_s=0.3)
    assert time.monotonic() - began < 15
    assert all(is_gone(int(file.read_text())) for file in files)


def test_the_children_of_one_that_dies_are_ended_too(staged, tmp_path):
    async def kill(server):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
        await server.ended
        return server.trouble().failure.reason

    how = staged("--pid", tmp_path / "pid", "--child", tmp_path / "child")
    reason, _ = serve(how, tmp_path, grace_s=0.3, meanwhile=kill)
    assert reason == "its server was killed by signal 9 while it was asked"
    assert is_gone(int((tmp_path / "child").read_text()))


def test_of_a_huge_log_the_end_is_kept(staged, tmp_path):
    serve(staged("--log-mb", 64, "--says", "the last line"), tmp_path)
    log = (tmp_path / "fp8.log").read_text()
    assert MOST_LOG / 2 < len(log) <= MOST_LOG
    assert log.splitlines()[-1] == "the last line"


def test_a_log_shows_no_key_and_no_command_for_the_terminal(staged, tmp_path, monkeypatch):
    monkeypatch.setenv("HUB_TOKEN", "plainsecretvalue77")
    said = "hub: plainsecretvalue77, sk-abcdef1234567890 \x1b[31mred"
    failure = trouble_of(staged("--fails", "--says", said), tmp_path)
    assert failure.log == ("hub: ***, *** [31mred",)
    assert (tmp_path / "fp8.log").read_text().strip() == "hub: ***, *** [31mred"


def test_where_somebody_else_starts_it_it_is_waited_for(tmp_path, staged):
    with served_model(lambda _: Reply()) as there:
        _, told = serve(Serve(None, there.base_url, "/v1/models", 5.0), tmp_path)
    assert told == []
    nobody = Serve(None, f"http://127.0.0.1:{Ports().free()}/v1", "/v1/models", 0.2)
    assert "is not up after 0.2s" in trouble_of(nobody, tmp_path).reason


def test_what_ends_the_sweep_ends_the_server(staged, tmp_path):
    """Even SIGKILL, after which nobody is left to stop it."""
    reader, writer = os.pipe()
    sweep = os.fork()
    if sweep == 0:

        async def forever(_):
            os.write(writer, b"up")
            await asyncio.Event().wait()

        serve(
            staged("--pid", tmp_path / "pid", "--child", tmp_path / "child"), tmp_path, meanwhile=forever, grace_s=0.3
        )
        os._exit(0)
    os.close(writer)
    assert os.read(reader, 2) == b"up"
    os.kill(sweep, signal.SIGKILL)
    os.waitpid(sweep, 0)
    for name in ("pid", "child"):
        with suppress(ProcessLookupError):
            ended = os.pidfd_open(int((tmp_path / name).read_text()))
            assert select.select([ended], [], [], 10.0)[0]
            os.close(ended)
    os.close(reader)


def test_ports_are_given_once():
    ports = Ports()
    given = [ports.free() for _ in range(50)]
    assert len(set(given)) == 50
