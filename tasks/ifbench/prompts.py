"""IFBench's prompts: a text, and the instructions in it by name with their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quantgate.evals.errors import DataError
from quantgate.tasks.data.rows import Row

SEVERAL = "several"
"""The stratum of prompts whose instructions are of unlike groups."""

_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, as `format:emoji`, with those of its arguments that are given."""

    name: str
    arguments: Mapping[str, Any]

    @property
    def group(self) -> str:
        """What stands before the colon."""
        return self.name.partition(":")[0]

    def __str__(self) -> str:
        told = ", ".join(f"{key}={_shown(value)}" for key, value in self.arguments.items())
        return f"{self.name} ({told})" if told else self.name


@dataclass(frozen=True, slots=True)
class Instructed:
    """One prompt; `where` is how messages name it."""

    item_id: str
    text: str
    instructions: tuple[Instruction, ...]
    where: str

    @property
    def stratum(self) -> str:
        """The group of its instructions, or that there are several."""
        groups = {instruction.group for instruction in self.instructions}
        return groups.pop() if len(groups) == 1 else SEVERAL


def read_prompts(rows: Iterable[Row]) -> list[Instructed]:
    """The prompts of documents with the fields of `allenai/IFBench_test`: key, prompt, instruction_id_list and kwargs.

    Raises
    ------
    DataError
        When a field is missing or none of its kind, or a key or a prompt occurs twice; names the place, quotes no text.
    """
    prompts: dict[str, Instructed] = {}
    texts = set()
    for row in rows:
        prompt = _prompt(row)
        if prompt.item_id in prompts or prompt.text in texts:
            field = "key" if prompt.item_id in prompts else "prompt"
            raise DataError(f"{row.where}: its {field} is that of an earlier document")
        prompts[prompt.item_id] = prompt
        texts.add(prompt.text)
    return list(prompts.values())


def _prompt(row: Row) -> Instructed:
    key, text, names, arguments = (
        row.values.get(field) for field in ("key", "prompt", "instruction_id_list", "kwargs")
    )
    if isinstance(key, bool) or not isinstance(key, str | int) or not str(key).strip():
        raise DataError(f"{row.where}: there is no key, which is a number or a text")
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"{row.where}: there is no prompt")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise DataError(f"{row.where}: there is no instruction_id_list, as allenai/IFBench_test is published with")
    if not isinstance(arguments, list) or not all(isinstance(each, Mapping) for each in arguments):
        raise DataError(f"{row.where}: there are no kwargs, as allenai/IFBench_test is published with")
    if len(names) != len(arguments):
        raise DataError(f"{row.where}: it has {len(names)} instructions and kwargs of {len(arguments)}")
    given = [{key: _plain(value) for key, value in each.items() if value is not None} for each in arguments]
    return Instructed(str(key), text, tuple(map(Instruction, names, given)), row.where)


def _plain(value: object) -> object:
    """Whole numbers are published as 5.0, which is no place in a list."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"
