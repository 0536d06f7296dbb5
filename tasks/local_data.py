"""Loads a task's documents from the user's own JSON Lines files, where the hub cannot be reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.errors import DataError

if TYPE_CHECKING:
    from datasets import DatasetDict


def read_jsonl(file: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file; blank lines are passed over.

    Raises
    ------
    DataError
        When the file cannot be read, holds no object, or a line is broken; names file and line.
    """
    rows: list[dict[str, Any]] = []
    try:
        with file.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise DataError(f"{file}, line {number} is not JSON: {error}") from None
                if not isinstance(row, dict):
                    raise DataError(f"{file}, line {number} is not a JSON object")
                if rows and row.keys() != rows[0].keys():
                    raise DataError(
                        f"{file}, line {number} has the fields {', '.join(row)}, the first line {', '.join(rows[0])}"
                    )
                rows.append(row)
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 text: {error}") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from None
    if not rows:
        raise DataError(f"{file} holds no documents")
    return rows


def load_splits(files: Mapping[str, str], **_: object) -> DatasetDict:
    """A dataset with one split per file; what lm-eval calls as a task's `custom_dataset`, with its metadata beside."""
    from datasets import Dataset, DatasetDict

    return DatasetDict({split: Dataset.from_list(read_jsonl(Path(file))) for split, file in files.items()})
