"""Values cross the border as they are, and nothing else does."""

import json
import math
from collections import Counter, OrderedDict, namedtuple
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantgate.evals.sandbox.inside import decoded, encoded

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
PLAIN = st.recursive(
    _LEAVES | st.complex_numbers(allow_nan=False),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.sets(st.text() | st.tuples(st.integers()))
        | st.frozensets(st.integers())
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(PLAIN)
def test_a_value_of_pythons_own_types_comes_out_as_it_went_in(value):
    out = decoded(json.loads(json.dumps(encoded(value))))
    assert out == value
    assert repr(type(out)) == repr(type(value))


def test_what_no_json_number_holds_is_exact():
    for value in (10**400, -(2**53), 2**53, 0.1, 5e-324, math.inf, -0.0):
        assert repr(decoded(json.loads(json.dumps(encoded(value))))) == repr(value)
    assert math.isnan(decoded(encoded(math.nan)))


def test_what_is_derived_from_such_a_type_is_taken_for_it():
    pair = namedtuple("pair", "a b")
    for value in (Counter("aab"), OrderedDict(a=1), pair(1, 2), True):
        assert decoded(encoded(value)) == value


@pytest.mark.parametrize("value", [iter([]), object(), date(2020, 1, 1), [len], {"a": (x for x in ())}])
def test_anything_else_does_not_cross(value):
    with pytest.raises(TypeError):
        encoded(value)


def test_a_long_text_is_told_by_its_hash_on_the_way_out_alone():
    text = "\ud800" + "x" * 100_000
    assert encoded(text) == text
    assert decoded(encoded([text], 1000)) == decoded(encoded([text], 1000)) != decoded(encoded([text + "y"], 1000))
    assert len(str(encoded(text, 1000))) < 110


def test_a_long_list_is_told_by_its_length_its_ends_and_some_between():
    whole = list(range(100_000))
    told = decoded(encoded(whole, 1000))
    assert len(told) < 5000
    assert encoded(whole) == whole
    for changed in (whole[:-1], [-1, *whole[1:]], [*whole[:-1], -1], whole[::-1]):
        assert decoded(encoded(changed, 1000)) != told
    assert type(decoded(encoded(tuple(whole), 1000))) is tuple


class Alike(str):
    """A text that says to be equal to everything."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


def test_a_value_that_says_to_equal_everything_is_only_what_it_holds():
    assert decoded(encoded(Alike("a"))) != "b"


@pytest.mark.parametrize(
    "document", [{"int": "zz"}, {"no": 1}, {}, {"set": [[]]}, {"float": 3}, {"complex": []}, {"a": 1, "b": 2}]
)
def test_what_is_no_such_document_is_refused(document):
    with pytest.raises((ValueError, TypeError, KeyError, IndexError)):
        decoded(document)


@pytest.mark.parametrize("kind", [set, frozenset, dict.fromkeys])
def test_keys_that_were_made_to_have_one_hash_are_refused_before_they_take_hours(kind):
    alike = [number * (2**61 - 1) for number in range(1200)]
    assert decoded(encoded(kind(alike[:900]))) == kind(alike[:900])
    with pytest.raises(ValueError, match="one hash"):
        decoded(encoded(kind(alike)))
