import pytest

from quantgate.evals.contract.options import json_object


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' is given twice"),
        ("[]", "must be a JSON object"),
        ("{", "must be plain JSON"),
        ('{"a": NaN}', "must be plain JSON"),
        ({"a": float("inf")}, "must be plain JSON"),
        ("[" * 100_000, "must be plain JSON"),
    ],
)
def test_an_option_that_is_no_plain_object_is_refused_with_the_reason(value, said):
    with pytest.raises(ValueError, match=said):
        json_object(value)


def test_an_object_is_taken_as_text_and_as_yaml_holds_it():
    assert json_object('{"a": [1]}') == json_object({"a": [1]}) == {"a": [1]}
