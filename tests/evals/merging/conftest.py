"""What the tests of merging share."""

import pytest

from tests.evals.merging.sharded import Asked


@pytest.fixture
def asked(tmp_path) -> Asked:
    return Asked(tmp_path)
