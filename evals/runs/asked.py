"""Keeps what was asked beside the answers: a line of `prompts.jsonl` for each distinct prompt, written once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation, Item, Request
from quantgate.evals.contract.task import Referenced, Task
from quantgate.evals.files import open_to_read
from quantgate.evals.runs.appending import AppendedLines
from quantgate.evals.samples.digests import Digests
from quantgate.evals.samples.prompts import kept_digests, line_of_prompt, prompt_digest
from quantgate.evals.secrets import redacted


@dataclass(frozen=True, slots=True)
class KeptTask:
    """A task whose prompts are kept; of one that is `private` only their ids and hashes, and no text."""

    task: Task
    private: bool = False


class PromptWriter:
    """Appends the prompts of some tasks, those that the file does not hold yet; of each it keeps eight bytes.

    Raises OSError when the file cannot be read or written.
    """

    def __init__(self, file: Path, tasks: Mapping[str, KeptTask]) -> None:
        self._tasks = tasks
        self._lines = AppendedLines(file)
        try:
            with open_to_read(file) as stream:
                self._kept = Digests(kept_digests(stream))
        except BaseException:
            self._lines.close()
            raise

    @property
    def descriptor(self) -> int:
        return self._lines.descriptor

    def close(self) -> None:
        self._lines.close()

    def keep(self, request: Request) -> None:
        """Write what a request asks unless it is there. Raises OSError, leaving the file whole."""
        digest = prompt_digest(request.task, request.item.item_id, request.prompt.prompt_hash)
        kept = self._tasks.get(request.task)
        if kept is not None and digest not in self._kept:
            self._lines.append(line_of_prompt(asked_of(request, kept)))
            self._kept.add(digest)


def asked_of(request: Request, kept: KeptTask) -> Asked:
    """What a request asks, for whoever reads it: without the keys that this process holds."""
    prompt = request.prompt
    asked = Asked(request.task, request.item.item_id, prompt.prompt_hash, private=kept.private)
    if kept.private:
        return asked
    return replace(
        asked,
        messages=tuple(
            {name: _text(part) for name, part in message.items() if part is not None} for message in prompt.messages
        ),
        continuations=tuple(Continuation(redacted(each.context), redacted(each.text)) for each in prompt.continuations),
        reference=_reference(kept.task, request.item, request.repeat),
        body=_without_keys(prompt.body),
    )


def _text(part: object) -> str:
    """A part of a message; one of another package's task may be no text, and is sent and shown as JSON."""
    return redacted(part if isinstance(part, str) else json.dumps(part, ensure_ascii=False, default=str))


def _without_keys(part: Any) -> Any:
    if isinstance(part, str):
        return redacted(part)
    if isinstance(part, Mapping):
        return {str(name): _without_keys(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_without_keys(value) for value in part]
    return part if isinstance(part, int | float | None) else redacted(str(part))


def _reference(task: Task, item: Item, repeat: int) -> str | None:
    """The right answer, where the task tells one; what it fails with costs no answer."""
    if not isinstance(task, Referenced):
        return None
    try:
        told = task.reference(item, repeat)
    except Exception:  # noqa: BLE001
        return None  # it is for the reader alone, and the task's code may be anybody's
    return redacted(told) if isinstance(told, str) else None
