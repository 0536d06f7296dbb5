"""What a hostile program tries is contained, and the next program is run as if nothing had been."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from quantgate.evals.sandbox.bubblewrap import foreign_packages
from quantgate.evals.sandbox.running import Call, run_calls
from tests.evals.sandbox.needed import SMALL, given, needs_sandbox, ran, still_works

pytestmark = needs_sandbox

TRY = """
import ctypes, os, resource, signal, socket, sys, threading
def failed(deed, *given):
    try:
        deed(*given)
    except BaseException as error:
        return type(error).__name__
    return None
"""


def own_children() -> str:
    """The processes that this one has begun and that have not ended."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


class Way:
    """How a program is run: alone in a sandbox, or in one of the many processes that one sandbox makes."""

    def __init__(self, apart: bool) -> None:
        self.ran = partial(ran, apart=apart)
        self.given = partial(given, apart=apart)


@pytest.fixture(params=[False, True], ids=["alone", "apart"])
def way(request) -> Way:
    return Way(request.param)


@pytest.fixture(autouse=True)
def _nothing_is_left():
    before = own_children()
    yield
    assert own_children() == before
    assert still_works()


def test_no_process_can_be_made_so_neither_a_fork_bomb_nor_an_orphan():
    program = (
        TRY
        + """
def f():
    tries = [os.fork, os.forkpty, lambda: os.posix_spawn(sys.executable, ["x"], {}),
             lambda: __import__("subprocess").Popen([sys.executable]), lambda: os.system("true") and 1 / 0]
    libc = ctypes.CDLL(None, use_errno=True)
    raw = [libc.syscall(number, 17, 0, 0, 0, 0) for number in (56, 57, 58, 435)]
    return [failed(each) is not None for each in tries], raw
"""
    )
    assert given(program) == ([True] * 5, [-1] * 4)


def test_threads_are_made_and_bounded():
    program = (
        TRY
        + """
def f():
    threading.stack_size(65536)
    stop, made = threading.Event(), []
    def more():
        while True:
            made.append(threading.Thread(target=stop.wait, daemon=True))
            made[-1].start()
    why = failed(more)
    stop.set()
    return why, len(made)
"""
    )
    why, made = given(program)
    assert why == "RuntimeError"
    assert 2 < made <= SMALL.threads


def test_neither_a_served_model_on_loopback_nor_any_other_socket_is_reached(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as served, socket.socket(socket.AF_UNIX) as named:
        named.bind("\0quantgate-test-" + os.urandom(4).hex())
        named.listen()
        program = (
            TRY
            + """
def f(port, name):
    def abstract():
        link = socket.socket(socket.AF_UNIX)
        link.connect(name)
    return [failed(socket.create_connection, ("127.0.0.1", port), 1), failed(abstract),
            failed(socket.socket, socket.AF_INET, socket.SOCK_DGRAM), failed(socket.socket, socket.AF_NETLINK, 3, 0),
            failed(socket.socket, socket.AF_VSOCK)]
"""
        )
        told = given(program, served.getsockname()[1], named.getsockname().decode("latin-1"))
        assert None not in told
        served.settimeout(0)
        with pytest.raises(BlockingIOError):
            served.accept()


def test_files_of_the_machine_are_not_there(tmp_path):
    secret = tmp_path / ".ssh" / "id_ed25519"
    secret.parent.mkdir()
    secret.write_text("secret")
    program = (
        TRY
        + """
def f(secret):
    os.symlink(secret, "/tmp/link")
    reads = [secret, "/tmp/link", "/proc/1/environ", "/proc/self/environ", "/proc/1/root", "/etc/passwd", "/home",
             "/sys", "/run", "/dev", "/var", "/proc/self/fd/0"]
    writes = ["/tmp/link", "/inside.py", "/usr/lib/new", "/root/new", "/new", "/etc/new", os.__file__, sys.executable]
    return ([path for path in reads if failed(os.stat, path) is None],
            [path for path in writes if failed(open, path, "ab") is None], sorted(os.environ),
            [failed(os.chmod, path, 0o777) for path in ("/inside.py", os.__file__, "/")])
"""
    )
    read, wrote, environment, changed = given(program, str(secret))
    assert (read, wrote) == ([], [])
    assert environment == ["LC_CTYPE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PWD"]
    assert None not in changed
    assert secret.read_text() == "secret"


def test_no_descriptor_leads_to_a_file_or_device_of_the_machine():
    program = """
import os, stat
def f():
    kinds = {}
    for number in range(64):
        try:
            kinds[number] = stat.S_ISFIFO(os.fstat(number).st_mode)
        except OSError:
            pass
    return kinds
"""
    kinds = given(program)
    assert len(kinds) >= 3
    assert all(kinds.values())


@pytest.mark.parametrize(
    "kept",
    [
        "held = bytearray(10 << 30)",
        "held = []\n    while True: held.append(bytearray(1 << 20))",
        "held = 'x' * (10 << 30)",
        "import mmap; held = mmap.mmap(-1, 10 << 30)",
    ],
)
def test_ten_gigabytes_of_memory_are_an_error_of_the_program(kept, way):
    assert way.ran(f"def f():\n    {kept}").raised[0] in ("MemoryError", "OSError")


def test_memory_that_no_limit_of_a_process_counts_is_not_to_be_had():
    program = (
        TRY
        + """
def f():
    libc = ctypes.CDLL(None)
    return (libc.shmget(0, 1 << 20, 0o1600), libc.semget(0, 1, 0o1600), libc.msgget(0, 0o1600),
            failed(os.memfd_create, "x"), failed(open, "/dev/shm/x", "w"))
"""
    )
    assert given(program) == (-1, -1, -1, "PermissionError", "FileNotFoundError")


def test_system_calls_that_keep_memory_or_reach_another_process_are_denied(way):
    program = (
        TRY
        + """
def f(numbers):
    libc = ctypes.CDLL(None, use_errno=True)
    read, write = os.pipe()
    held = ctypes.create_string_buffer(4096)
    of_one = (ctypes.c_size_t * 2)(ctypes.addressof(held), 4096)
    vmsplice, socketpair = numbers
    pair = (ctypes.c_int * 2)()
    return (libc.syscall(vmsplice, write, of_one, 1, 0), libc.syscall(438, libc.syscall(434, 1, 0), 0, 0),
            [libc.syscall(socketpair, family, 1, 0, pair) for family in (1, 2, 16, 30, 40)])
"""
    )
    numbers = {"x86_64": [278, 53], "aarch64": [75, 199]}[os.uname().machine]
    # Two ends of a pipe of its own may be made, as asyncio does.
    assert way.given(program, numbers) == (-1, -1, [0, -1, -1, -1, -1])


def test_files_that_take_no_bytes_are_bounded_in_number():
    program = """
import os
def f():
    for number in range(2_000_000):
        if number % 1000 == 0:
            os.mkdir(f"/tmp/{number}")
            os.chdir(f"/tmp/{number}")
        os.mknod(str(number))
"""
    many = run_calls(program, "f", [[Call((), 5.0)]], replace(SMALL, cpu_s=5))
    assert (many.groups, many.ended) == (((),), "made too many files")


def test_packages_that_are_installed_are_hidden_as_they_may_hold_answers(way):
    places = [sysconfig.get_path(kind) for kind in ("purelib", "platlib")] + [*foreign_packages()]
    program = "import os\ndef f(places): return [os.listdir(each) for each in places if os.path.isdir(each)]"
    assert os.listdir(places[0])
    assert not any(way.given(program, places))


def test_what_is_written_is_bounded_by_file_and_in_all():
    program = (
        TRY
        + """
def fill(path, size):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open(path, "wb", 0) as file:
        try:
            while True: file.write(bytes(size))
        except OSError:
            return file.tell()
def f():
    return [fill(f"/tmp/{number}", 4096) for number in range(4)]
"""
    )
    sizes = given(program)
    assert max(sizes) == SMALL.file
    assert sum(sizes) <= SMALL.disk


@pytest.mark.slow
def test_ten_gigabytes_of_output_go_nowhere():
    program = """
import sys
def f():
    for _ in range(10_000):
        sys.stdout.write("x" * (1 << 20))
"""
    heard = ran(program)
    assert heard.groups == ((),)
    assert heard.ended is not None


def test_an_answer_that_is_too_long_is_cut_off(way):
    assert way.ran("def f(): return ['x' * 60_000] * 60").ended == "said too much"


@pytest.mark.slow
@pytest.mark.parametrize(
    "loop",
    [
        "while True: pass",
        "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "for it in (signal.SIGPROF, signal.SIGXCPU): signal.signal(it, signal.SIG_IGN)\n    while True: pass",
        "signal.setitimer(signal.ITIMER_PROF, 0)\n    while True: pass",
        "signal.alarm(1); signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    10 ** 10 ** 10",
    ],
)
def test_an_endless_loop_is_ended_whatever_it_catches(loop, way):
    before = time.monotonic()
    endless = way.ran(f"import signal\ndef f():\n    {loop}")
    assert endless.groups == ((),)
    assert endless.ended is not None
    assert time.monotonic() - before < SMALL.wall_s


def test_a_call_that_takes_too_long_is_ended_before_the_next():
    calls = [Call((False,), 0.2), Call((True,), 0.2), Call((False,), 0.2)]
    ended = run_calls("def f(long):\n    while long: pass\n    return 1", "f", [calls], SMALL)
    assert [each.value for each in ended.groups[0]] == [1]
    assert ended.ended == "ended before its calls were made"


def test_what_sleeps_is_ended_by_the_clock(way):
    asleep = way.ran("import time\ndef f(): time.sleep(1000)", limits=replace(SMALL, wall_s=60.0, asleep_s=0.5))
    assert (asleep.groups, asleep.ended) == (((),), "out of time")


def test_signals_reach_nothing_outside():
    heard = []
    before = {number: signal.signal(number, lambda *it: heard.append(it)) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        program = (
            TRY
            + """
def f(parent, group):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for target in (parent, -group, 1, 0, -1):
        for number in (signal.SIGTERM, signal.SIGHUP):
            failed(os.kill, target, number)
    failed(os.kill, 1, signal.SIGKILL)
    failed(os.killpg, group, signal.SIGKILL)
    return os.getppid(), failed(os.kill, parent, 0)
"""
        )
        parent, reached = given(program, os.getpid(), os.getpgrp())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert (parent, reached, heard) == (1, "ProcessLookupError", [])


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("import ctypes; ctypes.string_at(0)", "ended before its calls were made"),
        ("import os; os._exit(0)", "ended before its calls were made"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended before its calls were made"),
        ("import os; os.abort()", "ended before its calls were made"),
        ("import os\n    for each in range(64):\n        try: os.close(each)\n        except OSError: pass", None),
    ],
)
def test_a_program_that_ends_the_interpreter_has_given_nothing(end, said, way):
    ended = way.ran(f"def f():\n    {end}\n    return 1")
    assert ended.groups == ((),)
    assert said is None or ended.ended == said


@pytest.mark.parametrize(
    ("end", "raised"),
    [("import sys; sys.exit(0)", "SystemExit"), ("raise KeyboardInterrupt", "KeyboardInterrupt"),
     ("return f()", "RecursionError")],
)  # fmt: skip
def test_a_program_that_leaves_by_an_exception_has_given_nothing(end, raised, way):
    assert way.ran(f"def f():\n    {end}").raised == {0: raised}


def test_deep_recursion_with_the_limit_raised_harms_the_program_alone(way):
    endless = "class A:\n    def __add__(self, other): return self + other"
    assert way.ran(f"import sys\nsys.setrecursionlimit(10 ** 9)\n{endless}\ndef f(): return A() + 1").groups == ((),)


def test_the_right_to_more_is_not_to_be_had():
    program = (
        TRY
        + """
def f():
    mount = ctypes.CDLL(None).mount
    limits = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC)
    return ([failed(resource.setrlimit, limit, (-1, -1)) for limit in limits], failed(os.setuid, 0),
            failed(os.chroot, "/tmp"), mount(b"none", b"/tmp", b"tmpfs", 0, None), os.getuid())
"""
    )
    raised, root, chroot, mounted, user = given(program)
    assert raised == ["ValueError"] * 3
    assert root in ("PermissionError", "OSError")  # not allowed, or there is no such user
    assert (chroot, mounted, user) == ("PermissionError", -1, 65534)


@pytest.mark.slow
def test_all_of_it_ends_with_the_process_that_grades():
    script = (
        "import os, threading, time\nfrom quantgate.evals.sandbox.running import *\n"
        "threading.Timer(1.0, os._exit, (7,)).start()\n"
        "run_calls('import time\\ndef f(): time.sleep(60)', 'f', [[Call((), 60)]])"
    )
    started = subprocess.Popen([sys.executable, "-c", script])
    seen: set[str] = set()
    watching = threading.Event()
    while started.poll() is None:
        with contextlib.suppress(OSError):
            seen |= set(Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split())
        watching.wait(0.05)
    assert started.returncode == 7
    assert seen
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}") for pid in seen) and time.monotonic() < deadline:
        watching.wait(0.02)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in seen)
