"""What tests of the sandbox share: small limits, a program run to its end, and a reason where there is no sandbox."""

import pytest

from quantgate.evals.sandbox.canary import why_no_sandbox
from quantgate.evals.sandbox.running import Call, Limits, Ran, run_apart, run_calls

needs_sandbox = pytest.mark.skipif(why_no_sandbox() is not None, reason=f"no sandbox here: {why_no_sandbox()}")

SMALL = Limits(cpu_s=1, wall_s=10.0, memory=256 << 20, threads=32, disk=1 << 20, file=1 << 19, results=1 << 20)

HARNESS = """
def called(program, *arguments):
    names = {}
    exec(program, names)
    return names["f"](*arguments)
"""


def ran(program: str, *arguments: object, limits: Limits = SMALL, apart: bool = False) -> Ran:
    """What a program's `f` gives for these arguments, in one of many processes if it is to be `apart`."""
    if apart:
        return run_apart(HARNESS, "called", [Call((program, *arguments), 0.5)], limits)
    return run_calls(program, "f", [[Call(arguments, 0.5)]], limits)


def given(program: str, *arguments: object, limits: Limits = SMALL, apart: bool = False) -> object:
    """The one value that a program's `f` gives; fails when there is none."""
    one = ran(program, *arguments, limits=limits, apart=apart)
    assert (one.raised, one.ended) == ({}, None)
    return one.groups[0][0].value


def still_works() -> bool:
    return given("def f(x): return x + 1", 41) == 42
