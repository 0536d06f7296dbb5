"""Specification of `quantgate.evals.contract.token_logprobs`."""

import pytest

from quantgate.evals.contract.token_logprobs import TokenLogprobs, parse_token_logprobs, write_token_logprobs
from quantgate.evals.errors import DataError


def test_log_probabilities_are_read_as_they_were_written() -> None:
    scored = TokenLogprobs((7, "é"), (-0.25, -1.5), ({7: -0.25, 9: -2.0}, {"é": -1.5}), (0, 16))
    assert parse_token_logprobs(write_token_logprobs(scored)) == scored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"tokens":[7],"logprobs":[0.5],"tops":[[]],"positions":[0]}',
        '{"tokens":[7],"logprobs":[NaN],"tops":[[]],"positions":[0]}',
        '{"tokens":[true],"logprobs":[-1],"tops":[[]],"positions":[0]}',
        '{"tokens":[7],"logprobs":[-1],"tops":[[]],"positions":[-1]}',
        '{"tokens":[7],"logprobs":[-1],"tops":[[[7]]],"positions":[0]}',
        '{"tokens":[7],"logprobs":[-1' + "0" * 400 + '],"tops":[[]],"positions":[0]}',
    ],
)
def test_what_holds_no_log_probabilities_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="no log-probabilities of tokens"):
        parse_token_logprobs(text)


def test_lists_of_unlike_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="other tokens than it names"):
        parse_token_logprobs('{"tokens":[7,8],"logprobs":[-1],"tops":[[]],"positions":[0]}')
