"""Categories by name, alone or several at once."""

import pytest

from quantgate.tasks.bfcl.categories import GROUPS, SIZES, chosen, has_right_call, is_for_no_call


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("all", tuple(SIZES)),
        ("multiple", ("multiple",)),
        ("parallel,simple", ("simple_python", "simple_java", "simple_javascript", "parallel")),
        (["live_relevance", " live_relevance "], ("live_relevance",)),
    ],
)
def test_names_and_groups_give_categories_in_the_leaderboards_order(given, names):
    assert chosen(given) == names


@pytest.mark.parametrize("given", ["", "weather", "simple,", 3, ["simple", 3], [], None])
def test_anything_else_is_refused_with_the_names(given):
    with pytest.raises(ValueError, match=r"must be BFCL's categories .* all, simple, live, non_live, ast$"):
        chosen(given)


def test_a_name_that_is_nearly_one_is_refused_with_that():
    with pytest.raises(ValueError, match=r"no category is called 'simpel'; did you mean simple\?"):
        chosen("parallel,simpel")


def test_every_category_is_of_one_kind():
    assert set(GROUPS["ast"]) == {name for name in SIZES if has_right_call(name)}
    assert {name for name in SIZES if is_for_no_call(name)} == {"irrelevance", "live_irrelevance"}
    assert set(GROUPS["live"]) | set(GROUPS["non_live"]) == set(SIZES)
