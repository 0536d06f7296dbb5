"""What lm-eval's graders need is read from their source, and nothing of it is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from quantgate.evals.contract.task import Need
from quantgate.evals.errors import UsageError
from quantgate.tasks.lm_eval import needs as read
from quantgate.tasks.lm_eval.index import Entry, Kind
from quantgate.tasks.needs import check_needs, command, described
from tests.conftest import Sums, info_of


@pytest.fixture
def needs(tmp_path, monkeypatch):
    """What a task needs whose `utils.py` is given."""

    def make(source: str, **others: str) -> dict[str, Need]:
        (tmp_path / "task.yaml").write_text("task: made\ninclude: base.yaml\n")
        (tmp_path / "base.yaml").write_text("process_results: !function utils.process_results\n")
        for name, text in {"utils": source, **others}.items():
            (tmp_path / f"{name}.py").write_text(text)
        entry = Entry("made", Kind.TASK, tmp_path / "task.yaml", {})
        monkeypatch.setattr(read, "reached", lambda entry: [entry])
        read._text.cache_clear()
        return {need.what: need for need in read.needs_of(entry)}

    return make


def test_imports_at_the_top_and_in_what_the_grader_calls_are_found_and_no_others(needs):
    found = needs(
        "import re\nimport absent_top\n"
        "def helper():\n    from absent_lazy.part import thing\n"
        "def process_results(doc, results):\n    return helper()\n"
        "def unused():\n    import absent_unused\n"
    )
    assert set(found) == {"absent-top", "absent-lazy"}
    assert not any(need.there for need in found.values())


def test_what_can_be_done_without_is_not_needed(needs):
    source = (
        "try:\n    import absent_a\nexcept ImportError:\n    absent_a = None\n"
        "try:\n    import absent_b\nexcept ImportError:\n    raise ImportError('pip install b')\n"
        "def process_results(doc, results): ...\n"
    )
    assert set(needs(source)) == {"absent-b"}


def test_modules_beside_it_are_followed(needs):
    found = needs("import other\ndef process_results(doc, results): return other.grade(doc)\n", other="import absent_c")
    assert set(found) == {"absent-c"}


def test_an_extra_of_lm_eval_is_named_where_it_has_the_package(needs):
    found = needs("import langdetect\ndef process_results(doc, results): ...\n")
    assert found["langdetect"].command == 'pip install "lm-eval[ifeval]"'


def test_a_version_that_the_extra_does_not_allow_is_not_there(needs, monkeypatch):
    monkeypatch.setattr(read, "find_spec", lambda name: object())
    monkeypatch.setattr(read, "version", lambda name: "4.13.2")
    found = needs("from sympy.parsing.latex import parse_latex\ndef process_results(doc, results): ...\n")
    assert not found["antlr4-python3-runtime==4.11"].there


def test_nltk_data_that_is_absent_or_staged_is_told_apart(tmp_path):
    """In a process of its own, since NLTK reads its paths when it is imported; a stand-in where it is not installed."""
    stand_in = tmp_path / "site" / "nltk"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("")
    (stand_in / "data.py").write_text(
        "import os\ndef find(name):\n    path = os.path.join(os.environ['NLTK_DATA'], name)\n"
        "    if not os.path.exists(path): raise LookupError(name)\n    return path\n"
    )
    code = "from quantgate.tasks.lm_eval.needs import _has_nltk_data as has; print(has('punkt_tab'))"
    for expected in ("False", "True"):
        environment = {"PYTHONPATH": f"{stand_in.parent}:{Path.cwd()}", "NLTK_DATA": str(tmp_path / "data")}
        said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert said.stdout.strip() == expected
        (tmp_path / "data" / "tokenizers" / "punkt_tab").mkdir(parents=True, exist_ok=True)


@pytest.mark.slow
def test_nltk_data_are_looked_for_where_nltk_looks(monkeypatch):
    pytest.importorskip("nltk")
    monkeypatch.setenv("NLTK_DATA", "/some/where:~/else")
    code = "import nltk.data; print(*nltk.data.path, sep=chr(10))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert [str(folder) for folder in read.nltk_folders()] == said.split()


def test_nltk_data_are_found_by_what_downloads_looks_for_or_uses_them(needs):
    found = needs(
        "import nltk\nnltk.download('stopwords')\n"
        "def process_results(doc, results):\n    nltk.data.find('taggers/x_tagger')\n    nltk.word_tokenize('')\n"
    )
    assert {what for what in found if what.startswith("NLTK")} == {
        f"NLTK's data {name}" for name in ("stopwords", "x_tagger", "punkt_tab")
    }


MISSING = (
    Need("a", 'pip install "lm-eval[ifeval]"', False),
    Need("b", 'pip install "lm-eval[ifeval]"', False),
    Need("c", "pip install c", False),
    Need("NLTK's data d", "python -m nltk.downloader d", False),
)


def test_everything_that_is_missing_is_got_by_one_command():
    assert command(MISSING) == 'pip install "lm-eval[ifeval]" c && python -m nltk.downloader d'
    assert described([Need("a", "pip install a", True)]) == "a: all there"


def test_a_task_whose_needs_are_missing_is_refused_with_the_command():
    with pytest.raises(UsageError, match=r"sums needs a, b, c, NLTK's data d .*: pip install .* && python -m nltk"):
        check_needs([info_of(Sums(), needs=lambda: MISSING)])
    check_needs([info_of(Sums(), needs=lambda: ()), info_of(Sums())])
