"""The spending function: from nothing to alpha, never back."""

import pytest

from quantgate.evals.stats.sequential.spending import spent


def test_it_starts_with_nothing_and_ends_with_all():
    assert spent(0, 0.05) == 0
    assert spent(1, 0.05) == 0.05


@pytest.mark.parametrize("shape", [-8, -4, -1, 0, 1])
def test_more_answers_have_used_more(shape):
    used = [spent(step / 20, 0.05, shape) for step in range(21)]
    assert used == sorted(set(used))


def test_at_shape_zero_it_is_in_proportion():
    assert spent(0.3, 0.05, 0) == pytest.approx(0.015)


@pytest.mark.parametrize(
    ("shape", "published"), [(-4, (0.0008, 0.0030, 0.0089, 0.0250)), (1, (0.0087, 0.0156, 0.0209, 0.0250))]
)
def test_it_is_the_published_family(shape, published):
    """One-sided .025 spent at four even looks, as tables of the family print it."""
    assert [round(spent(share, 0.025, shape), 4) for share in (0.25, 0.5, 0.75, 1)] == list(published)


@pytest.mark.parametrize(("fraction", "alpha"), [(-0.1, 0.05), (1.01, 0.05), (0.5, 0), (0.5, 1)])
def test_what_is_no_share_is_refused(fraction, alpha):
    with pytest.raises(ValueError, match="must lie"):
        spent(fraction, alpha)
