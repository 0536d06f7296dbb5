"""BFCL's own checker out of its wheel: its verdicts, and nothing else of the package."""

import ast
import asyncio
import json
import subprocess
import sys
from types import ModuleType

import pytest

from quantgate.evals.contract.records import Item
from quantgate.evals.contract.tool_calls import ToolCall, ToolReply, write_tool_reply
from quantgate.evals.runs.grader_processes import GraderProcesses
from quantgate.tasks.bfcl.checker import MODULES, Checker
from quantgate.tasks.bfcl.package import open_package

pytestmark = pytest.mark.slow


def reply(content, calls) -> str:
    return write_tool_reply(ToolReply(content or "", tuple(ToolCall(*call) for call in calls)))


def test_every_verdict_is_that_of_bfcls_own_evaluation(bfcl, answered):
    assert len(answered) > 250
    assert {bfcl.grade(Item(each["id"]), 0, reply(each["content"], each["calls"])).score for each in answered} == {0, 1}
    wrong = [
        each
        for each in answered
        if bfcl.grade(Item(each["id"]), 0, reply(each["content"], each["calls"])).score != each["right"]
    ]
    assert wrong == []


def test_nothing_of_the_package_is_left_among_the_modules_nor_anything_heavy(wheel):
    script = f"""
import sys
from pathlib import Path
from quantgate.tasks.bfcl.checker import Checker
from quantgate.tasks.bfcl.package import open_package
package = open_package(Path({str(wheel)!r}))
before = set(sys.modules)
Checker(package)
print(sorted(set(sys.modules) - before))
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_an_installed_package_of_that_name_is_neither_used_nor_hidden(wheel, monkeypatch):
    installed = {name: ModuleType(name) for name in ("bfcl_eval", "bfcl_eval.constants", MODULES[0])}
    for name, module in installed.items():
        monkeypatch.setitem(sys.modules, name, module)
    Checker(open_package(wheel))
    assert {name: module for name, module in sys.modules.items() if name.startswith("bfcl_eval")} == installed


def test_what_is_run_of_the_package_evaluates_no_text(wheel):
    package = open_package(wheel)
    for name in MODULES:
        tree = ast.parse(package.read(f"{name.replace('.', '/')}.py"))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names} | {
            node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        }
        assert imported <= {"re", "typing", "enum", "bfcl_eval.constants.model_config", *MODULES}
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not named & {"eval", "exec", "compile", "open", "__import__", "getattr", "globals"}


def test_an_argument_on_which_the_checker_hangs_costs_its_answer_alone(bfcl):
    item = Item("simple_javascript_2")
    ((function, right),) = json.loads(bfcl.reference(item, 0))[0].items()
    calls = {parameter: values[0] for parameter, values in right.items()} | {"status": "['completed', 'failed']"}
    endless = {"status": "[[" + "],[" * 60 + "x"}

    async def judged(graders, arguments):
        text = reply("", [(function.replace(".", "_"), json.dumps(arguments))])
        return await graders.judge(bfcl, item, 0, text)

    async def both(graders):
        slow, quick = await judged(graders, calls | endless), await judged(graders, calls)
        graders.release()
        return slow, quick

    with GraderProcesses([bfcl], limit_s=1.0) as graders:
        slow, quick = asyncio.run(both(graders))
    assert (slow.grade, slow.reason) == (None, "the grader took longer than 1 s")
    assert quick.grade is not None
    assert quick.grade.score == 1
