"""Stored conversations lie in the run directory, and nowhere else."""

import os

import pytest

from quantgate.evals.errors import StorageError
from quantgate.tasks.tau2.simulations import FOLDER, Stored, load, save

STORED = Stored({"seed": 1}, "agent_stop", False, {}, {}, 1.0)


def test_a_conversation_is_read_as_it_was_written(tmp_path):
    file = tmp_path / "run" / FOLDER / "airline" / "0.trial-1.json"
    save(file, STORED)
    assert load(file, {"seed": 1}) == STORED
    assert load(file, {"seed": 2}) is None


@pytest.mark.parametrize("linked", [FOLDER, f"{FOLDER}/airline"])
def test_no_conversation_is_written_through_a_linked_folder(tmp_path, linked):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "run" / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="it is a symbolic link"):
        save(tmp_path / "run" / FOLDER / "airline" / "0.trial-1.json", STORED)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_pipe_in_place_of_a_conversation_is_none_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "0.trial-1.json")
    assert load(tmp_path / "0.trial-1.json", {}) is None
