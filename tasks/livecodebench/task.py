"""`livecodebench`: programs for problems of contests, run on the contests' tests in a sandbox.

N. Jain et al., "LiveCodeBench: Holistic and Contamination Free Evaluation of Large Language Models for Code", 2024,
https://arxiv.org/abs/2403.07974. Prompt, what is taken of an answer, how it is run and when it is right are those of
https://github.com/LiveCodeBench/LiveCodeBench (commit 28fef95); its system message heads the only message, as where it
asks reasoning models. Windows and repeats: NVIDIA publishes the 454 problems from August 2024 to May 2025 of release 6
with 8 answers each (NeMo-Skills' `test_v6_2408_2505`), Artificial Analysis the 315 of release 5 from July to December
2024 (https://artificialanalysis.ai/methodology/intelligence-benchmarking).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from quantgate.evals.contract.options import TaskOption
from quantgate.evals.contract.records import Grade, Item, Prompt
from quantgate.evals.contract.task import Need, TaskData, TaskIdentity, TaskInfo, TaskOptions, Typical
from quantgate.evals.errors import DataError
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.sandbox.bubblewrap import INSTALL, has_numpy
from quantgate.evals.sandbox.canary import check_sandbox, why_no_sandbox
from quantgate.evals.sandbox.running import Call, Limits, run_apart, run_calls
from quantgate.evals.settings.presets import REASONING_SAMPLING
from quantgate.tasks.data.hub import HubFile, download, hub_fetch
from quantgate.tasks.livecodebench.judging import same_lines, same_value
from quantgate.tasks.livecodebench.problems import Problem, Test, load_tests, read_problems
from quantgate.tasks.livecodebench.window import FILES, NVIDIA, Window, first_day, last_day, release, window_of

NAME = "livecodebench"
METRIC = "pass@1"
REPEATS = 8
DATASET = "livecodebench/code_generation_lite"
REVISION = "0fe84c3912ea0c4d4a78037083943e8f0c4dd505"
"""Commit of the dataset on the Hugging Face hub."""

SOURCES = {split: HubFile(DATASET, f"{split}.jsonl", REVISION) for split in FILES}

_ROLE = (
    "You are an expert Python programmer. You will be given a question (problem specification) and will generate a "
    "correct Python program that matches the specification and passes all tests."
)
_WITH_STARTER = (
    "You will use the following starter code to write the solution to the problem and enclose your code within "
    "delimiters."
)
_WITHOUT = (
    "Read the inputs from stdin solve the problem and write the answer to stdout (do not directly test on the sample "
    "inputs). Enclose your code within delimiters as follows. Ensure that when the python program runs, it reads the "
    "inputs, runs the algorithm and writes output to STDOUT."
)
_FENCE = "```"
_TEST_S = 6.0
"""CPU seconds that a test may take."""
_MEMORY, _OUTPUT = 4 << 30, 512 << 20
_FIRST_TESTS = 4
"""Most wrong programs fail in one of these; the sandbox that runs the other tests is then not made."""

_BEFORE = ("numpy", "multiprocessing")
_HARNESS = Path(__file__).with_name("harness.py")


class LiveCodeBench:
    """The problems of a window.

    Parameters
    ----------
    problems
        From `read_problems`.
    window
        What they were chosen by.
    limit
        Only the first so many of them.
    provenance
        Where they came from, for the record.
    """

    sampling = REASONING_SAMPLING
    repeats = REPEATS
    grading_limit_s = 3600.0

    def __init__(
        self,
        problems: Sequence[Problem],
        window: Window,
        limit: int | None = None,
        provenance: Mapping[str, str] | None = None,
    ) -> None:
        self._problems = {problem.item_id: problem for problem in problems[:limit]}
        self._window = window
        self._data_hash = canonical_hash(sorted([each.item_id, each.line_hash] for each in problems))
        self._provenance = dict(provenance or {})
        self._whole = len(problems)

    @property
    def identity(self) -> TaskIdentity:
        wanted = self._window.count
        short = wanted is not None and self._whole != wanted
        note = f"{NAME}: the data hold {self._whole} of the {wanted} problems from {self._window}"
        return TaskIdentity(
            name=NAME,
            version="1",
            grader=f"LiveCodeBench 28fef95's judgement 1, Python {sys.version_info[0]}.{sys.version_info[1]}",
            metric=METRIC,
            data_hash=self._data_hash,
            settings={"weights": "items", "release": f"v{self._window.release}", "window": str(self._window)},
            provenance=self._provenance,
            notes=(note,) if short else (),
        )

    def items(self) -> Sequence[Item]:
        return [Item(problem.item_id, stratum=problem.difficulty) for problem in self._problems.values()]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        problem = self._problems[item.item_id]
        form, code = (_WITH_STARTER, problem.starter) if problem.starter else (_WITHOUT, "# YOUR CODE HERE")
        text = (
            f"{_ROLE}\n\n### Question:\n{problem.text}\n\n### Format: {form}\n{_FENCE}python\n{code}\n{_FENCE}\n\n"
            "### Answer: (use the provided format with backticks)\n\n"
        )
        messages = ({"role": "user", "content": text},)
        return Prompt(messages, canonical_hash(messages))

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Run the answer's program on the problem's tests; right when it passes them all.

        Raises
        ------
        SandboxError
            When it could not be run, which says nothing of the answer.
        DataError
            When the tests cannot be read.
        """
        problem = self._problems[item.item_id]
        program = program_of(response)
        if program is None:
            return _grade(None, right=False)
        tests = load_tests(problem)
        if problem.method is None:
            right = all(_all_printed(program, some) for some in _in_parts(tests))
        else:
            right = _all_returned(program, problem.method, tests)
        return _grade(program, right=right)


def program_of(text: str) -> str | None:
    """The lines between the last two that hold a fence, as LiveCodeBench takes them; `None` without two fences."""
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if _FENCE in line]
    return "\n".join(lines[fences[-2] + 1 : fences[-1]]) if len(fences) > 1 else None


def _in_parts(tests: Sequence[Test]) -> Iterator[Sequence[Test]]:
    yield tests[:_FIRST_TESTS]
    if len(tests) > _FIRST_TESTS:
        yield tests[_FIRST_TESTS:]


def _all_printed(program: str, tests: Sequence[Test]) -> bool:
    calls = [Call((program, test.given), _TEST_S) for test in tests]
    ran = run_apart(_harness(program), "printed", calls, _limits(len(tests)))
    return all(
        len(given) == 1 and isinstance(given[0].value, str) and same_lines(given[0].value, test.expected)
        for given, test in zip(ran.groups, tests, strict=True)
    )


def _all_returned(program: str, method: str, tests: Sequence[Test]) -> bool:
    try:
        calls = [Call([json.loads(line) for line in test.given.split("\n")], _TEST_S) for test in tests]
        expected = [json.loads(test.expected) for test in tests]
    except (ValueError, RecursionError):
        raise DataError(f"{NAME}: a test of the method {method} is no JSON") from None
    harness = f"{_harness(program)}called = method_of({program!r}, {method!r})\n"
    (given,) = run_calls(harness, "called", [calls], _limits(len(tests)), longest=None).groups
    return len(given) == len(tests) and all(map(same_value, given, expected))


def _harness(program: str) -> str:
    """What runs a program, with the modules loaded that could not be once some of `os` is taken away."""
    there = [name for name in _BEFORE if name in program and (name != "numpy" or has_numpy())]
    return "\n".join([_HARNESS.read_text(encoding="utf-8"), *(f"import {name}" for name in there), ""])


def _limits(tests: int) -> Limits:
    """Of one sandbox: as LiveCodeBench's own, a second more than its limit for each test and five for all."""
    cpu_s = int(_TEST_S + 1) * tests + 5
    return Limits(cpu_s=cpu_s, wall_s=3.0 * cpu_s + 60.0, memory=_MEMORY, results=_OUTPUT)


def _grade(program: str | None, *, right: bool) -> Grade:
    return Grade(float(right), program, {METRIC: float(right)}, vote="right" if right else "wrong")


def _needs() -> Sequence[Need]:
    why = why_no_sandbox()
    return (Need("a sandbox that holds (bubblewrap)", INSTALL, why is None, why),)


def _examine(_: Mapping[str, Any]) -> str:
    check_sandbox(NAME)
    return "programs run in bubblewrap's sandbox, which held: no network, files, processes or memory beyond its own"


def _load(options: TaskOptions) -> LiveCodeBench:
    window = window_of(options.own)
    published = {"dataset": DATASET, "revision": REVISION}
    if options.data:
        known = {**{f"file_{split}": file.name for split, file in options.data.items()}, **options.origin}
        files = dict(options.data)
    else:
        known = published
        files = {split: download(SOURCES[split], NAME) for split in window.files}
    if of_hub := published.items() <= known.items():
        lacking = [split for split in window.files if split not in files]
        if lacking:
            raise DataError(
                f"{NAME}: the bundle has no {lacking[0]}.jsonl, which can hold problems from {window}; choose from and "
                f"to, or give {DATASET}'s file with --data {NAME}.{lacking[0]}=FILE"
            )
        files = {split: files[split] for split in window.files}
    problems = read_problems(list(files.values()), window)
    if not problems:
        raise DataError(f"{NAME}: the data hold no problem of a contest from {window}; choose others by from and to")
    if of_hub and window.count not in (None, len(problems)):
        raise DataError(f"{NAME}: the hub's files hold {len(problems)} problems from {window}, not {window.count}")
    return LiveCodeBench(problems, window, options.limit, known)


INFO = TaskInfo(
    name=NAME,
    summary="LiveCodeBench: 454 problems of contests to write programs for, run on their tests in a sandbox, 8 repeats",
    load=_load,
    data=TaskData(
        f"{DATASET} on the Hugging Face hub",
        tuple(FILES),
        hub_fetch(NAME, {split: SOURCES[split] for split in NVIDIA.files}),
    ),
    items=NVIDIA.count,
    metrics=(METRIC,),
    sampling=REASONING_SAMPLING,
    repeats=REPEATS,
    typical=Typical(accuracy=0.75),
    options=(
        TaskOption("release", "which release of the data, v1 to v6 (v6)", release),
        TaskOption("from", "first day or month of contests (2024-08; of v5 2024-07)", first_day),
        TaskOption("to", "last day or month of contests (2025-05; of v5 2024-12)", last_day),
    ),
    examine=_examine,
    needs=_needs,
)
