"""Reading by columns finds what reading line by line finds, and no damage ends it."""

from __future__ import annotations

import io
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.samples.batch import Gathered, Line, columns_of
from quantgate.evals.samples.blocks import blocks
from quantgate.evals.samples.columns import Columns, Labels
from quantgate.evals.samples.lines import line_of
from quantgate.evals.samples.reading import read
from quantgate.evals.samples.signs import signs_of


def plain(column: Any) -> Any:
    if isinstance(column, Labels):
        return column.tolist()
    if isinstance(column, dict):
        return {name: [str(value) for value in values] for name, values in column.items()}
    return None if column is None else [str(value) for value in column.tolist()]


def told(columns: Columns) -> dict[str, Any]:
    return {field.name: plain(getattr(columns, field.name)) for field in fields(columns)}


def one_by_one(samples: list[Sample]) -> Columns:
    lines, place = [], 0
    for sample in samples:
        lines.append(Line(sample, None, place, len(line_of(sample))))
        place += lines[-1].length
    gathered = Gathered(looked=True)
    gathered.add(columns_of(lines, signs_of))
    return gathered.columns()


def answer(number: int, **changes: Any) -> Sample:
    told: dict[str, Any] = {"response": f"It is {number}.", "extracted": str(number), "time": "2026-01-01"} | changes
    return Sample("t", str(number), 0, f"hash {number}", Status.OK, 1.0, **told)


SIXTY = [answer(number, usage={"completion_tokens": number, "x": {"y": [1]}}) for number in range(60)]
LINES = [line_of(sample) for sample in SIXTY]
text = st.text(max_size=5) | st.sampled_from(["A", "(b)", "x<|im_end|>", "so " * 200])
samples = st.builds(
    Sample,
    task=st.sampled_from(["t", "u"]),
    item_id=text,
    repeat=st.integers(0, 3),
    prompt_hash=text,
    status=st.sampled_from([Status.OK, Status.TRUNCATED]),
    score=st.sampled_from([0.0, 1.0, 1 / 3]),
    stratum=st.none() | text,
    extracted=st.none() | text,
    response=st.none() | text,
    reasoning=st.none() | text,
    finish_reason=st.sampled_from([None, "stop"]),
    usage=st.none() | st.dictionaries(st.sampled_from(["completion_tokens", "cost"]), st.integers(-1, 2**70)),
    metrics=st.dictionaries(st.sampled_from(["a,b", "c"]), st.sampled_from([0.0, 0.5])),
    latency_s=st.none() | st.floats(0, 9),
)


@given(st.lists(samples, max_size=3), st.integers(33, 50))
@settings(max_examples=30)
def test_all_that_is_read_at_once_is_what_is_read_one_by_one(drawn, times):
    held = [*SIXTY, *drawn * times]
    found = read(io.BytesIO(b"".join(map(line_of, held))), look=signs_of)
    assert found.damage.lines == 0
    assert told(found.columns) == told(one_by_one(held))


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"\0" * 4096 + b"\n",
        b"\xff\xfe\n",
        b"[]\n",
        b"{}\n",
        LINES[0].rstrip() + LINES[1],
        LINES[0][:40] + b"\n",
        LINES[0].replace(b'"score": 1.0', b'"score": NaN'),
        LINES[0].replace(b'"score": 1.0', b'"score": 1.5'),
        LINES[0].replace(b'"score": 1.0', b'"score": null'),
        LINES[0].replace(b'"score": 1.0', b'"score": 1.0, "score": 1.0'),
        LINES[0].replace(b'"repeat": 0', b'"repeat": -1'),
        LINES[0].replace(b'"repeat": 0', b'"repeat": 3000000000'),
        LINES[0].replace(b'"metrics": {}', b'"metrics": null'),
        LINES[0].replace(b'"margin": null', b'"margin": "wide"'),
        LINES[0].replace(b'"usage": {', b'"usage": {"deep": ' + b"[" * 9000 + b"]" * 9000 + b", "),
    ],
)
def test_a_damaged_line_is_passed_over_wherever_it_stands(line):
    found = read(io.BytesIO(b"".join([*LINES[:40], line, *LINES[40:], line])))
    assert found.columns.item.tolist() == [sample.item_id for sample in SIXTY]
    assert (found.damage.lines, found.damage.first, found.count) == (2, 41, 62)


def test_an_object_over_two_lines_does_not_shift_the_others():
    torn = [*LINES[:40], LINES[0][:-2] + b',\n"x": 1}\n', LINES[1].rstrip() + LINES[2], *LINES[40:]]
    found = read(io.BytesIO(b"".join(torn)))
    data = b"".join(torn)
    for place, (start, length) in enumerate(
        zip(found.columns.start.tolist(), found.columns.length.tolist(), strict=True)
    ):
        assert data[start : start + length] == LINES[place]
    assert found.damage.lines == 3


def test_what_is_read_at_once_can_be_read_whole_too():
    deep = b"[" * 3000 + b"]" * 3000
    data = b"".join(line[:-2] + b', "unheard_of": ' + deep + b"}\n" for line in LINES)
    assert read(io.BytesIO(data)).damage.lines == len(LINES)


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_blocks_of_any_size_give_the_same_lines(size):
    data = b"".join(LINES) + b"torn"
    held = list(blocks(io.BytesIO(data), size))
    assert b"".join(block.data or b"" for block in held) == b"".join(LINES)
    assert [block.start for block in held[1:]] == [block.end for block in held[:-1]]


def test_a_line_that_never_ends_is_passed_over_without_being_held():
    data = LINES[0] + b"x" * 5000 + b"\n" + LINES[1]
    held = list(blocks(io.BytesIO(data), size=300, most=1000))
    assert [block.data is None for block in held] == [False, True, False]
    assert b"".join(block.data or b"" for block in held) == LINES[0] + LINES[1]
    assert held[-1].end == len(data)


def test_labels_are_counted_in_the_order_in_which_they_occur():
    labels = one_by_one([answer(1, finish_reason=each) for each in ("b", "a", None, "b")]).finish_reason
    assert list(labels.counts().items()) == [("b", 2), ("a", 1)]
    assert labels.present(np.array([False, True, True, False])) == ["a"]
