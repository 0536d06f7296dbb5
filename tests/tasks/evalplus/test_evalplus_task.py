"""An answer is right when its program gives what the solution gives, and nothing else that it does makes it so."""

import pytest

from quantgate.evals.contract.records import Item
from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.sandbox import canary
from quantgate.evals.sandbox.running import SandboxError
from quantgate.tasks.evalplus import task as module
from quantgate.tasks.evalplus.task import BASE, PLUS
from quantgate.tasks.registry import find_task, load_task
from tests.evals.sandbox.needed import needs_sandbox
from tests.tasks.evalplus.made import base_only, right, row, written, wrong


@pytest.fixture
def task(tmp_path):
    return load_task("humaneval_plus", TaskOptions(data={"": written(tmp_path / "made.jsonl")}))


def scores(task, answer, number=3):
    grade = task.grade(Item(f"HumanEval/{number}"), 0, answer)
    assert grade.score == grade.metrics[PLUS]
    return grade.metrics[BASE], grade.metrics[PLUS]


def test_a_problem_is_asked_as_evalplus_asks_chat_models(task):
    (message,) = task.prompt(Item("HumanEval/3"), 0).messages
    assert message["content"].startswith("Please provide a self-contained Python script that solves")
    assert message["content"].endswith('    """Add 3 to each of the numbers."""\n```')
    assert [item.item_id for item in task.items()][:2] == ["HumanEval/0", "HumanEval/1"]
    assert task.reference(Item("HumanEval/3"), 0).endswith("return [each + 3 for each in numbers]\n")


@needs_sandbox
def test_base_and_plus_are_told_apart(task):
    assert scores(task, right(3)) == (1, 1)
    assert scores(task, base_only(3)) == (1, 0)
    assert scores(task, wrong(3)) == (0, 0)
    assert scores(task, "I cannot do that.") == (0, 0)
    assert task.grade(Item("HumanEval/3"), 0, "I cannot do that.").extracted is None


TRY_ALL = "import os\n    for at in range(64):\n        try: {}\n        except OSError: pass\n    "
HEAD = "def add_3(numbers):\n    "
CHEATS = {
    "says that it passed": "print('passed'); return 'passed'",
    "leaves with success": "import os; os._exit(0)\n    return 1",
    "exits": "import sys; sys.exit(0)\n    return 1",
    "is like everything": "return LIKE",
    "is a list like everything": "return LIKES",
    "is opaque": "return iter(numbers)",
    "looks into the frames for what is right": (
        "import sys\n    frame = sys._getframe()\n    while frame:\n"
        "        for value in [*frame.f_locals.values()]:\n"
        "            if isinstance(value, dict) and ('expected' in value or 'right' in value): return value\n"
        "        frame = frame.f_back\n    return None"
    ),
    "looks into the memory of the runner": (
        "import gc\n    found = [each for each in gc.get_objects() if isinstance(each, list) and each == [4, 5, 6]]\n"
        "    return found[0] if found else None"
    ),
    "replaces what tells its values": (
        "import json, builtins\n    json.dumps = lambda *_: '{\"passed\": true}'\n    return None"
    ),
    "reads the tests": "return open('/inside.py').read()",
    "closes its output": TRY_ALL.format("os.close(at)") + "return 1",
}
CLASSES = """
class Like:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
class Likes(list):
    __eq__ = Like.__eq__
LIKE = Like()
LIKES = Likes()
"""


@needs_sandbox
@pytest.mark.parametrize("cheat", CHEATS)
def test_a_wrong_answer_that_cheats_is_wrong(task, cheat):
    assert scores(task, f"```python\n{CLASSES}\n{HEAD}{CHEATS[cheat]}\n```") == (0, 0)


@needs_sandbox
def test_values_that_the_program_writes_itself_must_be_right_too(task):
    claims = '{"group": 0, "value": [1], "type": "list", "cpu_s": 0}\n' * 4 + '{"began": true}\n{"passed": true}\n'
    forging = TRY_ALL.format(f"os.write(at, {claims!r}.encode())")
    assert scores(task, f"```python\n{HEAD}{forging}os._exit(0)\n    return 1\n```") == (0, 0)


@needs_sandbox
def test_an_argument_that_is_changed_does_not_change_what_is_right(task):
    changing = "numbers[:] = [x + 3 for x in numbers]\n    return numbers"
    assert scores(task, f"```python\n{HEAD}{changing}\n```") == (1, 1)


@needs_sandbox
def test_an_endless_answer_is_wrong_and_the_next_one_is_graded(task):
    assert scores(task, f"```python\n{HEAD}while True: pass\n    return 1\n```") == (0, 0)
    assert scores(task, right(3)) == (1, 1)


def test_a_sandbox_that_fails_is_no_wrong_answer(task, monkeypatch):
    def failing(*_):
        raise SandboxError("no sandbox")

    monkeypatch.setattr(module, "run_calls", failing)
    with pytest.raises(SandboxError):
        task.grade(Item("HumanEval/3"), 0, wrong(3))


@needs_sandbox
def test_a_solution_that_fails_itself_judges_nothing(tmp_path):
    broken = {**row(3), "canonical_solution": "    return 1 / 0\n"}
    task = load_task("humaneval_plus", TaskOptions(data={"": written(tmp_path / "made.jsonl", [broken])}))
    with pytest.raises(SandboxError, match="the solution of HumanEval/3 itself fails here"):
        task.grade(Item("HumanEval/3"), 0, right(3))


def test_the_score_is_that_on_all_inputs_unless_asked_otherwise(tmp_path):
    data = {"": written(tmp_path / "made.jsonl")}
    assert load_task("humaneval_plus", TaskOptions(data=data)).identity.metric == PLUS
    assert load_task("humaneval_plus", TaskOptions(data=data, metric="base")).identity.metric == BASE


def test_part_of_the_release_is_not_taken_for_it(tmp_path):
    origin = {"release": module.HUMANEVAL.url, "sha256": module.HUMANEVAL.sha256}
    with pytest.raises(DataError, match="12 problems instead of 164"):
        load_task("humaneval_plus", TaskOptions(data={"": written(tmp_path / "made.jsonl")}, origin=origin))


def test_what_is_missing_is_told_before_anything_is_asked(monkeypatch):
    from quantgate.tasks.needs import check_needs

    for changed in (module, canary):
        monkeypatch.setattr(
            changed, "why_no_sandbox", lambda: "there is no bubblewrap (bwrap) on this machine: apt-get"
        )
    for name in ("humaneval_plus", "mbpp_plus"):
        info = find_task(name)
        with pytest.raises(UsageError, match=r"needs a sandbox .* there is no bubblewrap"):
            check_needs([info])
        with pytest.raises(UsageError, match="in a sandbox or not at all"):
            info.examine({})
