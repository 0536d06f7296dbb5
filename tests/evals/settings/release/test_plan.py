"""What is said once of the whole release."""

import pytest

from quantgate.evals.settings.release import Budget, Order, Report, Stop


def test_each_key_is_read(read):
    release = read(
        name="Release 7",
        stop="never",
        order="baseline-first",
        looks=4,
        futility=0,
        budget={"max_time": "1h30m", "max_requests": 500},
        reports=["html", "plots"],
    )
    assert (release.name, release.stop, release.order) == ("Release 7", Stop.NEVER, Order.BASELINE_FIRST)
    assert (release.looks, release.futility, release.budget) == (4, 0, Budget(5400.0, 500))
    assert release.reports == (Report.HTML, Report.PLOTS, Report.JSON)


@pytest.mark.parametrize("reports", [[], "json", ["json", "json"]])
def test_the_json_is_always_written(read, reports):
    assert read(reports=reports).reports == (Report.JSON,)


def test_reports_may_be_one_text(read):
    assert read(reports="html, junit").reports == (Report.HTML, Report.JUNIT, Report.JSON)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stop": "late"}, 'release.yaml: stop "late": write early or never'),
        ({"stop": False}, "release.yaml: stop false: write early or never"),
        ({"order": "candidate-first"}, 'order "candidate-first": write interleaved or baseline-first'),
        ({"looks": 0}, "release.yaml: looks 0: input should be greater than or equal to 1"),
        ({"looks": 51}, "looks 51"),
        ({"looks": True}, "looks true: give a number"),
        ({"looks": 2.5}, "looks 2.5"),
        ({"futility": 1}, "futility 1: input should be less than 1"),
        ({"futility": -0.1}, "futility -0.1"),
        ({"futility": float("nan")}, "futility NaN"),
        ({"budget": "4h"}, "release.yaml: budget: write {max_time: 4h}, {max_requests: 20000} or both"),
        ({"budget": {"max_tim": "4h"}}, "budget.max_tim is not known; did you mean max_time?"),
        ({"budget": {"tokens": 4}}, "budget.tokens is not known; there are max_time and max_requests"),
        ({"budget": {"max_time": "soon"}}, 'budget.max_time "soon": write a length of time as 4h'),
        ({"budget": {"max_requests": 0}}, "budget.max_requests 0"),
        ({"budget": {"max_requests": "many"}}, 'budget.max_requests "many"'),
        ({"budget": {"max_requests": True}}, "budget.max_requests true"),
        ({"reports": ["htm"]}, 'reports: "htm" is no report; did you mean html?'),
        ({"reports": ["xyz"]}, 'reports: "xyz" is no report; there are html, markdown, junit, json, plots'),
        ({"reports": 3}, "reports: write a list of html"),
        ({"reports": [["html"]]}, "is no report"),
        ({"reports": {"html": "x.html"}}, "reports: write a list of html"),
        ({"name": ""}, 'name "": give a name on one line'),
        ({"name": "a\nb"}, "give a name on one line"),
        ({"name": "x" * 201}, "release.yaml: name"),
        ({"name": 7}, "name 7: input should be a valid string"),
    ],
)
def test_a_value_that_is_none_is_refused_in_a_line(refused, changes, said):
    assert said in refused(changes)
