"""`prompts.jsonl`: what was asked, a line for each distinct prompt; one of them is found without reading the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import xxhash
from numpy.typing import NDArray

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation, Message
from quantgate.evals.files import open_to_read
from quantgate.evals.samples.blocks import Block, blocks
from quantgate.evals.samples.lines import json_object

PROMPTS_FILE = "prompts.jsonl"

_TEXT = rb'"([^"\\]*)"'
_HEAD = re.compile(rb'\{"task": %b, "item_id": %b, "prompt_hash": %b[,}]' % (_TEXT, _TEXT, _TEXT))
"""How a line begins whose names have nothing escaped: what it is of can be told without reading its messages."""


def line_of_prompt(asked: Asked) -> bytes:
    """A prompt as one line with its end. A context that is that of the choice before is not written again."""
    told: dict[str, Any] = {"task": asked.task, "item_id": asked.item_id, "prompt_hash": asked.prompt_hash}
    if asked.private:
        told["private"] = True
    else:
        if asked.messages:
            told["messages"] = [dict(message) for message in asked.messages]
        if asked.continuations:
            told["continuations"] = _shortened(asked.continuations)
        if asked.body:
            told["body"] = dict(asked.body)
        told["reference"] = asked.reference
    return (json.dumps(told, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def parse_prompt(line: bytes) -> Asked:
    """The prompt of a line.

    Raises
    ------
    ValueError
        Saying why it is none: it is no JSON, has a field twice, or a field with what that cannot be.
    """
    return asked_of(json_object(line))


def asked_of(told: Mapping[str, Any]) -> Asked:
    """The prompt that a mapping tells. Raises ValueError as `parse_prompt`."""
    texts = [told.get(name) for name in ("task", "item_id", "prompt_hash")]
    task, item_id, prompt_hash = (_text(text, "task, item_id and prompt_hash") for text in texts)
    reference, private = told.get("reference"), told.get("private", False)
    if not isinstance(private, bool):
        raise ValueError("private must be true or false")
    if private:
        return Asked(task, item_id, prompt_hash, private=True)
    return Asked(
        task,
        item_id,
        prompt_hash,
        messages=tuple(_message(each) for each in _list(told.get("messages", []), "messages")),
        continuations=tuple(_continuations(_list(told.get("continuations", []), "continuations"))),
        reference=None if reference is None else _text(reference, "reference"),
        body=_object(told.get("body", {}), "body"),
    )


def prompt_digest(task: str, item_id: str, prompt_hash: str) -> int:
    """64 bits that stand for a prompt wherever only its being the same matters."""
    return _digest([text.encode("utf-8", "surrogatepass") for text in (task, item_id, prompt_hash)])


def _digest(texts: Sequence[bytes]) -> int:
    return xxhash.xxh3_64_intdigest(b"\0".join(texts))


def kept_digests(stream: BinaryIO) -> NDArray[np.uint64]:
    """Of each prompt that a file holds whole what stands for it; a line that is none is not there."""
    found: list[NDArray[np.uint64]] = []
    for block in blocks(stream):
        digests = (_digest_of(block.data[start:end]) for start, end in _lines(block) if block.data is not None)
        found.append(np.fromiter((digest for digest in digests if digest is not None), np.uint64))
    return np.concatenate(found) if found else np.zeros(0, np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What was looked through of a file: the digests of its prompts, sorted, where their lines are, and its end."""

    digests: NDArray[np.uint64]
    places: NDArray[np.int64]
    end: int


_NOTHING = _Seen(np.zeros(0, np.uint64), np.zeros((0, 2), np.int64), 0)


class Prompts:
    """What a run directory tells of what was asked; of each prompt it keeps where its line stands, some 24 bytes.

    The file is looked through at the first question, and again from where that ended when one is not found and the file
    has grown; several threads may ask. `problem` says why it cannot be read; empty where it can, or there is none.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = _NOTHING
        self.problem = ""

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The prompts of a run directory, which need not have any."""
        return cls(folder / PROMPTS_FILE)

    @property
    def kept(self) -> bool:
        """Whether there is such a file."""
        return self._file.exists()

    def of(self, task: str, item_id: str, prompt_hash: str) -> Asked | None:
        """What was asked under that hash; `None` where that was not kept, or its line is damaged."""
        found = self._looked_for(task, item_id, prompt_hash)
        return None if found is None else found[1]

    def line(self, task: str, item_id: str, prompt_hash: str) -> bytes | None:
        """The line of what was asked, with its end, as it stands in the file; `None` as `of`."""
        found = self._looked_for(task, item_id, prompt_hash)
        return None if found is None else found[0]

    def _looked_for(self, task: str, item_id: str, prompt_hash: str) -> tuple[bytes, Asked] | None:
        """A line and what it tells, in what was seen of the file or in what has come since."""
        found = self._found(self._seen, task, item_id, prompt_hash)
        if found is None and (more := self._looked_again()) is not None:
            found = self._found(more, task, item_id, prompt_hash)
        return found

    def _found(self, seen: _Seen, task: str, item_id: str, prompt_hash: str) -> tuple[bytes, Asked] | None:
        digest = np.uint64(prompt_digest(task, item_id, prompt_hash))
        first, after = np.searchsorted(seen.digests, digest, "left"), np.searchsorted(seen.digests, digest, "right")
        # The last line counts: an earlier one may be damaged, and have been written again.
        for start, length in seen.places[first:after][::-1].tolist():
            try:
                with open_to_read(self._file) as stream:
                    stream.seek(start)
                    asked = parse_prompt(line := stream.read(length))
            except (OSError, ValueError):
                continue
            if (asked.task, asked.item_id, asked.prompt_hash) == (task, item_id, prompt_hash):
                return line, asked
        return None

    def _looked_again(self) -> _Seen | None:
        """The file looked through to its end; `None` where it has no more than was seen, or cannot be read."""
        try:
            size = self._file.stat().st_size
            if size == self._seen.end:
                return None
            more = _look_through(self._file, self._seen if size > self._seen.end else _NOTHING)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.problem = f"{self._file} cannot be read: {error.strerror or error}"
            return None
        self._seen = more
        return more


def _look_through(file: Path, seen: _Seen) -> _Seen:
    """Look at what stands behind what was seen. Raises OSError."""
    digests, places, last = [seen.digests], [seen.places], seen.end
    with open_to_read(file) as stream:
        stream.seek(seen.end)
        for block in blocks(stream):
            last = block.end
            if block.data is None:
                continue
            rows = [
                (digest, block.start + start, end - start)
                for start, end in _lines(block)
                if (digest := _digest_of_line(block.data, start, end)) is not None
            ]
            digests.append(np.array([row[0] for row in rows], dtype=np.uint64))
            places.append(np.array([row[1:] for row in rows], dtype=np.int64).reshape(-1, 2))
    known, where = np.concatenate(digests), np.concatenate(places)
    order = np.argsort(known, kind="stable")
    return _Seen(known[order], where[order], last)


def _digest_of_line(data: bytes, start: int, end: int) -> int | None:
    """What a line is of, by its beginning where that is as it is written here; `None` where it is no prompt."""
    head = _HEAD.match(data, start, end)
    return _digest_of(data[start:end]) if head is None else _digest(head.groups())


def _digest_of(line: bytes) -> int | None:
    try:
        asked = parse_prompt(line)
    except ValueError:
        return None
    return prompt_digest(asked.task, asked.item_id, asked.prompt_hash)


def _lines(block: Block) -> Iterator[tuple[int, int]]:
    return zip(block.starts.tolist(), block.ends.tolist(), strict=True)


def _shortened(continuations: Sequence[Continuation]) -> list[dict[str, str]]:
    told, before = [], None
    for each in continuations:
        told.append({"text": each.text} if each.context == before else {"context": each.context, "text": each.text})
        before = each.context
    return told


def _continuations(told: Sequence[object]) -> Iterator[Continuation]:
    context: object = None
    for each in told:
        if not isinstance(each, Mapping):
            raise ValueError("continuations must be objects")
        context = each.get("context", context)
        yield Continuation(_text(context, "context"), _text(each.get("text"), "text"))


def _message(told: object) -> Message:
    if not isinstance(told, Mapping) or not all(isinstance(text, str) for text in told.values()):
        raise ValueError("messages must be objects of text")
    return dict(told)


def _list(value: object, name: str) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"{name} must be a list")
    return value


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be an object")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    return value
