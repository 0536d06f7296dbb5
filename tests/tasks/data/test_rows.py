"""Files of documents from anybody: what is small and unpacks to much, what never ends, what is no file."""

import os
import time

import pyarrow
import pyarrow.parquet
import pytest

from quantgate.evals.errors import DataError
from quantgate.tasks.data import rows
from quantgate.tasks.data.rows import load_splits, read_rows


@pytest.fixture
def little(monkeypatch):
    """A limit that needs no large files to be met."""
    monkeypatch.setattr(rows, "MOST_DATA", 1 << 20)


def packed(file, values, **options):
    pyarrow.parquet.write_table(pyarrow.table({"question": values}), file, compression="zstd", **options)
    return file


@pytest.mark.parametrize(
    "values",
    [
        pyarrow.array(["x" * 1000] * 3000),
        pyarrow.array(["x" * 1000] * 3000).dictionary_encode(),
        pyarrow.array(["x" * 900_000] * 10),
        pyarrow.StructArray.from_arrays([pyarrow.array(["x" * 1000] * 3000).dictionary_encode()], ["a"]),
        pyarrow.array([list(range(100))] * 3000),
        pyarrow.array([" " * 2_000_000]),
    ],
    ids=["repeated", "dictionary", "long", "nested", "lists", "one"],
)
@pytest.mark.usefixtures("little")
def test_a_small_parquet_file_that_unpacks_to_much_is_refused(tmp_path, values):
    file = packed(tmp_path / "bomb.parquet", values)
    assert file.stat().st_size < 200_000
    with pytest.raises(DataError, match=r"bomb\.parquet cannot be read: unpacked, it holds more than 1 MB"):
        read_rows(file)
    with pytest.raises(DataError, match="unpacked"):
        load_splits({"test": str(file)})


def test_a_parquet_file_is_read_with_its_types_and_row_groups(tmp_path):
    table = pyarrow.table(
        {"a": pyarrow.array([n % 100 for n in range(5000)], "int8"), "b": [[str(n)] for n in range(5000)]}
    )
    pyarrow.parquet.write_table(table, tmp_path / "data.parquet", row_group_size=700)
    read = load_splits({"test": str(tmp_path / "data.parquet")})["test"]
    assert read.features["a"].dtype == "int8"
    assert read.to_dict() == table.to_pydict()
    assert len(read_rows(tmp_path / "data.parquet")) == 5000


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "sparse"])
def test_what_never_ends_is_refused_at_once(tmp_path, kind, ending):
    file = tmp_path / f"data.{ending}"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "sparse":
        with file.open("wb") as stream:
            stream.truncate(1 << 40)
    else:
        file.symlink_to(kind)
    began = time.process_time()
    with pytest.raises(DataError, match=rf"data\.{ending} cannot be read: it"):
        read_rows(file)
    assert time.process_time() - began < 2


def test_an_empty_parquet_file_of_rows_holds_no_documents(tmp_path):
    with pytest.raises(DataError, match="holds no documents"):
        read_rows(packed(tmp_path / "none.parquet", pyarrow.array([], "string")))
