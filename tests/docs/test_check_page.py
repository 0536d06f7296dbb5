"""The page on release files: its examples are read, its tables name every key, and what it says is refused is."""

import re
from pathlib import Path

import pytest

from quantgate.cli.installed import known_tasks
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.release import load_release
from quantgate.evals.settings.release.names import OF_BUILD, OF_RELEASE
from quantgate.evals.settings.release.plan import Plan
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "check.md"
EXAMPLES = [block for block in blocks(PAGE) if block.title]
MISTAKES = {
    "gsm8k: {margin": "gsm8k: {repeat: 3, margin",
    "label: mxfp4,": "label: mxfp4, margin: 0.1,",
    "label: mxfp4, ": "label: mxfp4, temperature: 0.7, ",
}


def read(folder: Path, text: str):
    (folder / "release.yaml").write_text(text)
    return load_release(folder / "release.yaml", None, known_tasks())


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.title)
def test_an_example_is_read(tmp_path, block):
    assert read(tmp_path, block.text).tasks[0] == "gsm8k"


def test_every_key_has_a_row_with_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE.read_text(), re.MULTILINE))
    assert set(rows) | {"candidates"} == {*OF_RELEASE, *OF_BUILD}
    for name, field in Plan.model_fields.items():
        if isinstance(default := field.default, str | int | float):
            assert rows[name].strip("`") == str(default)


def test_what_it_says_is_refused_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (shown,) = [block.text for block in blocks(PAGE) if block.kind == "text" and "did you mean" in block.text]
    said = []
    for right, wrong in MISTAKES.items():
        Path("release.yaml").write_text(EXAMPLES[0].text.replace(right, wrong))
        with pytest.raises(UsageError) as refusal:
            load_release(Path("release.yaml"), None, known_tasks())
        said.append(str(refusal.value))
    assert " ".join(shown.split()) == " ".join(said)
