"""A small wheel laid out as BFCL's: some invented questions, and a checker that compares names and fails on request."""

import hashlib
import json
import zipfile
from io import BytesIO

from quantgate.evals.embedded.errors import Wanted
from quantgate.evals.embedded.wheels import Wheel
from quantgate.tasks.bfcl.checker import MODULES

WHEEL = "small_bfcl-1.0-py3-none-any.whl"

_WEATHER = {
    "name": "weather.now",
    "description": "Tells the weather.",
    "parameters": {
        "type": "dict",
        "properties": {
            "city": {"type": "string", "description": "Where."},
            "height": {"type": "float", "description": "Metres."},
        },
        "required": ["city"],
    },
}

_ENUMS = """
from enum import Enum
class Language(Enum):
    PYTHON = "python"
    JAVA = "java"
    JAVASCRIPT = "javascript"
"""

_CHECKER = """
from bfcl_eval.constants.enums import Language
from bfcl_eval.constants.model_config import MODEL_CONFIG_MAPPING
def ast_checker(functions, calls, possible, language, category, model):
    assert MODEL_CONFIG_MAPPING[model].underscore_to_dot and language is Language.PYTHON
    for call in calls:
        if "raise" in next(iter(call.values())):
            raise AttributeError("'str' object has no attribute 'items'")
    names = [next(iter(right)).replace(".", "_") for right in possible]
    valid = [next(iter(call)) for call in calls] == names
    return {"valid": valid, "error_type": "made:names"}
"""


def question(category: str, place: int, functions: list | None = None) -> dict:
    return {
        "id": f"{category}_{place}",
        "question": [[{"role": "user", "content": f"Question {place} of {category}?"}]],
        "function": [_WEATHER] if functions is None else functions,
    }


def files() -> dict[str, str]:
    """What stands in the wheel."""
    data = "bfcl_eval/data"
    right = [
        {"id": f"simple_python_{place}", "ground_truth": [{"weather.now": {"city": ["Bern"]}}]} for place in (0, 1)
    ]
    rows = {
        f"{data}/BFCL_v4_simple_python.json": [question("simple_python", place) for place in (0, 1)],
        f"{data}/possible_answer/BFCL_v4_simple_python.json": right,
        f"{data}/BFCL_v4_live_irrelevance.json": [
            question("live_irrelevance", 0),
            question("live_irrelevance", 1, functions=[]),
        ],
        f"{data}/BFCL_v4_live_relevance.json": [question("live_relevance", 0)],
    }
    modules = {f"{name.replace('.', '/')}.py": "" for name in MODULES}
    return {
        **{name: "\n".join(map(json.dumps, those)) for name, those in rows.items()},
        **modules,
        "bfcl_eval/constants/enums.py": _ENUMS,
        "bfcl_eval/eval_checker/ast_eval/ast_checker.py": _CHECKER,
    }


def made(**replaced: str) -> tuple[bytes, Wheel]:
    """The wheel's bytes and what it must be; `replaced` are other texts by file name, or further files."""
    packed = BytesIO()
    info = "small_bfcl-1.0.dist-info"
    metadata = {
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: small-bfcl\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in {**files(), **metadata, **replaced}.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    content = packed.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    return content, Wheel("small-bfcl==1.0", WHEEL, len(content), digest, Wanted("a small BFCL", "some kB"))
