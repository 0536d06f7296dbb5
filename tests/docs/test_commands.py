"""What the README and the documents ask their readers to type works, and prints what they show."""

from __future__ import annotations

import doctest
import shlex
import shutil

import pytest

from tests.docs.conftest import run_main
from tests.docs.pages import PAGES, ROOT, Block, blocks
from tests.docs.site import options

JUDGES = {"check", "gate", "compare", "claim"}
VERDICTS = {0, 1, 3}
KINDS = {"sh", "console", "python", "yaml", "toml", "json", "groovy", "text"}
OPTIONS = options()
PAGE = """
<!-- not run: needs a GPU -->
```sh
make # all
```

1. do

    ```sh
    quantgate run \\
        --out a
    ```

```yaml title="p.yaml"
a: 1
```
```console
$ quantgate tasks
gsm8k
```
"""
FOLDED = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def of_kind(*kinds: str):
    """Every block of these kinds, with its page."""
    found = [(page, block) for page in PAGES for block in blocks(page) if block.kind in kinds]
    names = [f"{page.relative_to(ROOT)}:{block.line}" for page, block in found]
    return pytest.mark.parametrize(("page", "block"), found, ids=names)


def quantgate_commands(block: Block) -> list[list[str]]:
    """The words after `quantgate` of every call of it, also after `&&`."""
    calls = []
    for words in block.commands():
        parts = " ".join(shlex.quote(word) for word in words).split("'&&'")
        calls += [call[1:] for part in parts if (call := shlex.split(part))[:1] == ["quantgate"]]
    return calls


def to_play(page) -> list[Block]:
    return [block for block in blocks(page) if (block.kind in ("sh", "console") and not block.not_run) or block.title]


PLAYED = [page for page in PAGES if to_play(page)]


@pytest.mark.slow
@pytest.mark.parametrize("page", PLAYED, ids=[str(page.relative_to(ROOT)) for page in PLAYED])
def test_every_command_of_a_page_works(page, place, capsys):
    begun = set()
    for block in to_play(page):
        if block.title:
            place.write(block)
            continue
        for words in block.commands():
            assert words[0] == "quantgate", (
                f"{page.name}:{block.line}: mark it `not run`, or say why it can run: {words}"
            )
            if words[1] == "run" and (out := words[words.index("--out") + 1]) not in begun:
                begun.add(out)
                shutil.rmtree(out, ignore_errors=True)
            capsys.readouterr()
            code = run_main(place.played(words)[1:])
            told = capsys.readouterr()
            where = f"{page.name}:{block.line}: {words} exits with {code}\n{told.out}{told.err}"
            assert code in (VERDICTS if words[1] in JUDGES else {0}), where
            if block.kind == "console":
                shown = block.expected()
                assert doctest.OutputChecker().check_output(shown, told.out, FOLDED), f"{where}\nshown:\n{shown}"


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_no_command_hides_in_a_block_of_another_kind(page):
    for block in blocks(page):
        assert block.kind in KINDS, f"{page.name}:{block.line}: {block.kind or 'no kind'}"
        assert block.kind != "text" or "$ quantgate" not in block.text, f"{page.name}:{block.line}"


@of_kind("sh", "console")
def test_every_option_that_is_named_exists_whether_it_is_run_or_not(page, block):
    for words in quantgate_commands(block):
        known = {name: options for name, options in OPTIONS.items() if words[: len(name.split())] == name.split()}
        called = " ".join(words)
        assert known, f"{page.name}:{block.line}: there is no such verb: {called}"
        (options,) = known.values()
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert given <= options, f"{page.name}:{block.line}: {given - options} of {called}"


def test_a_page_is_read_as_its_reader_reads_it(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    first, second, third, fourth = blocks(page)
    assert (first.not_run, first.commands()) == (True, [["make"]])
    assert (second.not_run, second.commands()) == (False, [["quantgate", "run", "--out", "a"]])
    assert (third.title, third.text) == ("p.yaml", "a: 1\n")
    assert (fourth.commands(), fourth.expected()) == ([["quantgate", "tasks"]], "gsm8k\n")


def test_a_block_that_is_not_closed_is_an_error(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("text\n```sh\nquantgate tasks\n")
    with pytest.raises(ValueError, match="line 2 is not closed"):
        blocks(page)
