"""Made problems in the layout of LiveCodeBench's files, and answers to them whose worth is known."""

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

COUNT = 12
DIFFICULTIES = ("easy", "medium", "hard")


def packed(tests: list[dict[str, str]]) -> str:
    """Tests as the authors keep those that are not in a problem's text."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(tests)))).decode()


def row(number: int, *, day: str = "2025-01-04") -> dict[str, Any]:
    """To add a number to each of the numbers: of standard input where it is even, of a list where it is odd."""
    called = number % 2 == 1
    lists = [[1, 2, 3], [5], [0, -1], [10**20, 7], [2] * 9, [8, 8]]
    tests = []
    for numbers in lists:
        added = [each + number for each in numbers]
        given, expected = (json.dumps(numbers), json.dumps(added)) if called else (_line(numbers), _line(added))
        tests.append({"input": given, "output": expected, "testtype": "functional" if called else "stdin"})
    return {
        "question_title": f"Add {number}",
        "question_content": f"Add {number} to each of the numbers.",
        "platform": "leetcode" if called else "atcoder",
        "question_id": f"add_{number}",
        "contest_id": "add",
        "contest_date": f"{day}T00:00:00",
        "starter_code": "class Solution:\n    def add(self, numbers: List[int]) -> List[int]:\n        "
        if called
        else "",
        "difficulty": DIFFICULTIES[number % 3],
        "public_test_cases": json.dumps(tests[:2]),
        "private_test_cases": packed(tests[2:]),
        "metadata": json.dumps({"func_name": "add"} if called else {}),
    }


def _line(numbers: list[int]) -> str:
    return " ".join(map(str, numbers)) + "\n"


def item_id(number: int) -> str:
    return f"{'leetcode' if number % 2 else 'atcoder'}/2025-01-04/add_{number}"


def written(file: Path, rows: list[dict[str, Any]] | None = None) -> Path:
    file.write_text("".join(json.dumps(each) + "\n" for each in rows or [row(number) for number in range(COUNT)]))
    return file


def adding(number: int, amount: str) -> str:
    """An answer to the problem of a number that adds another amount."""
    if number % 2:
        code = f"class Solution:\n    def add(self, numbers):\n        return [x + {amount} for x in numbers]"
    else:
        code = (
            f"import sys\nnumbers = [int(x) for x in sys.stdin.read().split()]\nprint(*[x + {amount} for x in numbers])"
        )
    return f"It adds:\n```python\n{code}\n```\n"


def right(number: int) -> str:
    return adding(number, str(number))


def wrong(number: int) -> str:
    """Right in all tests but the fifth, which alone has nine numbers."""
    return adding(number, f"{number} + (len(numbers) == 9)")
