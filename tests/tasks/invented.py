"""Invented questions in the columns that GPQA is published with; none is a real one."""

from __future__ import annotations

import csv
import json
from pathlib import Path

COLUMNS = (
    "Question",
    "Correct Answer",
    "Incorrect Answer 1",
    "Incorrect Answer 2",
    "Incorrect Answer 3",
    "Explanation",
    "Record ID",
    "High-level domain",
)


def invented_rows(count: int = 198) -> list[dict[str, str]]:
    """Multiplications, with what makes real files awkward: line breaks, quotes, commas, blanks at the ends."""
    rows = []
    for number in range(count):
        product = (number + 2) * 17
        texts = [
            f' Invented {number}:\nwhat is {number + 2} times 17, in "units"? ',
            f"{product} ",
            "None",
            f"{product + 1}",
        ]
        rows.append(dict(zip(COLUMNS, [*texts, "NA", "-", f"rec{number:04}", "Physics"], strict=True)))
    return rows


def write_csv(file: Path, rows: list[dict[str, str]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def write_jsonl(file: Path, rows: list[dict[str, str]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def write_parquet(file: Path, rows: list[dict[str, str]]) -> Path:
    import pandas as pd

    pd.DataFrame(rows).to_parquet(file)
    return file
