"""The texts whose tokens are scored: those that come with quantgate, or a file of the user's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from quantgate.evals.contract.records import Message
from quantgate.evals.errors import DataError
from quantgate.evals.files import read_text
from quantgate.tasks.data.rows import Row, read_rows

BUILT_IN = "documents.jsonl"
_PLAIN = frozenset({".txt", ".md", ".rst"})
_BLOCK = 1500
"""Characters that paragraphs of a plain text are joined to: some hundreds of tokens."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text, after the `messages` that it answers where there are any; `stratum` names its kind."""

    item_id: str
    text: str
    messages: tuple[Message, ...] = ()
    stratum: str | None = None


def built_in() -> list[Document]:
    """The texts that come with quantgate: prose, code, worked mathematics, records, in several languages."""
    told = files(__package__).joinpath(BUILT_IN).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in told.splitlines()]
    return [Document(row["id"], row["text"], stratum=row["stratum"]) for row in rows]


def read_documents(file: Path) -> list[Document]:
    """The texts of a file: of JSON Lines, CSV or Parquet the column `text`, of plain text its paragraphs.

    A row may have an `id`, a `stratum`, and a `prompt`: text, or a list of messages, that the text answers. Paragraphs
    of a plain text are joined to blocks of some 1,500 characters.

    Raises
    ------
    DataError
        When the file cannot be read or a row is none of these; names file and line, quotes nothing.
    """
    if file.suffix.lower() in _PLAIN:
        return _of_blocks(file)
    documents = [_of_row(row, number) for number, row in enumerate(read_rows(file), 1)]
    seen: set[str] = set()
    for document in documents:
        if document.item_id in seen:
            raise DataError(f"{file}: two rows have one id: give each text an id of its own, or none an id")
        seen.add(document.item_id)
    return documents


def _of_blocks(file: Path) -> list[Document]:
    try:
        text = read_text(file)
    except (OSError, UnicodeDecodeError) as error:
        said = "it is no UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or error
        raise DataError(f"{file} cannot be read: {said}") from None
    blocks = [Document(str(number), block) for number, block in enumerate(_blocks(text), 1)]
    if not blocks:
        raise DataError(f"{file} holds no text")
    return blocks


def _blocks(text: str) -> Iterator[str]:
    block = ""
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        if paragraph.strip():
            block = f"{block}\n\n{paragraph.rstrip()}" if block else paragraph.rstrip()
        if len(block) >= _BLOCK:
            yield block
            block = ""
    if block:
        yield block


def _of_row(row: Row, number: int) -> Document:
    text, item, stratum = (row.values.get(name) for name in ("text", "id", "stratum"))
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"{row.where}: a text in the field 'text' is needed")
    if isinstance(item, bool) or not isinstance(item, str | int | None) or item == "":
        raise DataError(f"{row.where}: id must be text or a whole number")
    if not isinstance(stratum, str | None):
        raise DataError(f"{row.where}: stratum must be text")
    messages = _messages(row.values.get("prompt"), row.where)
    return Document(str(number) if item is None else str(item), text, messages, stratum or None)


def _messages(prompt: object, where: str) -> tuple[Message, ...]:
    if prompt is None or prompt == "":
        return ()
    told: Any = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    if not isinstance(told, Sequence) or not told or not all(_is_message(each) for each in told):
        raise DataError(f"{where}: prompt must be text, or a list of messages with role and content")
    return tuple(dict(each) for each in told)


def _is_message(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(value.get(name), str) for name in ("role", "content"))
