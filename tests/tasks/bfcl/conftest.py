"""The real wheel, fetched once as a user's is, and a small made one for tests that need no network."""

import json
from pathlib import Path

import pytest

from quantgate.evals.errors import DataError
from quantgate.tasks.bfcl.package import Package, open_package, wheel_file
from quantgate.tasks.bfcl.task import Bfcl
from tests.cli.conftest import quantgate as quantgate  # the command line in the test's own process
from tests.tasks.bfcl.made_wheel import made


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel of bfcl-eval, from PyPI by pip; tests that need it are skipped where no index can be reached."""
    try:
        return wheel_file()
    except DataError as error:
        if "no package index can be reached" in str(error):
            pytest.skip(str(error))
        raise


@pytest.fixture(scope="session")
def bfcl(wheel) -> Bfcl:
    """The whole task."""
    return Bfcl(open_package(wheel))


@pytest.fixture(scope="session")
def answered() -> list[dict]:
    """Replies of all kinds with what bfcl_eval 2026.3.23's own evaluation says of each (`right`)."""
    lines = (Path(__file__).parent / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def small() -> Package:
    content, wanted = made()
    return Package(content, "small.whl", wanted)
