"""Writes a release file, whole but for what a test changes, and reads it."""

from pathlib import Path

import pytest
import yaml

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.release import KnownTasks, OwnOption, load_release

OWN = {
    "gsm8k": [],
    "gpqa_diamond": [],
    "tau2": [OwnOption("user_model"), OwnOption("user_api_key_env"), OwnOption("domains"), OwnOption("python", True)],
    "lm-eval:ifeval": [],
}


def options_of(task):
    if task not in OWN:
        raise UsageError(f"no task is called {task!r}; did you mean gsm8k?")
    return OWN[task]


TASKS = KnownTasks(options_of, lambda name: [task for task, own in OWN.items() if name in [each.name for each in own]])

WHOLE = {
    "baseline": {"label": "fp8", "base_url": "http://h:1/v1", "model": "m-fp8"},
    "candidate": {"label": "mxfp4", "base_url": "http://h:2/v1", "model": "m-mxfp4"},
    "tasks": {"gsm8k": None},
    "out": "out",
}


@pytest.fixture
def read(tmp_path):
    """Reads the release file of `WHOLE` with other keys; `None` leaves one out. Text is a file as it is."""

    def load(written=None, overrides=None, **changes):
        file = tmp_path / "release.yaml"
        whole = {name: value for name, value in {**WHOLE, **(written or {}), **changes}.items() if value is not None}
        file.write_text(yaml.safe_dump(whole, sort_keys=False))
        return load_release(file, overrides, TASKS)

    return load


@pytest.fixture
def read_text(tmp_path):
    """Reads a release file that is given as text."""

    def load(text):
        file = tmp_path / "release.yaml"
        file.write_text(text)
        return load_release(file, None, TASKS)

    return load


@pytest.fixture
def refused(read):
    """What is said of a release file that cannot be used, without the folder that it lies in."""

    def refusal(*given, **changes):
        with pytest.raises(UsageError) as error:
            read(*given, **changes)
        said = str(error.value)
        assert "\n" not in said
        return said.replace(f"{_folder(said)}release.yaml", "release.yaml")

    def _folder(said):
        start = said.partition("release.yaml")[0]
        return start if Path(start).is_absolute() else ""

    return refusal
