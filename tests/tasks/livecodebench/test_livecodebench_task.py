"""An answer is right when LiveCodeBench's own runner says so, and nothing that its program does makes it so."""

import json
from datetime import date
from pathlib import Path

import pytest

from quantgate.evals.contract.records import Item
from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.sandbox import canary
from quantgate.evals.sandbox.running import SandboxError
from quantgate.tasks.livecodebench import task as module
from quantgate.tasks.livecodebench.task import DATASET, REVISION, program_of
from quantgate.tasks.registry import find_task, load_task
from tests.evals.sandbox.needed import needs_sandbox
from tests.tasks.livecodebench.made import COUNT, item_id, right, row, written, wrong

HERE = Path(__file__).parent


@pytest.fixture
def task(tmp_path):
    return load_task("livecodebench", TaskOptions(data={"test": written(tmp_path / "test6.jsonl")}))


def score(task, answer, number=4):
    return task.grade(Item(item_id(number)), 0, answer).score


def test_a_problem_is_asked_in_livecodebenchs_words(task):
    (message,) = task.prompt(Item(item_id(4)), 0).messages
    said = message["content"]
    assert said.startswith("You are an expert Python programmer. You will be given a question")
    assert "\n\n### Question:\nAdd 4 to each of the numbers.\n\n### Format: Read the inputs from stdin solve" in said
    assert said.endswith("```python\n# YOUR CODE HERE\n```\n\n### Answer: (use the provided format with backticks)\n\n")
    (called,) = task.prompt(Item(item_id(3)), 7).messages
    assert "### Format: You will use the following starter code" in called["content"]
    assert (
        "```python\nclass Solution:\n    def add(self, numbers: List[int]) -> List[int]:\n        \n```"
        in called["content"]
    )
    assert [(item.item_id, item.stratum) for item in task.items()][4] == ("atcoder/2025-01-04/add_4", "medium")


@needs_sandbox
@pytest.mark.parametrize("number", [3, 4])
def test_right_is_what_passes_every_test(task, number):
    assert score(task, right(number), number) == 1
    assert score(task, wrong(number), number) == 0
    assert score(task, right(number + 2), number) == 0
    cut = task.grade(Item(item_id(number)), 0, "I would add them.")
    assert (cut.score, cut.extracted) == (0, None)


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        ("```python\na\nb\n```", "a\nb"), ("```\nno\n```\nthen\n ```py\nyes\n ```", "yes"), ("a", None),
        ("```python\na", None), ("```python\na\n```\n```", ""), ("a ``` b\nc\n```", "c"), ("``````", None),
    ],
)  # fmt: skip
def test_the_program_is_what_stands_between_the_last_two_fences(answer, program):
    assert program_of(answer) == program


CHEATS = {
    "leaves with success": "import os\nos._exit(0)",
    "writes past what is heard": (
        "import os\nfor at in range(1, 9):\n    try: os.write(at, b'5 6 7\\n')\n    except OSError: pass"
    ),
    "forges a line": (
        'import os\nline = b\'{"group": 0, "value": "5 6 7", "type": "str", "cpu_s": 0}\\n\'\n'
        "for at in range(3, 9):\n    try: os.write(at, line * 9)\n    except OSError: pass\nos._exit(0)"
    ),
    "looks for what is right in the memory": (
        "import gc\nseen = [x for x in gc.get_objects() if isinstance(x, (dict, list)) and "
        "any(isinstance(y, str) and y.strip() == '9' for y in (x.values() if isinstance(x, dict) else x))]\n"
        "print(*[y for x in seen for y in (x.values() if isinstance(x, dict) else x)][:1])"
    ),
    "looks for what is right in the frames": (
        "import sys\nframe = sys._getframe()\nwhile frame:\n    for name, value in list(frame.f_locals.items()):\n"
        "        if name in ('expected', 'output', 'right'): print(value)\n    frame = frame.f_back"
    ),
    "is a text like everything": (
        "class T(str):\n    def __eq__(self, o): return True\n    __hash__ = str.__hash__\nprint(T('x'))"
    ),
    "reads the tests": "print(open('/inside.py').read())",
    "raises after it was right": "print(*[int(x) + 4 for x in input().split()])\n1 / 0",
    "is interrupted after it was right": "print(*[int(x) + 4 for x in input().split()])\nraise KeyboardInterrupt",
}


@needs_sandbox
@pytest.mark.parametrize("cheat", CHEATS)
def test_a_wrong_answer_that_cheats_is_wrong(task, cheat):
    assert score(task, f"```python\n{CHEATS[cheat]}\n```") == 0


LIKE = "class Like(list):\n    __eq__ = lambda self, other: True\n    __ne__ = lambda self, other: False\n"


@needs_sandbox
@pytest.mark.parametrize(
    "value", ["Like()", "type('A', (), {'__eq__': lambda *_: True})()", "iter(numbers)", "sys.exit(0)"]
)
def test_a_value_that_cheats_is_wrong(task, value):
    code = f"{LIKE}class Solution:\n    def add(self, numbers): return {value}"
    assert score(task, f"```python\n{code}\n```", 3) == 0


@needs_sandbox
def test_one_wrong_element_of_many_is_wrong(tmp_path):
    long = {"input": json.dumps([1] * 100_000), "output": json.dumps([4] * 100_000)}
    rows = [row(3) | {"private_test_cases": json.dumps([long])}]
    many = load_task("livecodebench", TaskOptions(data={"test": written(tmp_path / "many.jsonl", rows)}))
    assert score(many, right(3), 3) == 1
    one = right(3).replace("[x + 3 for x in numbers]", "[x + 3 + (at == 1001) for at, x in enumerate(numbers)]")
    assert score(many, one, 3) == 0


@needs_sandbox
@pytest.mark.parametrize("number", [3, 4])
def test_a_program_that_takes_longer_than_its_time_is_wrong(task, monkeypatch, number):
    monkeypatch.setattr(module, "_TEST_S", 0.3)
    slow = right(number).replace("return [", "\n        while len(numbers) == 1: pass\n        return [")
    assert score(task, slow.replace("print(", "while len(numbers) == 1: pass\nprint("), number) == 0
    assert score(task, right(number), number) == 1


@needs_sandbox
def test_a_state_that_is_left_counts_as_there_for_methods_and_not_for_programs(task):
    method = "n.append(1)\n        return [x + 3 for x in numbers] if len(self.n) < 4 else []"
    leaving = f"class Solution:\n    n = []\n    def add(self, numbers):\n        self.{method}"
    assert score(task, f"```python\n{leaving}\n```", 3) == 0
    leaving = "import math\nmath.n = getattr(math, 'n', 0) + 1\n"
    adding = "print(*[int(x) + 4 for x in input().split()] if math.n < 2 else [])"
    assert score(task, f"```python\n{leaving}{adding}\n```", 4) == 1


def compared():
    return [json.loads(line) for line in (HERE / "answers.jsonl").read_text().splitlines()]


def differing(answers):
    theirs = load_task("livecodebench", TaskOptions(data={"test": HERE / "test6.jsonl"}))
    assert len(theirs.items()) >= 30
    named = {item.item_id.rpartition("/")[2]: item for item in theirs.items()}
    return [each for each in answers if theirs.grade(named[each["id"]], 0, each["answer"]).score != each["right"]]


@needs_sandbox
def test_some_answers_are_judged_as_livecodebench_judges_them():
    kinds = (
        "global",
        "iter",
        "buffer",
        "bufread",
        "classsol",
        "fromout",
        "fixed",
        "exit",
        "dataclass",
        "f-tuple",
        "f-state",
    )
    some = [each for each in compared() if each["kind"] in kinds]
    assert len(some) == len(kinds)
    assert differing(some) == []


@pytest.mark.slow
@needs_sandbox
def test_answers_of_every_kind_are_judged_as_livecodebench_judges_them():
    answers = compared()
    assert 50 < sum(each["right"] for each in answers) < len(answers) - 50
    assert differing(answers) == []


def test_a_sandbox_that_fails_is_no_wrong_answer(task, monkeypatch):
    def failing(*_, **__):
        raise SandboxError("no sandbox")

    for number, name in ((3, "run_calls"), (4, "run_apart")):
        monkeypatch.setattr(module, name, failing)
        with pytest.raises(SandboxError):
            score(task, right(number), number)


def test_a_part_of_what_scores_are_published_for_is_said(task):
    assert task.identity.notes == ("livecodebench: the data hold 12 of the 454 problems from 2024-08-01 to 2025-05-31",)
    assert task.identity.settings["window"] == "2024-08-01 to 2025-05-31"
    assert len(task.items()) == COUNT


def test_the_hubs_files_must_be_there_and_hold_all_problems(tmp_path):
    origin = {"dataset": DATASET, "revision": REVISION}
    files = {f"test{n}": written(tmp_path / f"test{n}.jsonl", [row(n, day=f"2024-1{n - 4}-01")]) for n in (4, 5, 6)}
    with pytest.raises(DataError, match=r"no test3\.jsonl"):
        load_task("livecodebench", TaskOptions(data=files, origin=origin))
    late = {"from": date(2024, 10, 1)}
    assert len(load_task("livecodebench", TaskOptions(data=files, origin=origin, own=late)).items()) == 3
    of_five = {"release": 5, "from": date(2024, 10, 1), "to": date(2025, 2, 28)}
    with pytest.raises(DataError, match=r"hold 2 problems from .* not 166"):
        load_task("livecodebench", TaskOptions(data=files, origin=origin, own=of_five))


def test_what_is_not_given_is_fetched_from_the_hub_at_the_pinned_commit(tmp_path, monkeypatch):
    asked = []

    def fetched(wanted, task):
        asked.append((wanted.dataset, wanted.path, wanted.revision, task))
        return written(
            tmp_path / wanted.path, [row(4, day="2025-04-20")] if "6" in wanted.path else [row(2, day="2023-01-01")]
        )

    monkeypatch.setattr(module, "download", fetched)
    loaded = load_task("livecodebench", TaskOptions(own={"from": date(2025, 4, 1)}))
    assert asked == [(DATASET, "test6.jsonl", REVISION, "livecodebench")]
    assert loaded.identity.provenance == {"dataset": DATASET, "revision": REVISION}
    with pytest.raises(DataError, match="hold 1 problems from 2024-08-01 to 2025-05-31, not 454"):
        load_task("livecodebench", TaskOptions())


def test_a_window_without_any_problem_is_refused(tmp_path):
    data = {"test": written(tmp_path / "test6.jsonl")}
    with pytest.raises(
        DataError, match=r"no problem of a contest from 2024-07-01 to 2024-12-31; choose others by from"
    ):
        load_task("livecodebench", TaskOptions(data=data, own={"release": 5}))


def test_what_is_missing_is_told_before_anything_is_asked(monkeypatch):
    from quantgate.tasks.needs import check_needs

    for changed in (module, canary):
        monkeypatch.setattr(changed, "why_no_sandbox", lambda: "there is no bubblewrap (bwrap) on this machine")
    info = find_task("livecodebench")
    with pytest.raises(UsageError, match=r"needs a sandbox .* there is no bubblewrap"):
        check_needs([info])
    with pytest.raises(UsageError, match="in a sandbox or not at all"):
        info.examine({})
