"""Made problems in the form of EvalPlus' files, and answers to them whose worth is known."""

import gzip
import json
from pathlib import Path
from typing import Any

COUNT = 12


def row(number: int) -> dict[str, Any]:
    """To add a number to every number of a list; plus inputs have what base inputs lack, the empty list."""
    return {
        "task_id": f"HumanEval/{number}",
        "prompt": f'def add_{number}(numbers: list) -> list:\n    """Add {number} to each of the numbers."""\n',
        "entry_point": f"add_{number}",
        "canonical_solution": f"    return [each + {number} for each in numbers]\n",
        "test": "",
        "contract": "",
        "base_input": [[[1, 2, 3]], [[5]]],
        "plus_input": [[[]], [[-1, 10**20]]],
        "atol": 0,
    }


def rows(count: int = COUNT) -> list[dict[str, Any]]:
    return [row(number) for number in range(count)]


def written(file: Path, content: list[dict[str, Any]] | None = None) -> Path:
    """The problems as a file, packed where its name says so."""
    text = "".join(json.dumps(each) + "\n" for each in content or rows())
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())
    return file


def right(number: int) -> str:
    return f"Here:\n```python\ndef add_{number}(numbers):\n    return [x + {number} for x in numbers]\n```\n"


def base_only(number: int) -> str:
    return f"```python\ndef add_{number}(numbers):\n    return [x + {number} for x in numbers] or None\n```"


def wrong(number: int) -> str:
    return f"```python\ndef add_{number}(numbers):\n    return [x + {number} + 1 for x in numbers]\n```"
