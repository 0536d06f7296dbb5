"""`quantgate calibrate` as its user meets it."""

import pytest


def row(out, start):
    (line,) = [line for line in out.splitlines() if line.startswith(start)]
    return line


def test_single_answers_show_the_gate_beside_the_naive_bootstrap(quantgate):
    code, out, _ = quantgate(["calibrate", "--n", "50", "--margin", "0.01"])
    assert code == 0
    assert "4.71%" in row(out, "exact test")
    assert "60.50%" in row(out, "naive percentile bootstrap"), "0.99^50: no flip is seen, and it passes"
    assert "The gate holds at alpha 0.05" in out
    assert "it takes 299 items" in out


def test_enough_items_are_not_said_to_be_too_few(quantgate):
    _, out, _ = quantgate(["calibrate", "--n", "100", "--margin", "0.05"])
    assert "it takes" not in out


@pytest.mark.slow
def test_repeats_are_simulated_and_a_seed_repeats_the_answer(quantgate):
    command = ["calibrate", "--n", "30", "--margin", "0.05", "--repeats", "4", "--runs", "200"]
    code, out, _ = quantgate(command)
    assert code == 0
    assert "4 answers each" in out
    assert "The gate holds at alpha 0.05" in out
    for model in ("a few items break", "every item a little worse", "sure items, a few break"):
        assert row(out, model)
    assert quantgate(command)[1] == out
    assert quantgate([*command, "--seed", "1"])[1] != out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--n", "5000", "--margin", "0.02"], "items must be from 1 to 3000, got 5000"),
        (["--n", "50", "--margin", "2"], "margin must lie between 0 and 1"),
        (["--n", "50", "--margin", "nan"], "margin must lie between 0 and 1"),
        (["--n", "50", "--margin", "0.02", "--alpha", "0.6"], "alpha must be"),
        (["--n", "50", "--margin", "0.6", "--repeats", "2"], "a simulated margin must be at most 0.5"),
        (["--n", "50", "--margin", "0.02", "--repeats", "99"], "repeats must be from 1 to 64"),
        (["--n", "0", "--margin", "0.02"], "items must be from 1 to 3000, got 0"),
        (["--n", "9", "--margin", "0.02", "--repeats", "0"], "repeats must be from 1 to 64, got 0"),
        (["--n", "9", "--margin", "0.02", "--repeats", "2", "--runs", "0"], "runs must be at least 1"),
    ],
)
def test_what_cannot_be_calibrated_exits_2(quantgate, options, said):
    code, _, err = quantgate(["calibrate", *options])
    assert code == 2
    assert said in err
