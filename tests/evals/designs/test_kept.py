"""Levels in the user's cache: computed once, and again where what is kept cannot be trusted."""

import pytest

from quantgate.evals.designs import kept
from quantgate.evals.designs.kept import kept_levels

SIZES, SPENT, MARGIN = (500, 1000), (0.02, 0.05), 0.02
LEVELS = (0.02, 0.04)


@pytest.fixture
def computed(tmp_path, monkeypatch):
    """The designs that were computed, in a cache of their own."""
    calls = []

    def compute(*given):
        calls.append(given)
        return LEVELS

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kept, "exact_levels", compute)
    return calls


def files(tmp_path):
    return list((tmp_path / "quantgate" / "looks").glob("*.json"))


def test_levels_are_computed_once(computed):
    assert kept_levels(SIZES, SPENT, MARGIN) == kept_levels(SIZES, SPENT, MARGIN) == LEVELS
    assert len(computed) == 1


@pytest.mark.parametrize("other", [((400, 1000), SPENT, MARGIN), (SIZES, (0.01, 0.05), MARGIN), (SIZES, SPENT, 0.03)])
def test_another_design_is_another_file(computed, other):
    kept_levels(SIZES, SPENT, MARGIN)
    kept_levels(*other)
    assert len(computed) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_text(""),
        lambda file: file.write_text(file.read_text().replace("0.04", "0.49")),
        lambda file: file.write_bytes(b"\xff\xfe\x00"),
        lambda file: (file.unlink(), file.mkdir()),
    ],
    ids=["cut", "changed", "binary", "a folder"],
)
def test_what_is_damaged_is_computed_again(computed, tmp_path, damage):
    kept_levels(SIZES, SPENT, MARGIN)
    damage(files(tmp_path)[0])
    assert kept_levels(SIZES, SPENT, MARGIN) == LEVELS
    assert len(computed) == 2


def test_a_file_of_another_design_does_not_serve_this_one(computed, tmp_path):
    kept_levels(SIZES, (0.01, 0.03), MARGIN)
    (other,) = files(tmp_path)
    kept_levels(SIZES, SPENT, MARGIN)
    (mine,) = set(files(tmp_path)) - {other}
    mine.write_text(other.read_text())
    kept_levels(SIZES, SPENT, MARGIN)
    assert len(computed) == 3


def test_without_a_cache_they_are_computed(computed, tmp_path):
    (tmp_path / "quantgate").write_text("no folder")
    assert kept_levels(SIZES, SPENT, MARGIN) == LEVELS


def test_what_takes_no_time_is_not_kept(computed, tmp_path):
    kept_levels((50, 100), SPENT, MARGIN)
    assert files(tmp_path) == []


def test_old_designs_are_let_go(computed, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_KEPT", 3)
    for margin in (0.01, 0.02, 0.03, 0.04, 0.05):
        kept_levels(SIZES, SPENT, margin)
    assert len(files(tmp_path)) == 3
