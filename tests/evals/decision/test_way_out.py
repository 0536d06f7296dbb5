"""The sentence that says what would settle it."""

from quantgate.evals.decision.described import Prospect
from quantgate.evals.decision.way_out import way_out


def prospect(difference=0.0, over="items", items=None, repeats=1, power=0.8, settles=True, low=None, high=None):
    return Prospect(difference, over, items, repeats, power, settles=settles, low=low, high=high)


def test_items_or_repeats_are_named_with_the_probability_they_are_aimed_at():
    assert way_out((prospect(items=813),), 400, 1).startswith(
        "About 813 items with as many flips would settle it with a probability of 80% if there is no true loss."
    )
    said = way_out((prospect(over="repeats", items=198, repeats=16),), 198, 4)
    assert said.startswith("About 16 repeats of the 198 items would settle it")
    assert said.endswith("198 were asked 4 times each.")


def test_a_small_pilots_range_is_said_and_a_narrow_one_is_not():
    assert "(400 to 2,100 for all that is known" in way_out((prospect(items=813, low=400, high=2100),), 100, 1)
    assert "for all that is known" not in way_out((prospect(items=813, low=780, high=850),), 100, 1)
    assert "(900 to more than there are" in way_out((prospect(items=1000, low=900, high=None),), 100, 1)


def test_what_was_seen_has_a_number_of_its_own():
    said = way_out((prospect(items=813), prospect(-0.005, items=2400)), 400, 1)
    assert "; about 2,400 items if the loss of 0.5 points that was seen is the true one" in said


def test_a_loss_at_the_margin_is_not_said_to_be_settled_by_more_of_the_same():
    said = way_out((prospect(items=813), prospect(-0.02, items=None, repeats=None, settles=False)), 400, 1)
    assert "is itself at the margin or beyond, and more of the same would rather fail than pass" in said


def test_data_that_no_benchmark_has_are_not_advised():
    said = way_out((prospect(items=1319, power=0.41, settles=False),), 1319, 1)
    assert said.startswith("Even with no true loss as many as 1,319 items would pass with a prob")
    assert "41%" in said


def test_repeats_are_called_hopeless_only_where_they_are():
    said = way_out((prospect(items=400),), 40, 8, hopeless=True)
    assert said.startswith("More repeats of these 40 items cannot settle it: it takes more items, about 400 items")


def test_nothing_is_promised_where_nothing_is_known():
    assert way_out((), 10, 1) == "It takes more data."
