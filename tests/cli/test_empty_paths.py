"""An empty path of a script's variable: none where it is an output's, said where it is not."""

import pytest

from quantgate.cli.empty_paths import without_empty_paths
from quantgate.evals.errors import UsageError


@pytest.mark.parametrize(
    "given", [["a", "b", "--markdown", ""], ["a", "--markdown=", "b"], ["a", "b", "--html", "", "--json="]]
)
def test_an_output_that_is_empty_is_none(given):
    assert without_empty_paths(given) == ["a", "b"]


def test_all_else_stays_as_it_was():
    given = ["a", "--margin", "0.02", "--html", "x.html", "--search", "", "--label="]
    assert without_empty_paths(given) == given


@pytest.mark.parametrize("given", [["--noise", ""], ["--noise="]])
def test_a_path_that_is_read_is_not_left_out(given):
    with pytest.raises(UsageError, match="--noise is empty: give a path, or leave it out"):
        without_empty_paths(["a", "b", *given])


def test_a_run_is_not_the_working_directory():
    with pytest.raises(UsageError, match="argument 2 is empty"):
        without_empty_paths(["a", "", "--margin", "0.02"])


def test_the_command_line_heeds_it(quantgate):
    assert quantgate(["gate", "a", ""])[::2] == (2, "quantgate: argument 2 is empty: give a path or a name\n")
    code, _, err = quantgate(["gate", "a", "b", "--markdown", ""])
    assert (code, "markdown" in err) == (2, False)
