"""What is claimed by a program is read as a claim, and what the machine does is never the program's fault."""

import os
import select
from dataclasses import replace

import pytest

from quantgate.evals.sandbox import running
from quantgate.evals.sandbox.inside import decoded
from quantgate.evals.sandbox.running import Call, Limits, SandboxError, run_apart, run_calls
from quantgate.evals.sandbox.seccomp import filter_program, known_machine
from tests.evals.sandbox.needed import HARNESS, SMALL, needs_sandbox, ran


@needs_sandbox
def test_each_group_has_the_program_anew_and_stops_at_its_first_failure():
    program = "seen = []\ndef f(x):\n    seen.append(x)\n    return 6 // x, len(seen)"
    calls = [Call((x,), 1.0) for x in (1, 2, 0, 3)]
    both = run_calls(program, "f", [calls, calls[:2]], SMALL)
    assert [[given.value for given in group] for group in both.groups] == [[(6, 1), (3, 2)], [(6, 1), (3, 2)]]
    assert (both.raised, both.ended) == ({0: "ZeroDivisionError"}, None)


@needs_sandbox
@pytest.mark.parametrize("program", ["def g(): pass", "def f(:", "1 / 0", "import nothing_of_that_name", "f = 3"])
def test_a_program_without_such_a_function_has_raised(program):
    assert list(ran(program).raised) == [0]


@needs_sandbox
def test_arguments_and_values_keep_their_types():
    one = run_calls("def f(*given): return given", "f", [[Call(((1, 2), {3}, 2j, {(1,): None}), 1.0)]], SMALL)
    assert one.groups[0][0].value == ((1, 2), {3}, 2j, {(1,): None})
    assert one.groups[0][0].type_name == "tuple"


@needs_sandbox
def test_numpy_is_there_and_its_numbers_come_out_as_numbers():
    value = ran("import numpy\ndef f(): return numpy.float64(1.5), numpy.int64(3)", limits=running.Limits()).groups[0]
    assert value[0].value == (1.5, 3)


@needs_sandbox
@pytest.mark.parametrize(
    "line", ["nonsense", "[]", '{"group": 9, "value": 1}', '{"group": 0, "value": {"no": 1}}', "[" * 100_000]
)
def test_what_the_program_writes_into_the_results_counts_for_nothing(line):
    program = (
        f"import os\ndef f():\n    for at in range(3, 9):\n        try: os.write(at, {(line + chr(10)).encode()!r})\n"
    )
    forged = ran(program + "        except OSError: pass\n    os._exit(0)")
    assert forged.groups == ((),)
    assert forged.ended == "said what cannot be read"


@needs_sandbox
@pytest.mark.parametrize("apart", [False, True])
def test_a_machine_that_gives_a_program_too_little_of_its_cpu_is_to_blame_and_not_the_program(apart):
    limits = replace(SMALL, cpu_s=30, wall_s=1.0)
    with pytest.raises(SandboxError, match="too little CPU time"):
        run_busy(
            "import signal\ndef f():\n    signal.setitimer(signal.ITIMER_PROF, 0)\n    while True: pass", limits, apart
        )


def run_busy(program: str, limits: Limits, apart: bool) -> running.Ran:
    if apart:
        return run_apart(HARNESS, "called", [Call((program,), 20.0)], limits)
    return run_calls(program, "f", [[Call((), 20.0)]], limits)


@needs_sandbox
def test_sets_have_the_same_order_each_time():
    program = "def f(x): return list(set(x)), hash('a')"
    assert ran(program, list("abcdefgh")).groups[0][0].value == ran(program, list("abcdefgh")).groups[0][0].value


@needs_sandbox
def test_more_values_than_any_solution_gives_are_too_much(monkeypatch):
    monkeypatch.setattr(running, "_MOST_VALUES", 1000)
    assert ran("def f(): return [[]] * 200").ended is None
    told = ran("def f(): return [[]] * 2000")
    assert (told.groups, told.ended) == (((),), "said too much")


@needs_sandbox
def test_more_lines_than_there_can_be_calls_are_not_taken_apart(monkeypatch):
    monkeypatch.setattr(running, "_MOST_LINES", 3)
    heard = run_calls("def f(): return 1", "f", [[Call((), 1.0)] * 9], SMALL)
    assert len(heard.groups[0]) == 2


def test_what_is_inside_is_ended_while_the_sandbox_is_still_being_made(monkeypatch):
    monkeypatch.setattr(running, "sandbox_command", lambda *_: ["sh", "-c", "sleep 60 & echo $!; wait"])
    with running._started(SMALL, filter_program()) as process:
        inner = int(process.stdout.readline())
        ending = os.pidfd_open(inner)
    assert select.select([ending], [], [], 10) == ([ending], [], [])


def test_a_sandbox_that_does_not_start_is_no_answer(monkeypatch):
    monkeypatch.setattr(running, "why_no_bubblewrap", lambda: None)
    monkeypatch.setattr(running, "sandbox_command", lambda *_: ["sh", "-c", "echo no luck >&2; exit 1"])
    with pytest.raises(SandboxError, match="no luck"):
        run_calls("def f(): return 1", "f", [[Call((), 1.0)]])


def test_the_filter_is_known_for_two_machines():
    assert [known_machine(name) for name in ("x86_64", "aarch64", "riscv64")] == [True, True, False]
    for name in ("x86_64", "aarch64"):
        assert len(filter_program(name)) % 8 == 0
    assert decoded({"int": "0x10"}) == 16


@needs_sandbox
def test_annotations_of_a_program_are_evaluated_as_in_any_other():
    assert ran("def f(x: Nowhere): return x", 1).raised == {0: "NameError"}
