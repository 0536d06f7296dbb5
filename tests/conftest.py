"""What the tests share: the surroundings they run in, a task of invented questions, and requests for it."""

from __future__ import annotations

import functools
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest
import trustme
import typer.main

from quantgate.evals.contract.records import Grade, Item, Prompt, Request, Sampling
from quantgate.evals.contract.task import TaskIdentity, TaskInfo

# How long an example takes says something about the machine, and nothing about the code.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

# Where bytecode is not to be kept, hundreds of processes that tests start would compile quantgate anew: a third of a
# second for each `gate`.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_OF_A_TERMINAL = (
    "COLUMNS",
    "LINES",
    "FORCE_COLOR",
    "NO_COLOR",
    "PY_COLORS",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """No workers for files, tests and the quick tier: one costs seconds of CPU before its first test."""
    of_files = all(Path(it.partition("::")[0]).is_file() for it in config.args)
    return 0 if of_files or config.option.markexpr == "not slow" else None


LONGEST = ("test_cli_demo", "test_cli_check_known_truth", "test_cli_action", "test_commands", "test_shards_page")
"""Files that take a worker the longest, most of it in processes of their own."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: begun at the end, each would be waited for by the other workers."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.fixture(scope="session", autouse=True)
def _no_terminal() -> Iterator[None]:
    """What is printed depends on the test alone, not on where pytest runs.

    A worker of pytest-xdist has COLUMNS=80 from readline in the process that started it, and a CI service asks for
    colours.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in _OF_A_TERMINAL:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that a user has in their cache takes part in a test, and no test leaves anything there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """TLS trusts one authority, whatever this machine trusts: reading 150 takes each client 40 ms."""
    folder = tmp_path_factory.mktemp("authorities")
    trustme.CA().cert_pem.write_to_path(folder / "one.pem")
    (folder / "none").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "one.pem"))
        patch.setenv("SSL_CERT_DIR", str(folder / "none"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _verbs_built_once() -> Iterator[None]:
    """The command line is put together once and not at every call in this process: that takes 20 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.main.get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Processes that the test starts heed Ctrl-C.

    They would inherit that it is ignored where a script started pytest in its background, as `pytest &`.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@dataclass
class Sums:
    """A task whose answers can be worked out by a server's rule: `What is A + B?`."""

    count: int = 12
    repeats: int = 1
    version: str = "1"
    name: str = "sums"
    sampling: Sampling = field(default_factory=lambda: Sampling(max_tokens=50))

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(self.name, self.version, "sums 1", "exact", "d" * 64)

    def items(self) -> Sequence[Item]:
        return [Item(str(number)) for number in range(self.count)]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        text = f"What is {item.item_id} + 3?"
        return Prompt(({"role": "user", "content": text},), f"hash of {text}")

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        found = re.findall(r"\d+", response)
        right = bool(found) and int(found[-1]) == int(item.item_id) + 3
        return Grade(float(right), found[-1] if found else None, {"exact": float(right), "any": float(bool(found))})


def info_of(task: Sums, **declared: object) -> TaskInfo:
    """What a `Sums` task would declare of itself."""
    fields = {"summary": "sums", "load": lambda options: task, "data": None, "items": None, "metrics": ("exact",)}
    return TaskInfo(name=task.name, **{**fields, "sampling": task.sampling, "repeats": task.repeats, **declared})


def right_answer(body: dict) -> str:
    """The answer to a `Sums` question, as a served model would word it."""
    first, second = re.findall(r"\d+", body["messages"][-1]["content"])
    return f"The answer is {int(first) + int(second)}."


@pytest.fixture
def sums() -> Sums:
    return Sums()


@pytest.fixture
def request_of(sums: Sums):
    """One request of the sums task."""

    def make(item_id: str = "2", repeat: int = 0, **sampling: object) -> Request:
        item = Item(item_id)
        return Request("sums", item, repeat, sums.prompt(item, repeat), Sampling(max_tokens=50, **sampling))

    return make


@pytest.fixture(scope="session")
def gsm8k_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """GSM8K-shaped files of invented problems: `test.jsonl` with 40, `train.jsonl` with 30 beside it."""
    import json

    folder = tmp_path_factory.mktemp("gsm8k")
    for split, count in (("test", 40), ("train", 30)):
        with (folder / f"{split}.jsonl").open("w", encoding="utf-8") as stream:
            for number in range(count):
                bought, price = number % 7 + 2, 1000 + number if number % 5 == 0 else number + 3
                total = f"{bought * price:,}"
                question = f"{split.title()} {number}: Ana buys {bought} boxes at ${price} each. What does she pay?"
                working = f"She pays {bought} * {price} = <<{bought}*{price}={bought * price}>>{total}."
                stream.write(json.dumps({"question": question, "answer": f"{working}\n#### {total}"}) + "\n")
    return folder / "test.jsonl", folder / "train.jsonl"
