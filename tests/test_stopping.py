"""Ctrl-C and SIGTERM at any moment from the start on: one line, an exit code that is no verdict, no traceback."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENTRY = ("-c", "import sys; from quantgate.start import main; sys.exit(main())")
"""What the installed command does."""


def started(*command, **options):
    return subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def heeds_sigterm(process):
    """Whether it has a handler of its own for SIGTERM, as Python by itself has none."""
    caught = next(line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if "SigCgt" in line)
    return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1


def stopped_when(process, reached, number=signal.SIGINT):
    """Its exit code and what it said, after a signal at the moment at which `reached` holds."""
    while process.poll() is None and not reached(process):
        pass
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def has_loaded(library):
    return lambda process: library in Path(f"/proc/{process.pid}/maps").read_text()


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("command", [ENTRY, ("-m", "quantgate")])
@pytest.mark.parametrize(("number", "code", "by"), [(signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM")])
def test_it_is_heeded_before_anything_is_imported(command, number, code, by):
    process = started(*command, "tasks")
    assert stopped_when(process, heeds_sigterm, number) == (code, f"quantgate: stopped by {by}\n")


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("library", ["_multiarray_umath", "libscipy_openblas", "pydantic_core", "_datetime"])
def test_it_is_heeded_amid_imports(library):
    process = started("-m", "quantgate", "calibrate", "--n", "100", "--margin", "0.02")
    assert stopped_when(process, has_loaded(library)) == (130, "quantgate: stopped by Ctrl-C\n")


def said_by(script, **options):
    """Exit code and standard error of a process in which Ctrl-C is heeded."""
    process = started("-c", f"import _signal\nfrom quantgate import stopping\nstopping.heed()\n{script}", **options)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


INTERRUPT = "_signal.raise_signal(_signal.SIGINT)"


@pytest.mark.usefixtures("ctrl_c")
def test_one_that_comes_while_a_finaliser_runs_is_not_passed_over():
    script = f"""
stopping.raise_them()
class Finalised:
    def __del__(self):
        {INTERRUPT}
Finalised()
print("went on")
"""
    assert said_by(script) == (130, "quantgate: stopped by Ctrl-C\n")


@pytest.mark.usefixtures("ctrl_c")
def test_a_second_one_ends_what_the_first_did_not():
    script = f"""
stopping.raise_them()
try:
    {INTERRUPT}
except KeyboardInterrupt:
    {INTERRUPT}
"""
    assert said_by(script) == (130, "quantgate: stopped by Ctrl-C\n")


@pytest.mark.usefixtures("ctrl_c")
def test_what_it_turned_into_on_its_way_is_no_bug():
    script = f"""
import sys
import quantgate.cli
def load():
    try:
        {INTERRUPT}
    except KeyboardInterrupt:
        raise ValueError("initialisation failed") from None
from quantgate.cli import installed
installed.installed_tasks = load
sys.argv = ["quantgate", "tasks"]
from quantgate.start import main
main()
"""
    assert said_by(script) == (130, "quantgate: stopped by Ctrl-C\n")


@pytest.mark.usefixtures("ctrl_c")
def test_it_does_not_wait_for_a_thread_that_waits_for_a_host():
    script = f"""
import sys, threading
import quantgate.cli
def load():
    threading.Thread(target=threading.Event().wait).start()
    {INTERRUPT}
from quantgate.cli import installed
installed.installed_tasks = load
sys.argv = ["quantgate", "tasks"]
from quantgate.start import main
main()
"""
    assert said_by(script) == (130, "quantgate: stopped by Ctrl-C\n")


def test_in_the_background_of_a_script_it_is_ignored_as_before():
    ignored = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)}
    assert said_by(INTERRUPT, **ignored) == (0, "")


@pytest.mark.usefixtures("ctrl_c")
def test_on_a_terminal_the_cursor_comes_back():
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "quantgate", "tasks"], cwd=ROOT, stderr=theirs)
    while not heeds_sigterm(process):
        pass
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    said = os.read(ours, 4096)
    os.close(ours)
    os.close(theirs)
    assert b"\x1b[?25h" in said
    assert b"stopped by Ctrl-C" in said
