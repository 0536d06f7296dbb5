"""The plug-in of pytest: the fixture `quantgate`. Every session of pytest imports this, so it imports nothing else."""

from __future__ import annotations

from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def quantgate() -> ModuleType:
    """What `import quantgate` gives: `quantgate.assert_not_regressed(baseline, candidate)` gates two runs."""
    import quantgate as package

    return package
