"""Claims out of the command line's options and a YAML file: what cannot be used is named."""

from pathlib import Path

import pytest

from quantgate.evals.claims.judging import judge
from quantgate.evals.claims.reading import claim_of_options, read_claims
from quantgate.evals.errors import UsageError

GSM8K = {"task": "gsm8k", "n": 200, "baseline": "0.965", "candidate": "0.955"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n": 0}, "--n 0: input should be greater than or equal to 1"),
        ({"n": -5}, "--n -5"),
        ({"n": 30_000}, "--n 30000"),
        ({"n": None}, "give n, the number of items"),
        ({"strata": "50,114"}, "give n, the number of items"),
        ({"n": None, "strata": "50;114"}, "--strata"),
        ({"baseline": "high"}, '--baseline "high": an accuracy is a share such as 0.965'),
        ({"baseline": "96.5%"}, "for 96.5% write 0.965"),
        ({"baseline": "nan"}, "an accuracy is a share"),
        ({"baseline": "1_0"}, "an accuracy is a share"),
        ({"baseline": None}, "--baseline is missing"),
        ({"digits": 2}, "an accuracy has 3 decimals, but digits says 2"),
        ({"margin": 5.0}, "--margin 5.0"),
        ({"alpha": 0.7}, "--alpha 0.7"),
        ({"repeats": 0}, "--repeats 0"),
        ({"repeats": 900}, "items times repeats are 180,000"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(change, said):
    with pytest.raises(UsageError) as refusal:
        claim_of_options({**GSM8K, **change})
    assert said in str(refusal.value)


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Path:
        (tmp_path / "claims.yaml").write_text(text)
        return tmp_path / "claims.yaml"

    return write


ENTRY = "{task: gsm8k, n: 200, baseline: '0.965', candidate: 0.955}"


def test_a_file_shares_margin_and_alpha_and_the_command_line_wins(written):
    file = written(f"margin: 0.03\nalpha: 0.01\nclaims:\n- {ENTRY}\n- {ENTRY.replace('gsm8k', 'x, margin: 0.05')}\n")
    assert [(one.margin.written, one.alpha) for one in read_claims(file)] == [(0.03, 0.01), (0.05, 0.01)]
    assert [(one.margin.written, one.alpha) for one in read_claims(file, 0.02, 0.1)] == [(0.02, 0.1)] * 2


def test_an_unquoted_number_may_have_lost_its_zeros_and_that_is_said(written):
    unquoted, quoted = "{n: 20, baseline: 0.950, candidate: 0.900", "{n: 20, baseline: '0.950', candidate: '0.900'}"
    first, second, third = read_claims(written(f"claims:\n- {unquoted}}}\n- {quoted}\n- {unquoted}, digits: 3}}\n"))
    assert [one.printed_to for one in (first, second, third)] == [2, 3, 3]
    assert "YAML drops them" in judge(first).notes[0]
    assert judge(second).notes == judge(third).notes == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"claims: [{ENTRY.replace('n:', 'unquoted: true, n:')}]", "unquoted is not known"),
        (f"claims: [{ENTRY.replace('baseline', 'basline')}]", "claim 1: basline is not known; did you mean baseline?"),
        (f"claims: [{ENTRY.replace('200', '0')}]", "claim 1: n 0"),
        (f"claims: [{ENTRY}, {ENTRY}]", "task gsm8k is claimed more than once"),
        ("claims: [{task: x, n: 5, baseline: '0.9'}]", "claim 1: candidate is missing"),
        ("claims: [{task: x, n: 5, baseline: true, candidate: '0.9'}]", "claim 1: baseline true"),
        ("claims: [1]", "claim 1 must be a mapping"),
        ("claims: []", "must hold a list of claims"),
        ("tasks: []", "tasks is not known here"),
        (f"n: 5\nclaims: [{ENTRY}]", "n is not known here; it belongs under a claim"),
    ],
)
def test_a_broken_file_is_named_with_claim_and_key(written, text, said):
    with pytest.raises(UsageError, match=r"claims\.yaml") as refusal:
        read_claims(written(text + "\n"))
    assert said in str(refusal.value)
