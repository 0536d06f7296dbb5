"""What runs inside the sandbox: it limits itself, calls a function of the program, and tells what each call gave.

Where a harness calls programs, each call is made in a process of its own, behind the filter that lets it make no other.

It stands alone, for the sandbox holds no other file of quantgate: it is given to the interpreter there, and imported
here for the form in which values cross the border. Nothing that it says is more than a claim of the program's, which
may have put anything in its place; what is right is known outside only.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

_EXACT_FLOAT = 2**53
LONGEST = 1 << 16
"""Characters of a text and elements of a list that are told in whole of what a call gives."""
_MOST_OF_ONE_HASH = 1000
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2


def encoded(value: Any, longest: int | None = None) -> Any:
    """A value of Python's own types as JSON; what is of a class derived from one of them, as that type.

    With `longest`, a text of more characters is replaced by its SHA-256, which is as good to be compared, and a list or
    tuple of more elements by four thousand of them and their number: the results of one problem would be a gigabyte.

    Raises
    ------
    TypeError
        When it holds anything else.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _shortened(str.__str__(value), longest)
    if isinstance(value, int):
        plain = int(value)
        return plain if -_EXACT_FLOAT < plain < _EXACT_FLOAT else {"int": hex(plain)}
    if isinstance(value, float):
        plain_float = float(value)
        return plain_float if math.isfinite(plain_float) else {"float": plain_float.hex()}
    if isinstance(value, complex):
        return {"complex": [value.real.hex(), value.imag.hex()]}
    if isinstance(value, bytes | bytearray):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, list):
        return [encoded(each, longest) for each in _sampled(value, longest)]
    if isinstance(value, dict):
        return {"dict": [[encoded(key, longest), encoded(each, longest)] for key, each in value.items()]}
    for name, kind in (("tuple", tuple), ("set", set), ("frozenset", frozenset)):
        if isinstance(value, kind):
            held = _sampled(value, longest) if isinstance(value, tuple) else value
            return {name: [encoded(each, longest) for each in held]}
    if type(value).__module__ == "numpy" and hasattr(value, "dtype") and not getattr(value, "ndim", 1):
        return encoded(value.item(), longest)
    raise TypeError(f"a {type(value).__name__} cannot cross the border")


def _sampled(elements: Any, longest: int | None) -> Any:
    """The first and last thousand, two thousand between them, and how many there were, as a float among floats."""
    if longest is None or len(elements) <= longest:
        return elements
    between = elements[1000 : -1000 : len(elements) // 2000]
    return [*elements[:1000], *between, *elements[-1000:], float(len(elements))]


def _shortened(text: str, longest: int | None) -> str:
    if longest is None or len(text) <= longest:
        return text
    return f"sha256 {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()} of {len(text)} characters"


_MADE: dict[str, Callable[[Any], Any]] = {
    "int": lambda held: int(held, 16),
    "float": float.fromhex,
    "complex": lambda held: complex(float.fromhex(held[0]), float.fromhex(held[1])),
    "bytes": bytes.fromhex,
    "tuple": lambda held: tuple(decoded(each) for each in held),
    "set": lambda held: set(_unlike([decoded(each) for each in held])),
    "frozenset": lambda held: frozenset(_unlike([decoded(each) for each in held])),
    "dict": lambda held: dict(
        zip(_unlike([decoded(key) for key, _ in held]), (decoded(each) for _, each in held), strict=True)
    ),
}


def _unlike(keys: list[Any]) -> list[Any]:
    """Keys as they are; those made so that many have one hash would take a set or a dict quadratic time."""
    if max(Counter(map(hash, keys)).values(), default=0) > _MOST_OF_ONE_HASH:
        raise ValueError("too many keys have one hash")
    return keys


def decoded(document: Any) -> Any:
    """The value that `encoded` made a document of; only Python's own types come of it.

    Raises
    ------
    ValueError, TypeError, KeyError, IndexError
        When it is no such document.
    """
    if isinstance(document, list):
        return [decoded(each) for each in document]
    if isinstance(document, dict):
        ((kind, held),) = document.items()
        return _MADE[kind](held)
    return document


def main() -> None:
    """Read a job from standard input, and write a line of JSON per call to standard output."""
    os.environ.pop("PYTHONHASHSEED", None)  # the interpreter has read it
    results = os.dup(1)
    os.dup2(2, 1)  # whatever the program prints goes where nobody listens
    job = json.loads(sys.stdin.buffer.read())
    if job["numpy"]:
        sys.path.append("/packages")
    _give_up_rights(job["user"])
    # Whoever starts the processes is not one of those that are counted: the machine counts all sandboxes' as one.
    threads = {"NPROC": job["limits"].pop("NPROC")} if job["filter"] is not None else {}
    _limit(job["limits"])
    confine = _confinement(bytes.fromhex(job["filter"])) if job["filter"] is not None else None
    # Whoever waits outside tells by this line a program that failed from one that never began.
    _say(results, {"began": True})
    if confine is not None:
        _say_apart(results, job, confine, threads)
        return
    for number, calls in enumerate(job["groups"]):
        _say_group(results, number, job, calls)


def _give_up_rights(user: int | None) -> None:
    """Become a user without any rights; `None` where the user namespace has seen to it."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def _limit(limits: dict[str, int]) -> None:
    for name, most in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


def _say(results: int, line: dict[str, Any]) -> None:
    content = json.dumps(line).encode() + b"\n"
    while content:
        content = content[os.write(results, content) :]


def _say_group(results: int, number: int, job: dict[str, Any], calls: list[Any]) -> None:
    """Execute the program anew and make the calls in order, until one of them fails."""
    names: dict[str, Any] = {}
    try:
        _execute(job["program"], names)
        function = names[job["entry"]]
    except BaseException as error:  # noqa: BLE001  (SystemExit and KeyboardInterrupt are the program's, too)
        _say(results, {"group": number, "raised": type(error).__name__})
        return
    _say_calls(results, number, function, calls, job["longest"])


def _execute(program: str, names: dict[str, Any]) -> None:
    """As `exec`, but this module's own future import is none of the program's: its annotations are evaluated."""
    exec(compile(program, "<string>", "exec", dont_inherit=True), names)


def _say_calls(results: int, number: int, function: Callable[..., Any], calls: list[Any], longest: int | None) -> bool:
    """Make the calls in order, until one of them fails; whether none did."""
    try:
        for arguments, limit_s in calls:
            given = decoded(arguments)
            # It is left to the system to end the process, so that no `except` of the program's can catch it.
            signal.setitimer(signal.ITIMER_PROF, limit_s)
            before = _cpu_s()
            value = function(*given)
            taken = _cpu_s() - before
            signal.setitimer(signal.ITIMER_PROF, 0)
            line = {"group": number, "type": type(value).__name__, "cpu_s": taken}
            try:
                line["value"] = encoded(value, longest)
            except (TypeError, RecursionError):
                line["opaque"] = True  # there, and nothing that could be held against anything outside
            _say(results, line)
    except BaseException as error:  # noqa: BLE001
        signal.setitimer(signal.ITIMER_PROF, 0)
        _say(results, {"group": number, "raised": type(error).__name__})
        return False
    return True


def _say_apart(results: int, job: dict[str, Any], confine: Callable[[], bool], limits: dict[str, int]) -> None:
    """Execute the harness once and make each group's calls in a process of its own, until one of these fails."""
    names: dict[str, Any] = {}
    _execute(job["program"], names)
    for number, calls in enumerate(job["groups"]):
        child = os.fork()
        if child == 0:
            job["groups"].clear()  # what the others are given is none of this one's business
            most = min(math.ceil(sum(limit_s for _, limit_s in calls)) + 1, job["limits"]["CPU"])
            _limit(limits | {"CPU": most})
            fine = confine() and _say_calls(results, number, names[job["entry"]], calls, job["longest"])
            os._exit(0 if fine else 1)
        if os.waitpid(child, 0)[1] != 0:
            return


def _confinement(rules: bytes) -> Callable[[], bool]:
    """What puts the process that calls it behind a filter of system calls, and says whether that succeeded.

    It is tried first, as a program could claim anything about its own process.
    """
    import ctypes

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("rules", ctypes.c_char_p))

    program = Program(len(rules) // 8, rules)
    libc = ctypes.CDLL(None)

    def confine() -> bool:
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return bool(libc.prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0) == 0)

    if (child := os.fork()) == 0:
        os._exit(int(not confine() or _can_fork()))
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("a process in the sandbox cannot be put behind the filter of system calls")
    return confine


def _can_fork() -> bool:
    try:
        if os.fork() == 0:
            os._exit(0)
    except PermissionError:
        return False
    return True


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return float(used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    main()
