"""How the number in flight is changed while a run goes on."""

import asyncio
import os
import signal

import pytest

from quantgate.evals.endpoint.window import Window
from quantgate.evals.runs.control import ControlFile
from quantgate.evals.runs.steering import Steering


@pytest.fixture(autouse=True)
def _looked_at_often(monkeypatch):
    monkeypatch.setattr("quantgate.evals.runs.steering._LOOK_EVERY_S", 0.01)


async def steered(window: Window, folder, act, until) -> None:
    """Let `act` change something, and wait until the window shows it."""
    steering = Steering()
    with steering.by_signals():
        async with steering.of(window, folder):
            act()
            async with asyncio.timeout(10):
                while not until():
                    await asyncio.sleep(0.01)


def test_the_control_file_sets_a_number(tmp_path):
    window, file = Window(), tmp_path / "control.json"
    act = lambda: file.write_text('{"concurrency": 7}')  # noqa: E731
    asyncio.run(steered(window, tmp_path, act, lambda: window.size == 7 and not file.exists()))
    assert not window.adaptive
    assert "of 7 (by control.json)" in window.said()[0]


def test_the_control_file_makes_a_fixed_window_find_the_number_by_itself(tmp_path):
    window = Window(9)
    act = lambda: (tmp_path / "control.json").write_text('{"concurrency": "auto"}')  # noqa: E731
    asyncio.run(steered(window, tmp_path, act, lambda: window.adaptive))
    assert window.size == 9


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"concurrency": 0}', "from 1 to 1000"),
        ('{"concurrency": 1001}', "from 1 to 1000"),
        ('{"concurrency": true}', "from 1 to 1000"),
        ('{"concurrency": 6.4}', "from 1 to 1000"),
        ('{"concurrency": "many"}', "from 1 to 1000"),
        ('{"concurrency": 64, "more": 1}', "from 1 to 1000"),
        ("[64]", "from 1 to 1000"),
        ("sixty-four", "from 1 to 1000"),
        ("[" * 900, "from 1 to 1000"),
        ('{"concurrency": 64}' + " " * 2000, "longer than 1000 bytes"),
        ("\udcff\udcfe", "from 1 to 1000"),
    ],
)
def test_nonsense_changes_nothing_and_is_said(tmp_path, text, said):
    window = Window(5)
    act = lambda: (tmp_path / "control.json").write_bytes(text.encode("utf-8", "surrogateescape"))  # noqa: E731
    asyncio.run(steered(window, tmp_path, act, lambda: window.notice))
    assert window.notice.startswith("control.json is not heeded: ")
    assert said in window.notice
    assert window.size == 5


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_regular_file_is_not_read(tmp_path, kind):
    folder = tmp_path / "run"
    folder.mkdir()
    target = tmp_path / "other.json"
    target.write_text('{"concurrency": 7}')
    file = folder / "control.json"
    act = {"link": lambda: file.symlink_to(target), "pipe": lambda: os.mkfifo(file), "folder": file.mkdir}[kind]
    window = Window(5)
    asyncio.run(steered(window, folder, act, lambda: window.notice))
    assert window.size == 5
    assert target.exists()


def test_what_was_asked_of_an_earlier_run_is_not_heeded(tmp_path):
    file = tmp_path / "control.json"
    file.write_text('{"concurrency": 7}')

    async def scenario() -> None:
        async with Steering().of(Window(), tmp_path):
            assert not file.exists()

    asyncio.run(scenario())


def test_a_file_that_is_being_written_is_waited_for(tmp_path):
    (tmp_path / "control.json").touch()
    assert ControlFile(tmp_path).take() is None
    (tmp_path / "control.json").write_text('{"concurrency": "auto"}')
    assert ControlFile(tmp_path).take() == "auto"


@pytest.mark.parametrize(("number", "size"), [(signal.SIGUSR1, 16), (signal.SIGUSR2, 4)])
@pytest.mark.parametrize("adaptive", [False, True])
def test_signals_double_and_halve_what_is_in_flight(tmp_path, number, size, adaptive):
    window = Window(8)
    if adaptive:
        window.resize(None)
    asyncio.run(steered(window, tmp_path, lambda: os.kill(os.getpid(), number), lambda: window.notice))
    assert (window.size, window.adaptive) == (size, adaptive)


def test_signals_stay_within_what_is_possible(tmp_path):
    small, large = Window(1), Window(1000)
    small.scale(0.5)
    large.scale(2.0)
    assert (small.size, large.size) == (1, 1000)
