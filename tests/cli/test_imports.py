"""What each verb may load, in a process of its own: nothing that it does not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from quantgate.cli.verbs import VERBS
from tests.reports import made

HEAVY = frozenset({
    *("aiohttp", "datasets", "httpx", "jinja2", "lm_eval", "matplotlib", "numpy", "openai", "pandas", "pyarrow"),
    *("scipy.optimize", "scipy.special", "scipy.stats", "sqlite3", "starlette", "tenacity", "uvicorn", "xllamacpp"),
})  # fmt: skip
ARITHMETIC = {"numpy", "scipy.special"}
READING = {"numpy", "pyarrow"}

FP8, MXFP4 = "docs/example-runs/fp8", "docs/example-runs/mxfp4"
NOBODY = ["--base-url", "http://127.0.0.1:9/v1", "--model", "m"]


def loaded_by(*arguments: str) -> set[str]:
    """The heavy modules that are loaded when the verb has ended, in whatever way a user may end it."""
    script = f"""
import sys
from quantgate.start import main
try:
    main()
except SystemExit as end:
    assert end.code != 70
print()
print(*sorted({set(HEAVY)!r} & sys.modules.keys()))
"""
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return set(done.stdout.splitlines()[-1].split())


def test_gate_loads_what_it_reads_and_reckons_with():
    assert loaded_by("gate", FP8, MXFP4) == ARITHMETIC | READING


def test_report_loads_nothing_heavy(tmp_path):
    (tmp_path / "gate.json").write_text(made.verdict(made.decision()).to_json())
    assert loaded_by("report", str(tmp_path / "gate.json")) == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "may"),
    [
        (["compare", FP8, MXFP4], ARITHMETIC | READING),
        (["plan", FP8, MXFP4, "--margin", "0.2"], ARITHMETIC | READING),
        (["claim", "--n", "20", "--baseline", "0.9", "--candidate", "0.85"], ARITHMETIC),
        (["show", FP8], READING),
        (["diff", FP8, MXFP4], READING),
        (["tasks"], set()),
        (["tasks", "gsm8k"], set()),
        (["doctor", *NOBODY], {"openai", "aiohttp"}),
        (["run", "--task", "arithmetic", *NOBODY, "--out", "{folder}/run"], {"openai", "aiohttp"} | READING),
    ],
    ids=lambda each: " ".join(each[:2]) if isinstance(each, list) else None,
)
def test_a_verb_loads_no_more_than_it_uses(arguments, may, tmp_path):
    assert loaded_by(*(each.format(folder=tmp_path) for each in arguments)) - may == set()


@pytest.fixture(scope="module")
def loaded_by_help() -> dict[str, set[str]]:
    """The heavy modules that are loaded by each verb's help: by forks of one process, which has loaded nothing."""
    script = f"""
import os, sys
for verb in {tuple(VERBS)!r}:
    sys.stdout.flush()
    if os.fork() == 0:
        sys.argv[1:] = [verb, "--help"]
        break
    assert os.wait()[1] == 0, verb
else:
    sys.exit()
from quantgate.start import main
try:
    main()
except SystemExit as end:
    assert end.code == 0
print()
print("loaded", *sys.argv[1:2], *sorted({set(HEAVY)!r} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    told = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("loaded ")]
    return {verb: set(loaded) for verb, *loaded in told}


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_loads_nothing_heavy(verb, loaded_by_help):
    assert loaded_by_help[verb] == set()
